package dev.linnet.tensor;

import static dev.linnet.tensor.Passes.assertSame;
import static dev.linnet.tensor.Passes.left;
import static org.assertj.core.api.Assertions.assertThat;

import dev.linnet.base.RandomState;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Convolutions of training, their gradients by weights, and those with a norm behind them. */
@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
final class FusedConvTest extends FusedKernels {

  private static List<double[]> conv(DType dtype, int kernel, Window window, boolean biased) {
    RandomState random = RandomState.of(3);
    Tensor x =
        Tensor.normal(0, 1, random, DType.FLOAT32, 2, 24, 15, 12).channelsLast().requireGrad(true);
    Tensor weight =
        Tensor.normal(0, 1, random, DType.FLOAT32, 40, 24, kernel, kernel).requireGrad(true);
    Tensor bias = Tensor.normal(0, 1, random, DType.FLOAT32, 40).requireGrad(true);
    Tensor y =
        Autocast.run(Device.CPU, dtype, () -> x.conv2d(weight, biased ? bias : null, window, 1));
    assertThat(y.dtype()).isEqualTo(dtype);
    Tensor toward =
        Tensor.normal(0, 1, random, DType.FLOAT32, y.dim(0), y.dim(1), y.dim(2), y.dim(3));
    y.mulInPlace(2).to(DType.FLOAT32).mul(toward).sum().backward();
    return biased ? left(y, x, weight, bias) : left(y, x, weight);
  }

  @ParameterizedTest
  @CsvSource({
    "FLOAT32, 3, 1, 1, 1, false",
    "FLOAT32, 1, 2, 0, 1, true",
    "FLOAT32, 5, 2, 2, 2, true",
    "FLOAT32, 7, 2, 3, 1, false",
    "BFLOAT16, 3, 1, 1, 1, false",
    "BFLOAT16, 3, 2, 1, 1, true",
    "BFLOAT16, 1, 2, 0, 1, false",
    "BFLOAT16, 1, 1, 0, 1, true"
  })
  void a_convolution_is_libtorchs(
      DType dtype, int kernel, int stride, int padding, int dilation, boolean biased) {
    Window window = Window.square(stride, padding, dilation);
    List<double[]> ours = conv(dtype, kernel, window, biased);
    List<double[]> plain = Fusion.off(() -> conv(dtype, kernel, window, biased));
    assertSame(ours, plain, dtype == DType.FLOAT32 ? 1e-5 : 2e-2);
  }

  @ParameterizedTest
  @CsvSource({"1, 1, 0, 1", "1, 2, 0, 1", "3, 1, 1, 1", "3, 2, 1, 1", "5, 2, 3, 2"})
  void a_product_over_pixels_is_the_gradient_by_the_weight(
      int kernel, int stride, int padding, int dilation) {
    RandomState random = RandomState.of(3);
    Tensor x = rounded(random, 2, 24, 15, 12);
    Tensor weight = rounded(random, 40, 24, kernel, kernel).requireGrad(true);
    Window window = Window.square(stride, padding, dilation);
    Tensor y = Fusion.off(() -> x.conv2d(weight, null, window, 1));
    Tensor gradient = rounded(random, y.dim(0), y.dim(1), y.dim(2), y.dim(3));
    y.mul(gradient).sum().backward();

    WeightProduct product =
        new WeightProduct(OneDnn.own(), ConvForm.of(x, weight, window), DType.BFLOAT16);
    Tensor made = Tensor.emptyMap(DType.FLOAT32, 40, 24, kernel, kernel);
    product.run(gradient.to(DType.BFLOAT16), x.to(DType.BFLOAT16), made, null);
    product.free();

    assertSame(
        List.of(made.toDoubles()),
        List.of(Objects.requireNonNull(weight.grad()).toDoubles()),
        1e-5);
  }

  /** Values that bf16 has, in fp32, channels-last. */
  private static Tensor rounded(RandomState random, long... sizes) {
    Tensor drawn =
        Tensor.normal(0, 1, random, DType.FLOAT32, sizes).to(DType.BFLOAT16).to(DType.FLOAT32);
    return sizes.length == 4 ? drawn.channelsLast() : drawn;
  }

