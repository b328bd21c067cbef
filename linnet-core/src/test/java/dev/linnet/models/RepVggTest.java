package dev.linnet.models;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import dev.linnet.base.RandomState;
import dev.linnet.tensor.Autograd;
import dev.linnet.tensor.Device;
import dev.linnet.tensor.Scope;
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
