package dev.linnet.models;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.offset;

import dev.linnet.base.LinnetException;
import dev.linnet.base.RandomState;
import dev.linnet.nn.Dropout;
import dev.linnet.tensor.Autograd;
import dev.linnet.tensor.DType;
import dev.linnet.tensor.Device;
import dev.linnet.tensor.Scope;
import dev.linnet.tensor.Shape;
import dev.linnet.tensor.Tensor;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Wide ResNets beyond the recorded values. */
@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
class WideResNetTest {
  private final Scope scope = Scope.open("test");

  @AfterEach
  void close() {
    scope.close();
  }

  @ParameterizedTest
  @CsvSource({"wrn_40_2, 2.2", "wrn_40_4, 8.9", "wrn_16_8, 11.0", "wrn_28_10, 36.5"})
  void parameters_are_those_of_the_paper(String name, double millions) {
    ZooModel zoo = Zoo.find(name);
    double ours = zoo.declare(zoo.options()).parameterCount() / 1e6;
    assertThat(ours).isCloseTo(millions, offset(0.06));
  }

  @Test
  void dropout_stands_between_the_convolutions_of_a_block_and_nowhere_else() {
    Map<String, Double> rates = new LinkedHashMap<>();
    Zoo.find("wrn_16_4")
        .declare(ModelOptions.DEFAULT.withDropRate(0.3))
        .walk(
            (name, module) -> {
              if (module instanceof Dropout dropout && dropout.rate() > 0) {
                rates.put(name, dropout.rate());
              }
            });
    assertThat(rates)
        .containsOnlyKeys(
            "layer1.0.dropout",
            "layer1.1.dropout",
            "layer2.0.dropout",
            "layer2.1.dropout",
            "layer3.0.dropout",
            "layer3.1.dropout")
        .allSatisfy((name, rate) -> assertThat(rate).isEqualTo(0.3));
  }

  @Test
  void dropout_works_in_training_alone() {
    ModelOptions options = Zoo.find("wrn_16_4").options();
    try (Classifier with = create(options.withDropRate(0.3));
        Classifier without = create(options)) {
      Tensor x = Tensor.normal(0, 1, RandomState.of(5), DType.FLOAT32, 2, 3, 8, 8);
      assertThat(logits(with, x).equalBits(logits(without, x))).isTrue();
      with.train();
      without.train();
      with.reseed(RandomState.of(3));
      without.reseed(RandomState.of(3));
      assertThat(logits(with, x).equalBits(logits(without, x))).isFalse();
    }
  }

  @Test
  void a_width_gives_the_network_that_is_named_after_it() {
    Parts twice = Parts.PUBLISHED.withWidth(2);
    assertThat(shapes("wrn_16_4", twice)).isEqualTo(shapes("wrn_16_8", Parts.PUBLISHED));
  }

  @Test
  void other_parts_are_refused() {
    Parts same = Parts.PUBLISHED.withPadding(Parts.Border.SAME);
    assertThatThrownBy(() -> shapes("wrn_16_4", same))
        .isInstanceOf(LinnetException.class)
        .hasMessage("model_options.padding: wrn_16_4 has no such option; it has activation, width");
  }

  @Test
  void impossible_depths_are_refused() {
    assertThatThrownBy(() -> new WideResNet.Config(20, 4))
        .hasMessage("depth: got 20; must be 6n + 4, such as 28");
    assertThatThrownBy(() -> new WideResNet.Config(28, 0))
        .hasMessage("k: got 0; must be at least 1");
  }

  private static Map<String, Shape> shapes(String name, Parts parts) {
    Map<String, Shape> shapes = new LinkedHashMap<>();
    ModelOptions options = ModelOptions.DEFAULT.withParts(parts);
    Zoo.find(name).declare(options).state().forEach((n, p) -> shapes.put(n, p.shape()));
    return shapes;
  }

  private static Classifier create(ModelOptions options) {
    return Zoo.create("wrn_16_4", options, Device.CPU, RandomState.of(1));
  }

  private static Tensor logits(Classifier model, Tensor x) {
    return Autograd.off(() -> model.forward(x));
  }
}