  @ParameterizedTest
  @CsvSource({ // pictures, from and to channels, kernel, side of the result, stride
    "16, 256, 128, 1, 56, 1, true",
    "16, 64, 256, 1, 56, 1, false", // many pixels and more results than inputs
    "16, 256, 1024, 1, 14, 1, true",
    "16, 24, 144, 1, 56, 1, false", // narrow
    "16, 512, 512, 3, 7, 1, true",
    "16, 512, 512, 3, 7, 2, true",
    "16, 512, 1024, 1, 14, 2, true", // a stride: gathered
    "16, 256, 512, 1, 28, 2, false",
    "16, 256, 256, 3, 14, 1, false",
  })
  void a_product_pays_where_pixels_are_few_or_the_kernel_is_one(
      long batch, long in, long out, long kernel, long side, long stride, boolean pays) {
    assertThat(WeightProduct.pays(square(batch, in, out, kernel, side * stride, stride)))
        .isEqualTo(pays);
  }

  private static ConvForm square(
      long batch, long in, long out, long kernel, long side, long stride) {
    long half = kernel / 2;
    List<Long> walk = List.of(stride, stride, half, half, 1L, 1L, half, half);
    return new ConvForm(batch, in, out, kernel, kernel, side, side, walk);
  }

  @ParameterizedTest
  @CsvSource({ // pictures, from and to channels, kernel, side of the map, stride; in a row
    "128, 64, 64, 3, 8, 1, 32, 1",
    "128, 32, 64, 3, 16, 2, 32, 1",
    "16, 256, 256, 3, 14, 1, 2, 1",
    "16, 64, 64, 5, 14, 1, 2, 2",
    "127, 64, 64, 3, 8, 1, 1, 0", // no rows of as many
    "128, 32, 32, 3, 16, 1, 1, 0", // long enough
    "128, 64, 64, 1, 8, 1, 1, 0", // not a row matters but all pixels
    "128, 4096, 64, 3, 8, 1, 1, 0", // a row of two would be too large
  })
  void small_pictures_lie_side_by_side(
      long batch, long in, long out, long kernel, long side, long stride, long beside, long gap) {
    ConvForm form = square(batch, in, out, kernel, side, stride);
    assertThat(SideBySide.onTiles(form)).isEqualTo(new SideBySide(form, beside, gap));
  }

  @ParameterizedTest
  @CsvSource({ // kernel, stride, padding, dilation; pixels of zeros to the right of a result
    "3, 1, 1, 1, 1",
    "3, 2, 1, 1, 1",
    "5, 1, 2, 1, 2",
    "5, 3, 1, 1, 1",
    "3, 1, 2, 2, 2",
    "3, 1, 0, 1, 2",
    "2, 1, 1, 1, 1",
    "3, 2, 2, 2, 1",
  })
  void pictures_side_by_side_have_the_same_gradient_by_the_weight(
      int kernel, int stride, int padding, int dilation, long gap) {
    RandomState random = RandomState.of(3);
    Tensor x = rounded(random, 6, 24, 9, 8);
    Tensor weight = rounded(random, 16, 24, kernel, kernel).requireGrad(true);
    Tensor bias = rounded(random, 16).requireGrad(true);
    Window window = Window.square(stride, padding, dilation);
    Tensor y = Fusion.off(() -> x.conv2d(weight, bias, window, 1));
    Tensor gradient = rounded(random, y.dim(0), y.dim(1), y.dim(2), y.dim(3));
    y.mul(gradient).sum().backward();

    SideBySide places = SideBySide.onTiles(ConvForm.of(x, weight, window));
    assertThat(places.gap()).isEqualTo(gap);
    assertThat(places.beside()).isGreaterThan(1);
    Tensor made = Tensor.emptyMap(DType.FLOAT32, 16, 24, kernel, kernel);
    Tensor byBias = Tensor.empty(DType.FLOAT32, Device.CPU, 16);
    WeightGradient kernels =
        new WeightKernel(
            OneDnn.own(),
            places,
            DType.FLOAT32,
            Kernels.channelsLast(DType.FLOAT32, 16, 24, kernel, kernel),
            Kernels.rowMajor(DType.FLOAT32, 16));
    kernels.run(gradient, x, made, byBias);
    kernels.free();

    assertSame(
        List.of(made.toDoubles(), byBias.toDoubles()),
        List.of(
            Objects.requireNonNull(weight.grad()).toDoubles(),
            Objects.requireNonNull(bias.grad()).toDoubles()),
        1e-5);
  }

  /** A convolution of few pixels and many channels: on tiles its weight's gradient is a product. */
  private static List<double[]> wide(int kernel, int stride) {
    RandomState random = RandomState.of(3);
    Tensor x = rounded(random, 2, 64, 9, 8).requireGrad(true);
    Tensor weight = rounded(random, 96, 64, kernel, kernel).requireGrad(true);
    Window window = Window.square(stride, kernel / 2, 1);
    Tensor y = Autocast.run(Device.CPU, DType.BFLOAT16, () -> x.conv2d(weight, null, window, 1));
    y.to(DType.FLOAT32).mul(rounded(random, y.shape().toArray())).sum().backward();
    return left(y, x, weight);
  }

