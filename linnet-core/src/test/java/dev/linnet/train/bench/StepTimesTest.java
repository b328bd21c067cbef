package dev.linnet.train.bench;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Test;

@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
final class StepTimesTest {
  @Test
  void the_median_of_an_odd_number_of_steps_is_the_middle_one() {
    assertThat(StepTimes.of(new long[] {3_000_000, 1_000_000, 2_000_000}, 4, 5_000_000_000L))
        .isEqualTo(new StepTimes(2, 1, 2000, 5));
  }

  @Test
  void the_median_of_an_even_number_of_steps_is_the_mean_of_the_middle_ones() {
    assertThat(StepTimes.of(new long[] {4_000_000, 1_000_000, 2_000_000, 9_000_000}, 3, 0))
        .isEqualTo(new StepTimes(3, 1, 1000, 0));
  }

  @Test
  void the_peak_of_memory_is_above_a_mebibyte() {
    assertThat(PeakMemory.bytes()).isGreaterThan(1 << 20);
  }
}
