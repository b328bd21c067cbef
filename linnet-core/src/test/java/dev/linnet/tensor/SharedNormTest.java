package dev.linnet.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.linnet.base.RandomState;
import dev.linnet.testing.Team;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Norms by fused kernels over the pictures of two processes are those of one. */
@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
final class SharedNormTest extends FusedKernels {
  private static final int PICTURES = 5; // two and three of them

  /**
   * A norm.
   *
   * @param convolves whether a convolution is before it
   */
  private record Case(
      DType dtype, boolean adds, Nonlinearity activation, int channels, boolean convolves) {}

  /** Result, gradients by x and the residual, of the pictures; then what all pictures make. */
  private record Found(Tensor byPicture, Tensor together) {}

  private static Tensor drawn(Case of, int number) {
    return Tensor.normal(
            number == 0 ? 1 : 0,
            1,
            RandomState.of(7).at(number),
            DType.FLOAT32,
            PICTURES,
            of.channels(),
            5,
            3)
        .to(of.dtype());
  }

  private static Tensor part(Case of, int number, int from, int count) {
    return drawn(of, number).narrow(0, from, count).copy().channelsLast();
  }

  private static Found pass(Case of, int from, int count) {
    int c = of.channels();
    Tensor x = part(of, 0, from, count).requireGrad(true);
    Tensor r = part(of, 1, from, count).requireGrad(true);
    RandomState random = RandomState.of(8);
    Tensor kernel =
        Tensor.normal(0, 0.1, random, DType.FLOAT32, c, c, 3, 3).channelsLast().requireGrad(true);
    Tensor weight = Tensor.uniform(0.5, 2, random, DType.FLOAT32, c).requireGrad(true);
    Tensor bias = Tensor.normal(0, 1, random, DType.FLOAT32, c).requireGrad(true);
    Tensor mean = Tensor.zeros(DType.FLOAT32, Device.CPU, c);
    Tensor variance = Tensor.ones(DType.FLOAT32, Device.CPU, c);
    BatchNorm norm = new BatchNorm(weight, bias, mean, variance);
    BatchNorm.Pass pass = new BatchNorm.Pass(true, 0.1, 1e-5);
    Tensor residual = of.adds() ? r : null;
    Tensor y =
        of.convolves()
            ? Autocast.run(
                Device.CPU,
                of.dtype(),
                () ->
                    Fusion.convNorm(
                            new Fusion.Conv(x, kernel, Window.square(1, 1, 1)),
                            norm,
                            residual,
                            () -> pass,
                            of.activation())
                        .orElseThrow())
            : norm.apply(x, residual, pass, of.activation());
    y.backward(part(of, 2, from, count));
    Tensor byX = Objects.requireNonNull(x.grad());
    Tensor byR = of.adds() ? Objects.requireNonNull(r.grad()) : byX;
    Tensor byKernel = of.convolves() ? Objects.requireNonNull(kernel.grad()) : mean;
    Tensor gradients =
        Tensor.cat(
            List.of(
                flat(byKernel),
                flat(Objects.requireNonNull(weight.grad())),
                flat(Objects.requireNonNull(bias.grad()))),
            0);
    return new Found(
        Tensor.cat(List.of(y.detach(), byX, byR), 1).to(DType.FLOAT64),
        Tensor.cat(List.of(gradients, mean, variance), 0).to(DType.FLOAT64));
  }

  private static Tensor flat(Tensor t) {
    return t.reshape(t.count());
  }