  @ParameterizedTest
  @CsvSource({"1, 1", "1, 2", "3, 1", "3, 2"})
  void a_convolution_of_few_pixels_is_libtorchs(int kernel, int stride) {
    assertSame(wide(kernel, stride), Fusion.off(() -> wide(kernel, stride)), 2e-2);
  }

  /**
   * What a pass through a 1×1 convolution and the norm behind it leaves, of values that bf16 has.
   *
   * @param step makes the result of x, weight and r
   */
  private static List<double[]> expanded(boolean adds, Tensor toward, Expanded step) {
    RandomState random = RandomState.of(5);
    Tensor x =
        rounded(random, 4, 24, 9, 8).add(1).to(DType.BFLOAT16).to(DType.FLOAT32).requireGrad(true);
    Tensor weight = rounded(random, 56, 24, 1, 1).requireGrad(true);
    Tensor r = rounded(random, 4, 56, 9, 8).requireGrad(true);
    Tensor gamma = Tensor.uniform(0.5, 2, random, DType.FLOAT32, 56).requireGrad(true);
    Tensor beta = Tensor.normal(0, 1, random, DType.FLOAT32, 56).requireGrad(true);
    Tensor mean = Tensor.zeros(DType.FLOAT32, Device.CPU, 56);
    Tensor variance = Tensor.ones(DType.FLOAT32, Device.CPU, 56);
    Tensor y =
        step.make(new BatchNorm(gamma, beta, mean, variance), x, weight, adds ? r : null)
            .to(DType.FLOAT32);
    y.mul(toward).sum().backward();
    List<double[]> all = left(y, x, weight, gamma, beta);
    if (adds) {
      all.add(Objects.requireNonNull(r.grad()).toDoubles());
    }
    all.add(mean.toDoubles());
    all.add(variance.toDoubles());
    return all;
  }

  private static Tensor expand(
      FusedExpansion fused, BatchNorm norm, Tensor x, Tensor weight, @Nullable Tensor r) {
    return r == null
        ? fused.apply(x, weight, norm.weight(), norm.bias())[0]
        : fused.apply(x, weight, norm.weight(), norm.bias(), r.to(DType.BFLOAT16))[0];
  }

  private interface Expanded {
    Tensor make(BatchNorm norm, Tensor x, Tensor weight, @Nullable Tensor residual);
  }

  @ParameterizedTest
  @CsvSource({"false, IDENTITY", "false, RELU", "true, IDENTITY", "true, RELU"})
  void an_expansion_is_a_convolution_and_a_norm(boolean adds, Nonlinearity activation) {
    BatchNorm.Pass pass = new BatchNorm.Pass(true, 0.1, 1e-5);
    Window window = Window.square(1, 0, 1);
    Tensor any = Tensor.normal(0, 1, RandomState.of(6), DType.FLOAT32, 4, 56, 9, 8);
    List<double[]> linear =
        Fusion.off(
            () ->
                expanded(
                    adds,
                    any,
                    (norm, x, weight, r) ->
                        norm.apply(
                            x.conv2d(weight, null, window, 1), r, pass, Nonlinearity.IDENTITY)));
    Tensor before = Tensor.of(linear.get(0), 4, 56, 9, 8).to(DType.FLOAT32);
    Tensor toward = any.mul(before.abs().gt(0.1).to(DType.FLOAT32)); // else rounding rectifies
    List<double[]> plain =
        Fusion.off(
            () ->
                expanded(
                    adds,
                    toward,
                    (norm, x, weight, r) ->
                        norm.apply(x.conv2d(weight, null, window, 1), r, pass, activation)));
    List<double[]> fused =
        expanded(
            adds,
            toward,
            (norm, x, weight, r) ->
                expand(
                    new FusedExpansion(norm, pass, activation == Nonlinearity.RELU),
                    norm,
                    x.to(DType.BFLOAT16),
                    weight,
                    r));
    assertSame(fused, plain, 1e-2);
    int statistics = plain.size() - 2;
    assertSame(
        fused.subList(statistics, statistics + 2), plain.subList(statistics, statistics + 2), 1e-5);
  }

