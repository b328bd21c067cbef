package dev.linnet.tensor;

import static dev.linnet.tensor.Passes.assertSame;
import static dev.linnet.tensor.Passes.left;
import static org.assertj.core.api.Assertions.assertThat;

import dev.linnet.base.RandomState;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.function.Supplier;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Convolutions of maps in bf16 whose products are in fp32, here whatever the processor likes. */
@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
final class WideConvTest extends FusedKernels {
  /** What bf16 rounds away, relative to a number. */
  private static final double ROUNDED = 1.0 / 256;

  private static <T> T inFp32(Supplier<T> work) {
    ConvKernels kernels = OneDnn.own().convolutions;
    DType before = kernels.multiplyHalvesIn(DType.FLOAT32);
    try {
      return work.get();
    } finally {
      kernels.multiplyHalvesIn(before);
    }
  }

  /** Values that bf16 has, in fp32, channels-last. */
  private static Tensor rounded(long seed, long... sizes) {
    Tensor drawn =
        Tensor.normal(0, 1, RandomState.of(seed), DType.FLOAT32, sizes)
            .to(DType.BFLOAT16)
            .to(DType.FLOAT32);
    return sizes.length == 4 ? drawn.channelsLast() : drawn;
  }

  private record Case(long batch, long side, int kernel, Window window, boolean biased) {
    private static final int IN = 16;
    private static final int OUT = 32;

    /** The result and the gradients by x, weight and bias. */
    List<double[]> leaves(DType dtype) {
      Tensor x = rounded(1, batch, IN, side, side).requireGrad(true);
      Tensor weight =
          Tensor.normal(0, 0.1, RandomState.of(2), DType.FLOAT32, OUT, IN, kernel, kernel)
              .requireGrad(true);
      Tensor bias = Tensor.normal(0, 1, RandomState.of(3), DType.FLOAT32, OUT).requireGrad(true);
      Tensor y =
          Autocast.run(Device.CPU, dtype, () -> x.conv2d(weight, biased ? bias : null, window, 1));
      assertThat(y.dtype()).isEqualTo(dtype);
      y.to(DType.FLOAT32).mul(rounded(4, y.shape().toArray())).sum().backward();
      return biased ? left(y, x, weight, bias) : left(y, x, weight);
    }
  }

  @ParameterizedTest
  @CsvSource({ // pictures, side, kernel, stride, padding, dilation, with a bias
    "2, 15, 3, 1, 1, 1, false",
    "3, 14, 3, 2, 1, 1, true",
    "2, 13, 5, 1, 2, 2, false",
    "5, 12, 1, 1, 0, 1, true",
    "6, 128, 3, 1, 1, 1, true", // in two parts
    "6, 128, 1, 1, 0, 1, false",
  })
  void a_convolution_is_that_of_fp32_rounded_at_its_end(
      long batch, long side, int kernel, int stride, int padding, int dilation, boolean biased) {
    Case one = new Case(batch, side, kernel, Window.square(stride, padding, dilation), biased);
    List<double[]> wide = inFp32(() -> one.leaves(DType.BFLOAT16));
    List<double[]> plain = Fusion.off(() -> one.leaves(DType.FLOAT32));
    assertSame(wide.subList(0, 2), plain.subList(0, 2), ROUNDED); // maps
    assertSame(wide.subList(2, wide.size()), plain.subList(2, plain.size()), 1e-5); // in fp32
  }

  @Test
  void the_weight_is_not_rounded() {
    float[] values = new float[32 * 32];
    for (int i = 0; i < values.length; i++) {
      values[i] = i % 2 == 0 ? 1 + 1f / 512 : -1; // to bf16 1 and -1
    }
    Tensor weight = Tensor.of(values, 32, 32, 1, 1).requireGrad(true);
    Tensor x = Tensor.full(1, DType.FLOAT32, Device.CPU, 2, 32, 4, 4).channelsLast();
    Supplier<Tensor> conv =
        () ->
            Autocast.run(
                Device.CPU,
                DType.BFLOAT16,
                () -> x.conv2d(weight, null, Window.square(1, 0, 1), 1));
    assertThat(inFp32(conv).to(DType.FLOAT32).toDoubles()).containsOnly(16.0 / 512);
    DType before = OneDnn.own().convolutions.multiplyHalvesIn(DType.BFLOAT16);
    try {
      assertThat(conv.get().to(DType.FLOAT32).toDoubles()).containsOnly(0);
    } finally {
      OneDnn.own().convolutions.multiplyHalvesIn(before);
    }
  }