  @ParameterizedTest
  @CsvSource({
    "FLOAT32, false, RELU, 16, false",
    "FLOAT32, true, RELU, 16, false",
    "FLOAT32, true, IDENTITY, 21, false",
    "FLOAT32, false, SILU, 16, false",
    "FLOAT32, false, RELU, 32, true",
    "FLOAT32, true, RELU, 32, true",
    "BFLOAT16, false, RELU, 64, false",
    "BFLOAT16, true, RELU, 16, false",
    "BFLOAT16, false, IDENTITY, 1030, false",
    "BFLOAT16, true, RELU, 32, true"
  })
  void two_processes_make_what_one_makes(
      DType dtype, boolean adds, Nonlinearity activation, int channels, boolean convolves) {
    Case of = new Case(dtype, adds, activation, channels, convolves);
    Found whole = pass(of, 0, PICTURES);
    double[] byPicture = whole.byPicture().toDoubles();
    double[] together = whole.together().toDoubles();
    List<double[][]> parts =
        Team.of(
            2,
            group -> {
              int from = 2 * group.rank();
              Found found = BatchNorm.over(group, () -> pass(of, from, 2 + group.rank()));
              return new double[][] {found.byPicture().toDoubles(), found.together().toDoubles()};
            });
    double allowed = dtype == DType.FLOAT32 ? 1e-5 : 4e-2;
    int split = byPicture.length / PICTURES * 2;
    same(parts.get(0)[0], byPicture, 0, allowed);
    same(parts.get(1)[0], byPicture, split, allowed);
    int gradients = together.length - 2 * channels; // sums over processes, which here are parts
    double[] sums = parts.get(0)[1].clone();
    for (int i = 0; i < sums.length; i++) {
      double other = parts.get(1)[1][i];
      if (i < gradients && !(i < channels && !convolves)) {
        sums[i] += other;
      } else {
        assertThat(sums[i]).as("running statistics of both").isEqualTo(other);
      }
    }
    same(sums, together, 0, allowed);
  }

  /** To a share of the largest. */
  private static void same(double[] found, double[] expected, int from, double allowed) {
    double most = 1;
    double off = 0;
    for (int i = 0; i < found.length; i++) {
      most = Math.max(most, Math.abs(expected[from + i]));
      off = Math.max(off, Math.abs(found[i] - expected[from + i]));
    }
    assertThat(off / most).isCloseTo(0, within(allowed));
  }

  /** Of a result that goes two ways the one through the norm may lead nowhere. */
  @Test
  void a_process_whose_result_nobody_needs_takes_part_in_the_sums() {
    Case of = new Case(DType.FLOAT32, false, Nonlinearity.RELU, 32, true);
    List<double[]> found =
        Team.of(2, group -> BatchNorm.over(group, () -> oneWay(of, group.rank())));
    double[] first = found.get(0);
    assertThat(first[0]).as("by γ").isZero();
    assertThat(first[1]).as("by x, through the statistics of both").isNotEqualTo(1);
    assertThat(found.get(1)[0]).isNotZero();
  }

  /** The gradient by γ, and an element of that by x, of the way past the norm or through it. */
  private static double[] oneWay(Case of, int way) {
    int c = of.channels();
    Tensor x = part(of, 0, 0, 2).requireGrad(true);
    Tensor kernel =
        Tensor.normal(0, 0.1, RandomState.of(8), DType.FLOAT32, c, c, 3, 3)
            .channelsLast()
            .requireGrad(true);
    Tensor weight = Tensor.ones(DType.FLOAT32, Device.CPU, c).requireGrad(true);
    Tensor bias = Tensor.zeros(DType.FLOAT32, Device.CPU, c).requireGrad(true);
    Tensor zeros = Tensor.zeros(DType.FLOAT32, Device.CPU, c);
    BatchNorm norm = new BatchNorm(weight, bias, zeros, Tensor.ones(DType.FLOAT32, Device.CPU, c));
    Tensor[] ways =
        Fusion.fork(
                new Fusion.Conv(x, kernel, Window.square(1, 1, 1)),
                norm,
                () -> new BatchNorm.Pass(true, 0.1, 1e-5),
                of.activation())
            .orElseThrow();
    ways[1 - way].sum().backward();
    return new double[] {
      Objects.requireNonNull(weight.grad()).toDoubles()[0],
      Objects.requireNonNull(x.grad()).toDoubles()[0]
    };
  }
}
