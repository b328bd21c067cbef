package dev.linnet.tensor;

import static dev.linnet.tensor.Passes.assertSame;
import static dev.linnet.tensor.Passes.left;
import static org.assertj.core.api.Assertions.assertThat;

import dev.linnet.base.RandomState;
import dev.linnet.testing.LiveObjects;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
final class FusionTest extends FusedKernels {

  /** What a pass leaves: the result, the gradients and the running statistics. */
  private static List<double[]> pass(
      DType dtype, boolean adds, Nonlinearity activation, long channels) {
    RandomState random = RandomState.of(7);
    Tensor x =
        Tensor.normal(1, 2, random, DType.FLOAT32, 4, channels, 5, 3)
            .to(dtype)
            .channelsLast()
            .requireGrad(true);
    Tensor r =
        Tensor.normal(0, 1, random, DType.FLOAT32, 4, channels, 5, 3)
            .to(dtype)
            .channelsLast()
            .requireGrad(true);
    Tensor weight = Tensor.uniform(0.5, 2, random, DType.FLOAT32, channels).requireGrad(true);
    Tensor bias = Tensor.normal(0, 1, random, DType.FLOAT32, channels).requireGrad(true);
    Tensor mean = Tensor.zeros(DType.FLOAT32, Device.CPU, channels);
    Tensor variance = Tensor.ones(DType.FLOAT32, Device.CPU, channels);
    Tensor toward = Tensor.normal(0, 1, random, DType.FLOAT32, 4, channels, 5, 3).to(dtype);
    Tensor y =
        new BatchNorm(weight, bias, mean, variance)
            .apply(x, adds ? r : null, new BatchNorm.Pass(true, 0.1, 1e-5), activation);
    assertThat(y.dtype()).isEqualTo(dtype);
    y.mul(toward).sum().backward();
    List<double[]> all = new ArrayList<>();
    all.add(y.detach().toDoubles());
    all.add(Objects.requireNonNull(x.grad()).toDoubles());
    all.add(Objects.requireNonNull(weight.grad()).toDoubles());
    all.add(Objects.requireNonNull(bias.grad()).toDoubles());
    if (adds) {
      all.add(Objects.requireNonNull(r.grad()).toDoubles());
    }
    all.add(mean.toDoubles());
    all.add(variance.toDoubles());
    return all;
  }

  @ParameterizedTest
  @CsvSource({
    "FLOAT32, false, RELU, 16",
    "FLOAT32, false, IDENTITY, 16",
    "FLOAT32, true, RELU, 16",
    "FLOAT32, true, IDENTITY, 16",
    "FLOAT32, false, SILU, 16",
    "FLOAT32, true, SILU, 16",
    "FLOAT32, false, RELU, 3",
    "FLOAT32, true, RELU, 21",
    "BFLOAT16, false, RELU, 16",
    "BFLOAT16, false, IDENTITY, 64",
    "BFLOAT16, true, RELU, 64",
    "BFLOAT16, true, IDENTITY, 16",
    "BFLOAT16, true, RELU, 5",
    "FLOAT32, false, RELU, 1024",
    "BFLOAT16, true, RELU, 1030"
  })
  void a_fused_norm_is_libtorchs(
      DType dtype, boolean adds, Nonlinearity activation, long channels) {
    List<double[]> fused = pass(dtype, adds, activation, channels);
    List<double[]> plain = Fusion.off(() -> pass(dtype, adds, activation, channels));
    assertSame(fused, plain, dtype == DType.FLOAT32 ? 1e-5 : 2e-2);
  }

  private static List<double[]> depthwise(
      DType dtype, int kernel, int stride, int padding, boolean biased, long channels) {
    RandomState random = RandomState.of(3);
    Tensor x =
        Tensor.normal(0, 1, random, DType.FLOAT32, 2, channels, 15, 12)
            .to(dtype)
            .channelsLast()
            .requireGrad(true);
    Tensor weight =
        Tensor.normal(0, 1, random, DType.FLOAT32, channels, 1, kernel, kernel)
            .to(dtype)
            .requireGrad(true);
    Tensor bias = Tensor.normal(0, 1, random, DType.FLOAT32, channels).to(dtype).requireGrad(true);
    Tensor y =
        x.conv2d(weight, biased ? bias : null, Window.square(stride, padding, 1), (int) channels);
    Tensor toward =
        Tensor.normal(0, 1, random, DType.FLOAT32, y.dim(0), y.dim(1), y.dim(2), y.dim(3))
            .to(dtype);
    y.mul(toward).sum().backward();
    return biased ? left(y, x, weight, bias) : left(y, x, weight);
  }