  @ParameterizedTest
  @CsvSource({"3, 12, 3, 1", "6, 128, 3, 1", "6, 128, 1, 0"})
  void a_gradient_is_added_to_another(long batch, long side, int kernel, int padding) {
    Tensor x = rounded(1, batch, 16, side, side).to(DType.BFLOAT16);
    Tensor weight = rounded(2, 32, 16, kernel, kernel);
    Tensor gradient = rounded(3, batch, 32, side, side).to(DType.BFLOAT16);
    Tensor sum = rounded(5, batch, 16, side, side).to(DType.BFLOAT16);
    Tensor before = sum.to(DType.FLOAT32);
    ConvKernels kernels = OneDnn.own().convolutions;
    List<Tensor> made = new ArrayList<>();
    inFp32(
        () -> {
          Window window = Window.square(1, padding, 1);
          ConvKernels.Key key = ConvKernels.Key.of(x, weight, window, false);
          assertThat(kernels.hasOnto(key)).isTrue();
          Tensor byX = x.emptyLike();
          kernels.byX(key, gradient, weight, byX);
          made.add(byX.to(DType.FLOAT32).add(before));
          kernels.ontoX(key, gradient, weight, sum);
          return sum;
        });
    assertSame(
        List.of(sum.to(DType.FLOAT32).toDoubles()), List.of(made.get(0).toDoubles()), 2 * ROUNDED);
  }

  /** A fork through a convolution and its norm. */
  private static List<double[]> fork(DType dtype) {
    Tensor x = rounded(1, 4, 32, 9, 8).requireGrad(true);
    Tensor weight = rounded(2, 32, 32, 3, 3).requireGrad(true);
    Tensor gamma = Tensor.full(1, DType.FLOAT32, Device.CPU, 32).requireGrad(true);
    Tensor beta = Tensor.full(0, DType.FLOAT32, Device.CPU, 32).requireGrad(true);
    BatchNorm norm =
        new BatchNorm(
            gamma,
            beta,
            Tensor.zeros(DType.FLOAT32, Device.CPU, 32),
            Tensor.ones(DType.FLOAT32, Device.CPU, 32));
    BatchNorm.Pass pass = new BatchNorm.Pass(true, 0.1, 1e-5);
    Window window = Window.square(1, 1, 1);
    Tensor y =
        Autocast.run(
            Device.CPU,
            dtype,
            () -> {
              Tensor map = x.to(dtype);
              Tensor[] ways =
                  Fusion.fork(
                          new Fusion.Conv(map, weight, window),
                          norm,
                          () -> pass,
                          Nonlinearity.IDENTITY)
                      .orElseGet(
                          () ->
                              new Tensor[] {
                                norm.apply(
                                    map.conv2d(weight, null, window, 1),
                                    null,
                                    pass,
                                    Nonlinearity.IDENTITY),
                                map
                              });
              return ways[0].add(ways[1]);
            });
    y.to(DType.FLOAT32).mul(rounded(4, y.shape().toArray())).sum().backward();
    return left(y, x, weight, gamma, beta);
  }

  @Test
  void a_fork_through_a_convolution_and_a_norm_is_libtorchs() {
    List<double[]> wide = inFp32(() -> fork(DType.BFLOAT16));
    assertSame(wide, Fusion.off(() -> fork(DType.FLOAT32)), 2e-2);
  }

  @ParameterizedTest
  @CsvSource({ // pictures, from and to channels, side; pictures at a time
    "16, 64, 256, 56, 2",
    "16, 256, 1024, 14, 8",
    "16, 512, 2048, 7, 16",
    "128, 16, 16, 32, 64",
    "97, 16, 16, 32, 97", // no other divisor; one by one would be further off
    "13, 64, 256, 56, 1",
    "1, 64, 64, 1024, 1", // larger than the cache
  })
  void so_many_pictures_at_a_time_as_stay_in_the_cache(
      long batch, long in, long out, long side, long pictures) {
    ConvForm form =
        new ConvForm(batch, in, out, 1, 1, side, side, List.of(1L, 1L, 0L, 0L, 1L, 1L, 0L, 0L));
    assertThat(WideConv.pictures(form)).isEqualTo(pictures);
  }

  @Test
  void the_last_batch_of_an_epoch_is_computed_as_well() {
    for (long batch : new long[] {6, 5, 1, 6}) { // the room grows and is used again
      Case one = new Case(batch, 64, 3, Window.square(1, 1, 1), false);
      List<double[]> wide = inFp32(() -> one.leaves(DType.BFLOAT16));
      List<double[]> plain = Fusion.off(() -> one.leaves(DType.FLOAT32));
      assertSame(wide.subList(0, 2), plain.subList(0, 2), ROUNDED);
      assertSame(wide.subList(2, 3), plain.subList(2, 3), 1e-5);
      assertThat(Objects.requireNonNull(wide.get(0))).hasSize((int) (batch * 32 * 64 * 64));
    }
  }

  @Test
  void a_pass_without_a_way_back_is_the_one_with_it() {
    Tensor x = rounded(1, 3, 32, 12, 12).to(DType.BFLOAT16);
    Tensor weight = rounded(2, 32, 32, 3, 3).requireGrad(true);
    Supplier<Tensor> conv =
        () ->
            Autocast.run(
                Device.CPU,
                DType.BFLOAT16,
                () -> x.conv2d(weight, null, Window.square(1, 1, 1), 1));
    double[] learning = inFp32(conv).to(DType.FLOAT32).toDoubles();
    double[] plain = inFp32(() -> Autograd.off(conv)).to(DType.FLOAT32).toDoubles();
    assertThat(plain).containsExactly(learning);
  }
}