  /** A convolution, its norm and what follows: as one operator or by itself. */
  private static List<double[]> convNorm(
      DType dtype, int kernel, Window window, boolean adds, Nonlinearity activation, boolean one) {
    RandomState random = RandomState.of(3);
    Tensor x = rounded(random, 2, 24, 15, 12).requireGrad(true);
    Tensor weight = rounded(random, 40, 24, kernel, kernel).requireGrad(true);
    Tensor gamma = Tensor.uniform(0.5, 2, random, DType.FLOAT32, 40).requireGrad(true);
    Tensor beta = Tensor.normal(0, 1, random, DType.FLOAT32, 40).requireGrad(true);
    Tensor mean = Tensor.zeros(DType.FLOAT32, Device.CPU, 40);
    Tensor variance = Tensor.ones(DType.FLOAT32, Device.CPU, 40);
    BatchNorm norm = new BatchNorm(gamma, beta, mean, variance);
    BatchNorm.Pass pass = new BatchNorm.Pass(true, 0.1, 1e-5);
    long[] sizes = ConvForm.of(x, weight, window).result().toArray();
    Tensor r = rounded(random, sizes).requireGrad(true);
    Tensor y =
        Autocast.run(
            Device.CPU,
            dtype,
            () -> {
              Tensor residual = adds ? r.to(dtype) : null;
              Optional<Tensor> made =
                  one
                      ? Fusion.convNorm(
                          new Fusion.Conv(x, weight, window),
                          norm,
                          residual,
                          () -> pass,
                          activation)
                      : Optional.empty();
              assertThat(made.isPresent()).isEqualTo(one);
              return made.orElseGet(
                  () -> norm.apply(x.conv2d(weight, null, window, 1), residual, pass, activation));
            });
    y.to(DType.FLOAT32).mul(rounded(random, sizes)).sum().backward();
    List<double[]> all = left(y, x, weight, gamma, beta);
    if (adds) {
      all.add(Objects.requireNonNull(r.grad()).toDoubles());
    }
    all.add(mean.toDoubles());
    all.add(variance.toDoubles());
    return all;
  }

  @ParameterizedTest
  @CsvSource({
    "FLOAT32, 3, 1, false, RELU",
    "FLOAT32, 3, 2, true, RELU",
    "FLOAT32, 1, 1, true, IDENTITY",
    "BFLOAT16, 3, 1, false, IDENTITY",
    "BFLOAT16, 3, 2, true, IDENTITY",
    "BFLOAT16, 1, 1, false, IDENTITY"
  })
  void a_convolution_and_a_norm_as_one_are_libtorchs(
      DType dtype, int kernel, int stride, boolean adds, Nonlinearity activation) {
    Window window = Window.square(stride, kernel / 2, 1);
    List<double[]> one = convNorm(dtype, kernel, window, adds, activation, true);
    List<double[]> two = convNorm(dtype, kernel, window, adds, activation, false);
    List<double[]> plain =
        Fusion.off(() -> convNorm(dtype, kernel, window, adds, activation, false));
    assertSame(one, plain, dtype == DType.FLOAT32 ? 1e-5 : 2e-2);
    for (int i = 0; i < two.size(); i++) {
      assertThat(one.get(i)).as("part %d, to the bit", i).containsExactly(two.get(i));
    }
  }

  @ParameterizedTest
  @CsvSource({ // pictures, from and to channels, side
    "16, 64, 256, 56, true",
    "16, 128, 512, 28, true",
    "16, 256, 1024, 14, false", // few pixels
    "16, 256, 64, 56, false", // to fewer channels
    "2, 64, 256, 56, false", // stays in the cache
  })
  void an_expansion_pays_where_pixels_are_many(
      long batch, long in, long out, long side, boolean pays) {
    Tensor x = Tensor.emptyMap(DType.BFLOAT16, batch, in, side, side);
    assertThat(FusedExpansion.pays(x, Tensor.emptyMap(DType.FLOAT32, out, in, 1, 1)))
        .isEqualTo(pays);
  }

  /** A convolution whose weight and bias are cut out of larger ones, and lie with gaps. */
  private static List<double[]> cutOut() {
    RandomState random = RandomState.of(3);
    Tensor x =
        Tensor.normal(0, 1, random, DType.FLOAT32, 2, 16, 9, 8).channelsLast().requireGrad(true);
    Tensor all = Tensor.normal(0, 1, random, DType.FLOAT32, 24, 64, 3, 3).requireGrad(true);
    Tensor biases = Tensor.normal(0, 1, random, DType.FLOAT32, 24, 5).requireGrad(true);
    Tensor y = x.conv2d(all.narrow(1, 16, 16), biases.select(1, 2), Window.square(1, 1, 1), 1);
    y.mul(y).sum().backward();
    return left(y, x, all, biases);
  }

  @Test
  void a_weight_that_lies_with_gaps_is_read_as_it_lies() {
    assertSame(cutOut(), Fusion.off(FusedConvTest::cutOut), 1e-5);
  }
}