  @ParameterizedTest
  @CsvSource({
    "FLOAT32, 5, 1, 2, false, 16",
    "FLOAT32, 7, 1, 3, true, 32",
    "FLOAT32, 5, 2, 2, false, 16",
    "FLOAT32, 5, 1, 0, true, 5",
    "FLOAT32, 7, 3, 1, false, 16",
    "FLOAT32, 11, 1, 5, false, 16",
    "BFLOAT16, 3, 2, 1, false, 16",
    "BFLOAT16, 3, 2, 0, true, 32",
    "BFLOAT16, 5, 2, 2, false, 16",
    "BFLOAT16, 7, 1, 3, true, 48",
    "BFLOAT16, 3, 2, 1, false, 7"
  })
  void a_convolution_of_each_channel_is_libtorchs(
      DType dtype, int kernel, int stride, int padding, boolean biased, long channels) {
    List<double[]> ours = depthwise(dtype, kernel, stride, padding, biased, channels);
    List<double[]> plain =
        Fusion.off(() -> depthwise(dtype, kernel, stride, padding, biased, channels));
    assertSame(ours, plain, dtype == DType.FLOAT32 ? 1e-5 : 2e-2);
  }

  /** Attention of bf16 on the processor and of fp32, with the gradients by q, k and v. */
  private static List<double[]> attention(DType dtype) {
    RandomState random = RandomState.of(3);
    List<Tensor> in = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      in.add(
          Tensor.normal(0, 1, random, DType.FLOAT32, 2, 3, 7, 24)
              .to(DType.BFLOAT16)
              .to(dtype)
              .requireGrad(true));
    }
    Tensor y = in.get(0).attention(in.get(1), in.get(2));
    y.mul(Tensor.normal(0, 1, random, DType.FLOAT32, 2, 3, 7, 24).to(dtype)).sum().backward();
    List<double[]> all = new ArrayList<>();
    all.add(y.detach().toDoubles());
    in.forEach(t -> all.add(Objects.requireNonNull(t.grad()).toDoubles()));
    return all;
  }

  @Test
  void attention_in_bf16_is_that_in_fp32() {
    assertSame(attention(DType.BFLOAT16), attention(DType.FLOAT32), 3e-2);
  }

  private static List<double[]> forked(DType dtype) {
    Tensor x =
        Tensor.normal(0, 1, RandomState.of(3), DType.FLOAT32, 2, 16, 5, 4)
            .to(dtype)
            .channelsLast()
            .requireGrad(true);
    Tensor[] ways = Fusion.fork(x.mul(1.5));
    ways[0].mul(ways[0]).add(ways[1]).sum().backward();
    Tensor[] one = Fusion.fork(x.mul(2));
    one[1].mul(3).sum().backward();
    return List.of(
        ways[0].detach().toDoubles(),
        ways[1].detach().toDoubles(),
        Objects.requireNonNull(x.grad()).toDoubles());
  }

  private static Tensor pooled(Tensor x, boolean max, int kernel, int stride, PoolRounding cut) {
    int padding = kernel / 2;
    return max
        ? x.maxPool2d(kernel, stride, padding, cut)
        : x.avgPool2d(kernel, stride, padding, cut);
  }

  private static List<double[]> pool(
      DType dtype, boolean max, int kernel, int stride, PoolRounding cut, long channels) {
    RandomState random = RandomState.of(3);
    Tensor x =
        Tensor.normal(0, 1, random, DType.FLOAT32, 2, channels, 15, 12)
            .to(dtype)
            .channelsLast()
            .requireGrad(true);
    Tensor y = pooled(x.relu(), max, kernel, stride, cut); // rectified: windows have ties
    Tensor toward =
        Tensor.normal(0, 1, random, DType.FLOAT32, y.dim(0), y.dim(1), y.dim(2), y.dim(3))
            .to(dtype);
    y.mul(toward).sum().backward();
    return left(y, x);
  }

  @ParameterizedTest
  @CsvSource({
    "FLOAT32, true, 2, 2, FLOOR, 6",
    "FLOAT32, true, 3, 2, FLOOR, 16",
    "FLOAT32, true, 3, 2, CEIL, 16",
    "FLOAT32, true, 3, 1, CEIL, 20",
    "FLOAT32, false, 2, 2, CEIL, 16",
    "FLOAT32, false, 3, 2, FLOOR, 5",
    "BFLOAT16, true, 3, 2, FLOOR, 64",
    "BFLOAT16, true, 5, 3, CEIL, 7",
    "BFLOAT16, false, 2, 2, FLOOR, 32"
  })
  void a_pool_is_libtorchs(
      DType dtype, boolean max, int kernel, int stride, PoolRounding cut, long channels) {
    List<double[]> ours = pool(dtype, max, kernel, stride, cut, channels);
    List<double[]> plain = Fusion.off(() -> pool(dtype, max, kernel, stride, cut, channels));
    assertSame(ours, plain, dtype == DType.FLOAT32 ? 1e-5 : 2e-2);
  }

  @Test
  void a_pool_of_what_is_no_number_is_none_to_count_with() {
    Tensor x = Tensor.full(Double.NaN, DType.FLOAT32, Device.CPU, 1, 16, 4, 4).channelsLast();
    Tensor y = pooled(x.requireGrad(true), true, 2, 2, PoolRounding.FLOOR);
    assertThat(y.mul(10).detach().toDoubles()).containsOnly(Double.NEGATIVE_INFINITY);
  }

  @Test
  void sides_that_rounding_up_cuts_are_counted_as_libtorch_counts_them() {
    for (int side = 1; side < 12; side++) {
      for (int kernel = 1; kernel < 5; kernel++) {
        for (int stride = 1; stride < 5; stride++) {
          for (PoolRounding cut : PoolRounding.values()) {
            int padding = kernel / 2;
            if (side + 2 * padding < kernel) {
              continue;
            }
            Tensor x = Tensor.zeros(DType.FLOAT32, Device.CPU, 1, 1, side, side);
            assertThat(cut.windows(side, kernel, stride, padding))
                .as("side %d, kernel %d, stride %d, %s", side, kernel, stride, cut)
                .isEqualTo(x.maxPool2d(kernel, stride, padding, cut).dim(2));
          }
        }
      }
    }
  }

  /** A map, and its means, that go on together, alone, or the map alone. */
  private static List<double[]> squeezed(DType dtype) {
    Tensor x =
        Tensor.normal(0, 1, RandomState.of(3), DType.FLOAT32, 2, 16, 5, 4)
            .to(dtype)
            .channelsLast()
            .requireGrad(true);
    Tensor[] both = Fusion.squeeze(x.mul(1.5));
    both[0].mul(both[1].sigmoid()).sum().backward();
    Tensor[] means = Fusion.squeeze(x.mul(2));
    means[1].mul(means[1]).sum().backward();
    Tensor[] map = Fusion.squeeze(x.mul(3));
    map[0].mul(map[0]).sum().backward();
    return List.of(
        both[0].detach().toDoubles(),
        both[1].detach().toDoubles(),
        Objects.requireNonNull(x.grad()).toDoubles());
  }

  @ParameterizedTest
  @EnumSource(names = {"FLOAT32", "BFLOAT16", "FLOAT64"})
  void gradients_of_a_map_and_its_means_are_summed(DType dtype) {
    assertSame(
        squeezed(dtype), Fusion.off(() -> squeezed(dtype)), dtype == DType.BFLOAT16 ? 1e-2 : 1e-6);
  }

  private static List<double[]> subsampled(DType dtype, int step, int zeros) {
    Tensor x =
        Tensor.normal(0, 1, RandomState.of(3), DType.FLOAT32, 2, 16, 5, 4)
            .to(dtype)
            .channelsLast()
            .requireGrad(true);
    Tensor y = zeros == 0 ? x.subsample(step) : x.subsample(step, zeros);
    assertThat(y.shape())
        .isEqualTo(Shape.of(2, 16 + 2L * zeros, (5 + step - 1) / step, (4 + step - 1) / step));
    y.mul(y).sum().backward();
    return List.of(y.detach().toDoubles(), Objects.requireNonNull(x.grad()).toDoubles());
  }

  @ParameterizedTest
  @CsvSource({
    "FLOAT32, 2, 0",
    "FLOAT32, 3, 0",
    "BFLOAT16, 2, 0",
    "FLOAT32, 2, 8",
    "FLOAT32, 3, 1",
    "BFLOAT16, 2, 4",
    "FLOAT64, 2, 4"
  })
  void rows_and_columns_are_left_out(DType dtype, int step, int zeros) {
    assertSame(
        subsampled(dtype, step, zeros), Fusion.off(() -> subsampled(dtype, step, zeros)), 1e-6);
  }

  @ParameterizedTest
  @EnumSource(names = {"FLOAT32", "BFLOAT16", "FLOAT64"})
  void gradients_of_two_ways_are_summed(DType dtype) {
    assertSame(
        forked(dtype), Fusion.off(() -> forked(dtype)), dtype == DType.BFLOAT16 ? 1e-2 : 1e-6);
  }

  @Test
  void a_sum_at_a_fork_leaves_alone_what_others_see_of_a_gradient() {
    Tensor x = plane(1).requireGrad(true);
    Tensor other = plane(2).requireGrad(true);
    Tensor[] ways = Fusion.fork(x.mul(1.5));
    // A sum hands one gradient to both; behind the permutations each has a view of it.
    Tensor sum = ways[0].permute(0, 1, 2, 3).add(other.permute(0, 1, 2, 3));
    sum.mul(plane(3)).add(ways[1].mul(plane(4))).sum().backward();
    assertThat(Objects.requireNonNull(other.grad()).equalBits(plane(3))).isTrue();
  }

  private static Tensor plane(long seed) {
    return Tensor.normal(0, 1, RandomState.of(seed), DType.FLOAT32, 2, 16, 5, 4).channelsLast();
  }

  @ParameterizedTest
  @EnumSource(names = {"RELU", "IDENTITY"})
  void a_norm_leaves_alone_what_others_see_of_a_gradient(Nonlinearity activation) {
    BatchNorm.Pass pass = new BatchNorm.Pass(true, 0.1, 1e-5);
    List<List<double[]>> found = new ArrayList<>();
    Runnable both =
        () -> {
          Tensor x = plane(1).requireGrad(true);
          Tensor given = plane(2);
          Tensor one = norm().apply(x, null, pass, activation);
          Tensor two = norm().apply(x, one, pass, activation);
          one.add(two).backward(given); // one and two are given the very same gradient
          found.add(List.of(Objects.requireNonNull(x.grad()).toDoubles(), given.toDoubles()));
        };
    both.run();
    Fusion.off(
        () -> {
          both.run();
          return both;
        });
    assertSame(found.get(0), found.get(1), 1e-5);
    assertThat(found.get(0).get(1)).isEqualTo(plane(2).toDoubles());
  }

  private static BatchNorm norm() {
    return new BatchNorm(
        Tensor.ones(DType.FLOAT32, Device.CPU, 16).requireGrad(true),
        Tensor.zeros(DType.FLOAT32, Device.CPU, 16).requireGrad(true),
        Tensor.zeros(DType.FLOAT32, Device.CPU, 16),
        Tensor.ones(DType.FLOAT32, Device.CPU, 16));
  }

  @Test
  void what_does_not_fit_is_computed_by_libtorch() {
    Tensor weight = Tensor.ones(DType.FLOAT32, Device.CPU, 3);
    BatchNorm norm =
        new BatchNorm(
            weight,
            Tensor.zeros(DType.FLOAT32, Device.CPU, 3),
            Tensor.zeros(DType.FLOAT32, Device.CPU, 3),
            Tensor.ones(DType.FLOAT32, Device.CPU, 3));
    BatchNorm.Pass training = new BatchNorm.Pass(true, 0.1, 1e-5);
    BatchNorm.Pass evaluation = new BatchNorm.Pass(false, 0.1, 1e-5);
    Tensor plain = Tensor.normal(0, 1, RandomState.of(1), DType.FLOAT32, 2, 3, 4, 4);
    Tensor last = plain.channelsLast();
    assertThat(Fusion.normAct(norm, plain, null, training, Nonlinearity.RELU)).isEmpty();
    assertThat(Fusion.normAct(norm, last, null, evaluation, Nonlinearity.RELU)).isEmpty();
    assertThat(Fusion.normAct(norm, last, plain, training, Nonlinearity.RELU)).isEmpty();
    assertThat(Fusion.normAct(norm, last, last, training, Nonlinearity.SILU)).isEmpty();
    assertThat(Fusion.normAct(norm, last, last, training, Nonlinearity.RELU)).isPresent();
    assertThat(Fusion.off(() -> Fusion.normAct(norm, last, last, training, Nonlinearity.RELU)))
        .isEmpty();
  }

  @Test
  void hundreds_of_passes_leave_nothing_behind() {
    long before = 0;
    for (int i = 0; i < 300; i++) {
      Scope.run("pass", () -> pass(DType.FLOAT32, true, Nonlinearity.RELU, 16));
      if (i == 50) {
        before = LiveObjects.settled();
      }
    }
    assertThat(LiveObjects.settled()).isLessThanOrEqualTo(before);
  }
}
