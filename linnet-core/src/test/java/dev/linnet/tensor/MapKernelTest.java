package dev.linnet.tensor;

import static dev.linnet.tensor.Passes.assertSame;
import static org.assertj.core.api.Assertions.assertThat;

import dev.linnet.base.RandomState;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** 1×1 convolutions and their gradients as products of matrices. */
@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
final class MapKernelTest extends FusedKernels {
  private static final Window ONE = Window.square(1, 0, 1);

  private final Tensor x = drawn(1, 3, 24, 5, 4);
  private final Tensor gradient = drawn(2, 3, 40, 5, 4);
  private final Tensor bias = drawn(3, 40);

  private static Tensor drawn(long seed, long... sizes) {
    Tensor values = Tensor.normal(0, 1, RandomState.of(seed), DType.FLOAT32, sizes);
    return sizes.length == 4 ? values.channelsLast() : values;
  }

  /** [40, 24, 1, 1], or a weight turned around, which lies the other way. */
  private static Tensor weight(boolean turned) {
    return turned
        ? drawn(4, 24, 40, 1, 1).contiguous().permute(1, 0, 2, 3)
        : drawn(4, 40, 24, 1, 1).contiguous();
  }

  private MapKernel.Weighted weighted(Tensor weight) {
    List<Long> strides = List.of(weight.handle().stride(0), weight.handle().stride(1), 1L, 1L);
    return new MapKernel.Weighted(ConvForm.of(x, weight, ONE), DType.FLOAT32, strides);
  }

  private static void run(
      MapKernel kernel,
      Tensor from,
      Tensor weight,
      @Nullable Tensor bias,
      @Nullable Tensor residual,
      Tensor to) {
    PointerScopeOnce.run(() -> kernel.run(from, weight, bias, residual, to));
    kernel.free();
  }

  private static void assertIs(Tensor ours, Tensor plain) {
    assertSame(List.of(ours.toDoubles()), List.of(plain.toDoubles()), 1e-5);
  }

  @ParameterizedTest
  @CsvSource({
    "false, false, false, false",
    "true, false, false, false",
    "false, true, false, false",
    "false, true, true, false",
    "false, false, true, true",
    "true, true, true, true"
  })
  void a_product_is_the_convolution(
      boolean turned, boolean biased, boolean adds, boolean rectifies) {
    Tensor w = weight(turned);
    MapKernel.After after = new MapKernel.After(biased, adds, rectifies);
    Tensor made = gradient.emptyLike();
    run(
        MapKernel.product(OneDnn.own(), weighted(w), false, after, MapKernel.Writes.ANEW),
        x,
        w,
        biased ? bias : null,
        adds ? gradient : null,
        made);
    Tensor plain = Fusion.off(() -> x.conv2d(w, biased ? bias : null, ONE, 1));
    plain = adds ? plain.add(gradient) : plain;
    assertIs(made, rectifies ? plain.relu() : plain);
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void a_product_is_the_gradient_by_x(boolean turned) {
    Tensor w = weight(turned);
    Tensor leaf = x.detach().requireGrad(true);
    Fusion.off(() -> leaf.conv2d(w, null, ONE, 1)).mul(gradient).sum().backward();
    Tensor plain = Objects.requireNonNull(leaf.grad());
    Tensor made = x.emptyLike();
    Tensor sum = drawn(5, 3, 24, 5, 4);
    Tensor expected = sum.add(plain);
    MapKernel.After after = MapKernel.After.NOTHING;
    run(
        MapKernel.product(OneDnn.own(), weighted(w), true, after, MapKernel.Writes.ANEW),
        gradient,
        w,
        null,
        null,
        made);
    run(
        MapKernel.product(OneDnn.own(), weighted(w), true, after, MapKernel.Writes.ONTO),
        gradient,
        w,
        null,
        null,
        sum);
    assertIs(made, plain);
    assertIs(sum, expected);
  }

  @ParameterizedTest
  @CsvSource({ // pixels, channels in and out, by measurement (decision 0037)
    "50176, 256, 64, true",
    "50176, 64, 256, false",
    "50176, 144, 24, false",
    "12544, 128, 512, true",
    "3136, 1024, 256, true",
    "784, 512, 2048, true",
    "784, 2048, 512, false",
    "784, 2048, 1024, true",
    "1568, 2048, 512, true"
  })
  void a_product_pays_where_channels_are_many(long pixels, long in, long out, boolean pays) {
    assertThat(MapKernel.pays(pixels, in, out)).isEqualTo(pays);
  }
}
