package dev.linnet.tensor;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Set;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What follows from what a processor says of itself. */
@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
final class ProcessorTest {
  @ParameterizedTest
  @CsvSource({
    "GenuineIntel, avx2 avx512f avx512_bf16 avx512_fp16, true", // Sapphire Rapids and later
    "GenuineIntel, avx2 avx512f avx512_bf16 avx512_fp16 amx_bf16, true", // asked without tiles
    "GenuineIntel, avx2 avx512f avx512_bf16, false", // Cooper Lake was not measured
    "AuthenticAMD, avx2 avx512f avx512_bf16, false",
    "AuthenticAMD, avx2 avx512f avx512_bf16 avx512_fp16, false",
    "GenuineIntel, avx2, false",
    "'', '', false",
  })
  void fp32_is_faster_than_bf16_on_some(String maker, String flags, boolean slow) {
    assertThat(new Processor(maker, Set.of(flags.split(" ", -1))).halvesAreSlow()).isEqualTo(slow);
  }

  @Test
  void this_one_says_who_made_it_where_the_system_tells() {
    Processor here = Processor.here();
    assertThat(here.maker().isEmpty()).isEqualTo(here.flags().isEmpty());
    assertThat(here.flags()).doesNotContain("");
  }
}
