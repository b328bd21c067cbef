package dev.linnet.models;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.offset;

import dev.linnet.base.LinnetException;
import dev.linnet.base.RandomState;
import dev.linnet.nn.Parameter;
import dev.linnet.nn.ShakeDrop;
import dev.linnet.tensor.Autograd;
import dev.linnet.tensor.DType;
import dev.linnet.tensor.Device;
import dev.linnet.tensor.Scope;
import dev.linnet.tensor.Shape;
import dev.linnet.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Test;

/** PyramidNets beyond the recorded values: ShakeDrop, and sizes that are not multiples of 4. */
@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
class PyramidNetTest {
  private static final String NAME = "pyramidnet110_a48";
  private static final int BLOCKS = 54;
  private static final ModelOptions PLAIN = Zoo.find(NAME).options();
  private static final ModelOptions SHAKEN =
      PLAIN.withDropPathRate(0.5).withParts(Parts.PUBLISHED.withShakeDrop(Parts.Presence.WITH));

  private final Scope scope = Scope.open("test");

  @AfterEach
  void close() {
    scope.close();
  }

  @Test
  void shaking_grows_linearly_with_depth() {
    List<Double> rates = new ArrayList<>();
    Zoo.find(NAME)
        .declare(SHAKEN)
        .walk(
            (name, module) -> {
              if (module instanceof ShakeDrop shake) {
                rates.add(shake.rate());
              }
            });
    assertThat(rates).hasSize(BLOCKS);
    for (int l = 1; l <= BLOCKS; l++) {
      assertThat(rates.get(l - 1)).isCloseTo(0.5 * l / BLOCKS, offset(1e-12));
    }
  }

  @Test
  void every_parameter_gets_a_gradient_through_shaken_branches() {
    try (Classifier model = create(SHAKEN)) {
      model.train();
      model.reseed(RandomState.of(2));
      Tensor logits = model.forward(pictures(4, 16, 16));
      logits.crossEntropy(Tensor.of(new long[] {0, 1, 2, 0}), null, 0).backward();
      List<String> without = new ArrayList<>();
      model
          .parameters()
          .forEach(
              (n, p) -> {
                Tensor g = p.value().grad();
                if (g == null || !(g.abs().sum().item() > 0)) {
                  without.add(n);
                }
              });
      assertThat(without).isEmpty();
    }
  }

  @Test
  void evaluation_scales_each_branch_by_what_is_expected() {
    try (Classifier shaken = create(SHAKEN);
        Classifier plain = create(PLAIN)) {
      for (int number = 0; number < BLOCKS; number++) {
        double kept = 1 - 0.5 * (number + 1) / BLOCKS;
        String last = "layer" + (number / 18 + 1) + "." + number % 18 + ".bn3.";
        scale(plain.state(last + "weight"), kept);
        scale(plain.state(last + "bias"), kept);
      }
      Tensor x = pictures(2, 16, 16);
      Tensor expected = Autograd.off(() -> plain.forward(x));
      Tensor got = Autograd.off(() -> shaken.forward(x));
      assertThat(got.sub(expected).norm().item() / expected.norm().item()).isLessThan(1e-5);
    }
  }

  private static void scale(Parameter p, double factor) {
    Autograd.off(() -> p.value().set(p.value().mul(factor)));
  }

  @Test
  void the_same_stream_shakes_alike() {
    try (Classifier model = create(SHAKEN)) {
      model.train();
      Tensor x = pictures(2, 8, 8);
      model.reseed(RandomState.of(2));
      Tensor a = Autograd.off(() -> model.forward(x));
      Tensor other = Autograd.off(() -> model.forward(x));
      model.reseed(RandomState.of(2));
      assertThat(Autograd.off(() -> model.forward(x)).equalBits(a)).isTrue();
      assertThat(other.equalBits(a)).isFalse();
    }
  }

  @Test
  void shaking_needs_a_rate() {
    assertThatThrownBy(() -> Zoo.find(NAME).declare(SHAKEN.withDropPathRate(0)))
        .isInstanceOf(LinnetException.class)
        .hasMessage(
            "drop_path_rate: got 0.0; must be above 0 where shake_drop is on, such as its paper's"
                + " 0.5");
  }

  @Test
  void pictures_of_any_size_work() {
    try (Classifier model = create(PLAIN)) {
      for (long[] size : new long[][] {{1, 1}, {31, 2}, {33, 47}}) {
        Tensor x = pictures(1, size[0], size[1]);
        assertThat(Autograd.off(() -> model.features(x)).shape())
            .isEqualTo(Shape.of(1, 64, (size[0] + 3) / 4, (size[1] + 3) / 4));
      }
    }
  }

  @Test
  void impossible_depths_are_refused() {
    assertThatThrownBy(() -> new PyramidNet.Config(111, 48, PyramidNet.Block.BASIC))
        .hasMessage("depth: got 111; must be 6n + 2");
    assertThatThrownBy(() -> new PyramidNet.Config(201, 240, PyramidNet.Block.BOTTLENECK))
        .hasMessage("depth: got 201; must be 9n + 2");
    assertThatThrownBy(() -> new PyramidNet.Config(110, 0, PyramidNet.Block.BASIC))
        .hasMessage("alpha: got 0; must be at least 1");
  }

  private static Classifier create(ModelOptions options) {
    return Zoo.create(NAME, options, Device.CPU, RandomState.of(1));
  }

  private static Tensor pictures(long n, long height, long width) {
    return Tensor.normal(0, 1, RandomState.of(5), DType.FLOAT32, n, 3, height, width)
        .channelsLast();
  }
}
