package dev.linnet.tensor;

import static dev.linnet.tensor.Passes.assertSame;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.linnet.base.RandomState;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** Forks of which one way goes through a convolution and its norm. */
@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
final class ForkTest extends FusedKernels {
  private static final BatchNorm.Pass PASS = new BatchNorm.Pass(true, 0.1, 1e-5);

  /** Which of the two ways something depends on. */
  private enum Used {
    BOTH,
    THROUGH,
    PAST
  }

  private static Tensor drawn(long seed, long... sizes) {
    Tensor values = Tensor.normal(0, 1, RandomState.of(seed), DType.FLOAT32, sizes);
    return sizes.length == 4 ? values.channelsLast() : values;
  }

  private static BatchNorm norm(int channels) {
    return new BatchNorm(
        drawn(7, channels).requireGrad(true),
        drawn(8, channels).requireGrad(true),
        Tensor.zeros(DType.FLOAT32, Device.CPU, channels),
        Tensor.ones(DType.FLOAT32, Device.CPU, channels));
  }

  private static Tensor[] one(Tensor x, Tensor weight, Window window, BatchNorm norm) {
    Optional<Tensor[]> ways =
        Fusion.fork(new Fusion.Conv(x, weight, window), norm, () -> PASS, Nonlinearity.RELU);
    assertThat(ways).isPresent();
    return ways.get();
  }

  private static Tensor[] parts(Tensor x, Tensor weight, Window window, BatchNorm norm) {
    Tensor y = norm.apply(x.conv2d(weight, null, window, 1), null, PASS, Nonlinearity.RELU);
    return new Tensor[] {y, x};
  }

  private interface Ways {
    Tensor[] of(Tensor x, Tensor weight, Window window, BatchNorm norm);
  }

  private static double[] gradient(Tensor leaf) {
    Tensor found = leaf.grad();
    return found == null ? new double[0] : found.toDoubles();
  }

  /** What goes ahead and comes back. */
  private static List<double[]> passed(
      DType dtype, int kernel, Window window, Used used, Ways ways) {
    Tensor leaf = drawn(1, 2, 24, 10, 12).requireGrad(true);
    Tensor weight = drawn(2, 40, 24, kernel, kernel).channelsLast().requireGrad(true);
    BatchNorm norm = norm(40);
    Tensor[] both =
        Autocast.run(
            Device.CPU,
            dtype,
            () -> {
              Tensor x = leaf.to(DType.BFLOAT16).mul(2).to(dtype);
              return ways.of(x, weight, window, norm);
            });
    Tensor through = both[0].to(DType.FLOAT32);
    through = through.mul(drawn(3, through.shape().toArray())).sum();
    Tensor past = both[1].to(DType.FLOAT32).mul(drawn(4, 2, 24, 10, 12)).sum();
    (used == Used.BOTH ? through.add(past) : used == Used.THROUGH ? through : past).backward();
    List<double[]> all = new ArrayList<>();
    all.add(both[0].detach().toDoubles());
    all.add(both[1].detach().toDoubles());
    for (Tensor t : List.of(leaf, weight, norm.weight(), norm.bias())) {
      all.add(gradient(t));
    }
    all.add(norm.runningMean().toDoubles());
    all.add(norm.runningVar().toDoubles());
    return all;
  }

  @ParameterizedTest
  @CsvSource({
    "FLOAT32, 3, 1, 1, 1, BOTH",
    "FLOAT32, 3, 2, 1, 1, BOTH",
    "FLOAT32, 1, 1, 0, 1, BOTH",
    "FLOAT32, 5, 1, 2, 1, BOTH",
    "FLOAT32, 3, 1, 0, 2, BOTH",
    "FLOAT32, 3, 1, 1, 1, THROUGH",
    "FLOAT32, 3, 1, 1, 1, PAST",
    "BFLOAT16, 3, 1, 1, 1, BOTH",
    "BFLOAT16, 3, 2, 1, 1, BOTH",
    "BFLOAT16, 1, 1, 0, 1, BOTH",
    "BFLOAT16, 3, 2, 1, 1, THROUGH",
    "BFLOAT16, 3, 1, 1, 1, PAST",
  })
  void both_ways_give_what_parts_give(
      DType dtype, int kernel, int stride, int padding, int dilation, Used used) {
    Window window = Window.square(stride, padding, dilation);
    assertSame(
        passed(dtype, kernel, window, used, ForkTest::one),
        passed(dtype, kernel, window, used, ForkTest::parts),
        dtype == DType.FLOAT32 ? 1e-5 : 1e-2);
  }

