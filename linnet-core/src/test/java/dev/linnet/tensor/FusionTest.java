package dev.linnet.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.linnet.base.RandomState;
import dev.linnet.testing.LiveObjects;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
final class FusionTest {
  private final Scope scope = Scope.open("fusion test");

  @BeforeEach
  void need() {
    Assumptions.assumeTrue(
        Fusion.provider().isPresent(), "skipped: no fused kernels here, " + Fusion.reason());
  }

  @AfterEach
  void close() {
    scope.close();
  }

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
    "BFLOAT16, true, RELU, 5"
  })
  void a_fused_norm_is_libtorchs(
      DType dtype, boolean adds, Nonlinearity activation, long channels) {
    List<double[]> fused = pass(dtype, adds, activation, channels);
    List<double[]> plain = Fusion.off(() -> pass(dtype, adds, activation, channels));
    for (int i = 0; i < plain.size(); i++) {
      double largest = 1;
      for (double v : plain.get(i)) {
        largest = Math.max(largest, Math.abs(v));
      }
      double tolerance = (dtype == DType.FLOAT32 ? 1e-5 : 2e-2) * largest;
      assertThat(fused.get(i)).as("part %d", i).containsExactly(plain.get(i), within(tolerance));
    }
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
