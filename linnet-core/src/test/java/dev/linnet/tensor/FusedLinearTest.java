package dev.linnet.tensor;

import static dev.linnet.tensor.Passes.assertSame;
import static dev.linnet.tensor.Passes.left;
import static org.assertj.core.api.Assertions.assertThat;

import dev.linnet.base.RandomState;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Linear layers of training. */
@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
final class FusedLinearTest extends FusedKernels {
  private final DType before = OneDnn.own().convolutions.multiplyHalvesIn(DType.FLOAT32);

  @AfterEach
  void as_before() {
    OneDnn.own().convolutions.multiplyHalvesIn(before);
  }

  private static Tensor drawn(long seed, long... sizes) {
    return Tensor.normal(0, 1, RandomState.of(seed), DType.FLOAT32, sizes)
        .to(DType.BFLOAT16)
        .to(DType.FLOAT32); // values that bf16 has
  }

  /** The result and its gradients of a layer from as many to 200 numbers. */
  private static List<double[]> layer(DType dtype, boolean biased, long... sizes) {
    Tensor x = drawn(1, sizes).requireGrad(true);
    Tensor weight = drawn(2, 200, sizes[sizes.length - 1]).requireGrad(true);
    Tensor bias = drawn(3, 200).requireGrad(true);
    Tensor y =
        Autocast.run(
            Device.CPU,
            dtype,
            () -> {
              Tensor b = biased ? bias : null;
              assertThat(Fusion.linear(x, weight, b).isPresent()).isNotEqualTo(Fusion.isOff());
              return x.linear(weight, b);
            });
    assertThat(y.dtype()).isEqualTo(dtype);
    y.to(DType.FLOAT32).mul(drawn(4, y.shape().toArray())).sum().backward();
    return biased ? left(y, x, weight, bias) : left(y, x, weight);
  }

  @ParameterizedTest
  @CsvSource({
    "FLOAT32, true, '256, 300'",
    "FLOAT32, false, '4, 197, 96'",
    "FLOAT32, true, '4, 197, 96'",
    "FLOAT32, true, '3, 17, 13, 96'",
    "BFLOAT16, true, '256, 300'",
    "BFLOAT16, false, '4, 197, 96'",
    "BFLOAT16, true, '4, 197, 96'",
    "BFLOAT16, true, '3, 17, 13, 96'",
    "BFLOAT16, true, '16, 1024, 256'", // in parts
  })
  void a_layer_is_libtorchs(DType dtype, boolean biased, String sizes) {
    long[] shape = Arrays.stream(sizes.split(", ", -1)).mapToLong(Long::parseLong).toArray();
    List<double[]> ours = layer(dtype, biased, shape);
    List<double[]> plain = Fusion.off(() -> layer(DType.FLOAT32, biased, shape));
    boolean half = dtype == DType.BFLOAT16;
    assertSame(ours.subList(0, 2), plain.subList(0, 2), half ? 1.0 / 256 : 1e-5);
    assertSame(ours.subList(2, ours.size()), plain.subList(2, plain.size()), 1e-5);
  }

  @Test
  void a_gradient_that_lies_otherwise_is_read_as_it_lies() {
    List<List<double[]>> passes = new ArrayList<>();
    for (boolean off : new boolean[] {true, false}) {
      Tensor x = drawn(1, 4, 197, 96).requireGrad(true);
      Tensor weight = drawn(2, 200, 96).requireGrad(true);
      Runnable pass =
          () ->
              x.linear(weight, null)
                  .transpose(1, 2)
                  .contiguous()
                  .mul(drawn(4, 4, 200, 197))
                  .sum()
                  .backward();
      if (off) {
        Fusion.off(
            () -> {
              pass.run();
              return 0;
            });
      } else {
        pass.run();
      }
      passes.add(left(x, x, weight));
    }
    assertSame(passes.get(1), passes.get(0), 1e-5);
  }

  @Test
  void a_result_can_be_changed_in_place() {
    Tensor x = drawn(1, 4, 197, 96);
    Tensor weight = drawn(2, 200, 96).requireGrad(true);
    List<double[]> passes = new ArrayList<>();
    for (boolean inPlace : new boolean[] {true, false}) {
      weight.clearGrad();
      Tensor y = x.linear(weight, null);
      (inPlace ? y.reluInPlace() : y.relu()).sum().backward();
      passes.add(Objects.requireNonNull(weight.grad()).toDoubles());
    }
    assertThat(passes.get(0)).containsExactly(passes.get(1));
  }

  @Test
  void a_layer_without_a_way_back_is_the_one_with_it() {
    Tensor x = drawn(1, 4, 197, 96);
    Tensor weight = drawn(2, 200, 96).requireGrad(true);
    double[] learning = x.linear(weight, null).toDoubles();
    double[] plain = Autograd.off(() -> x.linear(weight, null)).toDoubles();
    assertThat(plain).containsExactly(learning);
  }

  @Test
  void what_is_not_asked_for_is_not_made() {
    Tensor x = drawn(1, 256, 300);
    Tensor weight = drawn(2, 200, 300).requireGrad(true);
    x.linear(weight, null).sum().backward();
    assertThat(x.grad()).isNull();
    assertThat(Objects.requireNonNull(weight.grad()).shape()).isEqualTo(weight.shape());
  }

  @Test
  void small_layers_and_those_with_gaps_are_libtorchs_own() {
    Tensor weight = drawn(2, 120, 400).requireGrad(true);
    assertThat(Fusion.linear(drawn(1, 64, 400), weight, null)).isEmpty();
    assertThat(Fusion.linear(drawn(1, 256, 400), weight, null)).isPresent();
    assertThat(Fusion.linear(drawn(1, 400, 256).transpose(0, 1), weight, null)).isEmpty();
    Tensor turned = drawn(2, 400, 120).requireGrad(true).transpose(0, 1);
    assertThat(Fusion.linear(drawn(1, 256, 400), turned, null)).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void a_layer_in_bf16_is_fused_where_its_products_are_in_fp32(boolean widens) {
    OneDnn.own().convolutions.multiplyHalvesIn(widens ? DType.FLOAT32 : DType.BFLOAT16);
    Tensor x = drawn(1, 256, 300);
    Tensor weight = drawn(2, 200, 300).requireGrad(true);
    assertThat(
            Autocast.run(Device.CPU, DType.BFLOAT16, () -> Fusion.linear(x, weight, null))
                .isPresent())
        .isEqualTo(widens);
  }
}