  @Test
  void what_others_see_of_a_gradient_is_left_alone() {
    Tensor x = drawn(1, 2, 24, 10, 12).requireGrad(true);
    Tensor other = drawn(5, 2, 24, 10, 12).requireGrad(true);
    Tensor weight = drawn(2, 40, 24, 3, 3).channelsLast().requireGrad(true);
    Tensor[] ways = one(x.mul(1.5), weight, Window.square(1, 1, 1), norm(40));
    // A sum hands one gradient to both; behind the permutations each has a view of it.
    Tensor sum = ways[1].permute(0, 1, 2, 3).add(other.permute(0, 1, 2, 3));
    sum.mul(drawn(3, 2, 24, 10, 12)).sum().add(ways[0].sum()).backward();
    assertThat(Objects.requireNonNull(other.grad()).equalBits(drawn(3, 2, 24, 10, 12))).isTrue();
  }

  @Test
  void it_is_gone_back_once() {
    Tensor x = drawn(1, 2, 24, 10, 12).requireGrad(true);
    Tensor weight = drawn(2, 40, 24, 3, 3).channelsLast().requireGrad(true);
    Tensor[] ways = one(x.mul(1.5), weight, Window.square(1, 1, 1), norm(40));
    ways[0].sum().backward();
    assertThatThrownBy(() -> ways[1].sum().backward())
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("used up");
  }

  @ParameterizedTest
  @EnumSource(names = {"GELU", "SILU"})
  void what_the_norm_cannot_do_is_not_had(Nonlinearity activation) {
    assertThat(asked(drawn(1, 2, 24, 10, 12).mul(1).requireGrad(true), activation, null)).isEmpty();
  }

  @Test
  void a_map_without_a_gradient_does_not_fork() {
    assertThat(asked(drawn(1, 2, 24, 10, 12), Nonlinearity.RELU, null)).isEmpty();
  }

  @Test
  void a_map_that_is_cast_first_does_not_fork() {
    Tensor x = drawn(1, 2, 24, 10, 12).requireGrad(true);
    assertThat(asked(x, Nonlinearity.RELU, DType.BFLOAT16)).isEmpty();
    assertThat(asked(x, Nonlinearity.RELU, null)).isPresent();
  }

  private static Optional<Tensor[]> asked(
      Tensor x, Nonlinearity activation, @Nullable DType autocast) {
    Tensor weight = drawn(2, 40, 24, 3, 3).channelsLast().requireGrad(true);
    Fusion.Conv conv = new Fusion.Conv(x, weight, Window.square(1, 1, 1));
    return autocast == null
        ? Fusion.fork(conv, norm(40), () -> PASS, activation)
        : Autocast.run(
            Device.CPU, autocast, () -> Fusion.fork(conv, norm(40), () -> PASS, activation));
  }

  /** A leaf's own place for its gradient is found again: a weight keeps it. */
  @Test
  void a_weight_gathers_the_gradients_of_several_functions() {
    Tensor x = drawn(1, 2, 24, 10, 12);
    Tensor weight = drawn(2, 40, 24, 3, 3).channelsLast().requireGrad(true).unscoped();
    List<double[]> found = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      Scope step = Scope.open("step");
      x.conv2d(weight, null, Window.square(1, 1, 1), 1).sum().backward();
      step.close();
      found.add(gradient(weight));
    }
    weight.requireGrad(false);
    weight.clearGrad();
    weight.requireGrad(true);
    x.conv2d(weight, null, Window.square(1, 1, 1), 1).sum().backward();
    double[] once = gradient(weight);
    weight.close();
    assertThat(once).isEqualTo(found.get(0));
    for (int i = 0; i < once.length; i++) {
      assertThat(found.get(1)[i]).isEqualTo((double) (float) (2 * once[i]));
      assertThat(found.get(2)[i]).isEqualTo((double) (float) ((float) (2 * once[i]) + once[i]));
    }
  }
}
