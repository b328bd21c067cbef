package dev.linnet.base;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Test;

@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
class NearestTest {
  private static final List<String> MODELS =
      List.of("lenet5", "resnet18", "resnet50", "resnet50d", "wide_resnet50_2", "resnet101");

  @Test
  void distances_are_those_of_optimal_string_alignment() {
    assertThat(Nearest.distance("", "")).isZero();
    assertThat(Nearest.distance("abc", "")).isEqualTo(3);
    assertThat(Nearest.distance("", "abc")).isEqualTo(3);
    assertThat(Nearest.distance("kitten", "sitting")).isEqualTo(3);
    assertThat(Nearest.distance("modle", "model")).isEqualTo(1);
    assertThat(Nearest.distance("ca", "abc")).as("no part is edited twice").isEqualTo(3);
  }

  @Test
  void a_slip_of_the_finger_finds_the_name() {
    assertThat(Nearest.to("resent50", MODELS)).startsWith("resnet50");
    assertThat(Nearest.to("ResNet-50", MODELS)).startsWith("resnet50");
    assertThat(Nearest.to("lenet", MODELS)).containsExactly("lenet5");
  }

  @Test
  void the_beginning_of_a_name_finds_those_that_begin_so() {
    assertThat(Nearest.to("wide", MODELS)).containsExactly("wide_resnet50_2");
  }

  @Test
  void nothing_near_gives_nothing() {
    assertThat(Nearest.to("efficientnet", MODELS)).isEmpty();
    assertThat(Nearest.to("", MODELS)).isEmpty();
    assertThat(Nearest.to("x".repeat(1_000_000), MODELS)).isEmpty();
    assertThat(Nearest.to("lr", List.of("a", "b"))).isEmpty();
  }

  @Test
  void the_hint_reads_as_a_question() {
    assertThat(Nearest.didYouMean("bach", List.of("batch", "seed"), "keys: batch, seed"))
        .isEqualTo("did you mean \"batch\"?");
    assertThat(Nearest.didYouMean("aab", List.of("aaa", "aac"), ""))
        .isEqualTo("did you mean \"aaa\" or \"aac\"?");
    assertThat(Nearest.didYouMean("aab", List.of("aaa", "aac", "aad"), ""))
        .isEqualTo("did you mean \"aaa\", \"aac\" or \"aad\"?");
    assertThat(Nearest.didYouMean("zzz", List.of("batch"), "keys: batch")).isEqualTo("keys: batch");
  }
}
