package dev.linnet.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Test;

@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
class PartTest {
  @Test
  void parts_are_everything_once_and_differ_by_one_at_most() {
    for (int things = 0; things < 40; things++) {
      for (int count = 1; count < 9; count++) {
        int end = 0;
        for (int index = 0; index < count; index++) {
          Part part = new Part(index, count);
          assertThat(part.begin(things)).isEqualTo(end);
          assertThat(part.size(things)).isBetween(things / count, (things + count - 1) / count);
          end = part.end(things);
        }
        assertThat(end).isEqualTo(things);
      }
    }
  }

  @Test
  void the_largest_sizes_do_not_overflow() {
    assertThat(new Part(999, 1000).end(Integer.MAX_VALUE)).isEqualTo(Integer.MAX_VALUE);
  }

  @Test
  void a_rank_lies_below_the_size_of_the_world() {
    assertThatThrownBy(() -> new Part(2, 2)).hasMessage("rank: got 2; must be in [0, 2)");
    assertThatThrownBy(() -> new Part(0, 0)).hasMessage("processes: got 0; must be at least 1");
  }
}
