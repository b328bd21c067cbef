package dev.linnet.models;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.linnet.base.LinnetException;
import dev.linnet.base.RandomState;
import dev.linnet.tensor.Autograd;
import dev.linnet.tensor.Device;
import dev.linnet.tensor.Scope;
import dev.linnet.tensor.Shape;
import dev.linnet.tensor.Tensor;
import dev.linnet.testing.HashWeights;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
class RepVggTest {
  private final Scope scope = Scope.open("test");

  @AfterEach
  void close() {
    scope.close();
  }

  @ParameterizedTest
  @CsvSource({"repvgg_a0, 32, 0.8", "repvgg_a0, 8, 0.8", "repvgg_b1g4, 32, 0.6"})
  void one_convolution_gives_the_logits_of_three_branches(String name, int stride, double gain) {
    ZooModel zoo = Zoo.find(name);
    ModelOptions options =
        zoo.options().withClasses(10).withParts(Parts.PUBLISHED.withOutputStride(stride));
    try (Classifier model = zoo.create(options, Device.CPU, RandomState.of(1))) {
      HashWeights.fill(model, gain);
      Tensor x = HashWeights.pictures(2, 3, 64, 96).channelsLast();
      Tensor before = Autograd.off(() -> model.forward(x));
      try (RepVgg plain = ((RepVgg) model).reparameterized()) {
        Tensor after = Autograd.off(() -> plain.forward(x));
        double error = after.sub(before).norm().item() / before.norm().item();
        assertThat(error).isLessThan(1e-5);
        assertThat(plain.parameterCount()).isLessThan(model.parameterCount());
        assertThat(plain.architecture()).isEqualTo(name);
        assertThat(plain.state().keySet())
            .startsWith(
                "stem.reparam_conv.weight",
                "stem.reparam_conv.bias",
                "stages.0.0.reparam_conv.weight")
            .endsWith("head.fc.weight", "head.fc.bias")
            .noneMatch(key -> key.contains("bn") || key.contains("identity"));
        assertThat(plain.firstConvNames()).containsExactly("stem.reparam_conv");
        assertThatIllegalStateException().isThrownBy(plain::reparameterized);
      }
      assertThat(Autograd.off(() -> model.forward(x)).equalBits(before)).isTrue();
    }
  }

  /** With TensorFlow's border a 1×1 of stride 2 is not in the middle of the 3×3. */
  @Test
  void the_border_cannot_be_exchanged() {
    Parts same = Parts.PUBLISHED.withPadding(Parts.Border.SAME);
    assertThatThrownBy(() -> Zoo.find("repvgg_a0").declare(ModelOptions.DEFAULT.withParts(same)))
        .isInstanceOf(LinnetException.class)
        .hasMessage(
            "model_options.padding: repvgg_a0 has no such option; it has activation, width,"
                + " output_stride");
  }

  @Test
  void every_second_block_of_a_stage_is_in_four_groups() {
    Classifier model = Zoo.find("repvgg_b1g4").declare(ModelOptions.DEFAULT);
    assertThat(model.state("stages.1.2.conv_kxk.conv.weight").shape())
        .isEqualTo(Shape.of(256, 256, 3, 3));
    assertThat(model.state("stages.1.3.conv_kxk.conv.weight").shape())
        .isEqualTo(Shape.of(256, 64, 3, 3));
    assertThat(model.state("stages.1.3.conv_1x1.conv.weight").shape())
        .isEqualTo(Shape.of(256, 64, 1, 1));
  }

  @Test
  void a_head_of_another_size_is_kept() {
    try (Classifier model =
        Zoo.create("repvgg_a0", ModelOptions.DEFAULT, Device.CPU, RandomState.of(1))) {
      model.resetHead(3, RandomState.of(2));
      try (RepVgg plain = ((RepVgg) model).reparameterized()) {
        assertThat(plain.classes()).isEqualTo(3);
        assertThat(
                plain
                    .state("head.fc.weight")
                    .value()
                    .equalBits(model.state("head.fc.weight").value()))
            .isTrue();
      }
    }
  }
}
