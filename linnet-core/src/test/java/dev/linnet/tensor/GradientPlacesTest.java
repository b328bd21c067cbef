package dev.linnet.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.linnet.base.RandomState;
import dev.linnet.testing.Team;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Gradients by the weights of convolutions are made where they travel to other processes. */
@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
final class GradientPlacesTest extends FusedKernels {
  private static final int MAP = 24 * 9 * 9;

  /** Three weights, the second of which is used twice. */
  private static List<Tensor> leaves() {
    List<Tensor> leaves = new ArrayList<>();
    for (long[] shape : new long[][] {{32, 24, 3, 3}, {32, 32, 3, 3}, {128, 32, 1, 1}}) {
      leaves.add(
          Tensor.normal(0, 0.1, RandomState.of(leaves.size()), DType.FLOAT32, shape)
              .requireGrad(true));
    }
    return leaves;
  }

  private static Tensor loss(List<Tensor> w, float[] values) {
    Tensor x = Tensor.of(values, values.length / MAP, 24, 9, 9).channelsLast();
    Window same = Window.square(1, 1, 1);
    return Autocast.run(
        Device.CPU,
        DType.FLOAT32,
        () ->
            x.conv2d(w.get(0), null, same, 1)
                .tanh()
                .conv2d(w.get(1), null, same, 1)
                .tanh()
                .conv2d(w.get(1), null, same, 1)
                .tanh()
                .conv2d(w.get(2), null, Window.square(1, 0, 1), 1)
                .pow(2)
                .mean());
  }

  private static long address(Tensor leaf) {
    return Objects.requireNonNull(leaf.grad()).handle().data_ptr().address();
  }

  /** What a process finds: the gradients, and of which weights they lay in their place. */
  private record Found(List<float[]> gradients, List<Boolean> inPlace) {}

  /**
   * @param batches whose gradients come together in an update
   */
  @ParameterizedTest
  @ValueSource(ints = {1, 2})
  void sums_are_the_gradients_of_all_pictures(int batches) {
    float[] values =
        Tensor.normal(0, 1, RandomState.of(9), DType.FLOAT32, 4L * batches, 24, 9, 9).toFloats();
    List<Tensor> w = leaves();
    loss(w, values).backward();
    List<float[]> whole = new ArrayList<>();
    w.forEach(t -> whole.add(Objects.requireNonNull(t.grad()).toFloats()));

    List<Found> parts =
        Team.of(
            2,
            group -> {
              List<Tensor> own = leaves();
              List<Boolean> inPlace = new ArrayList<>();
              try (GradientSum sum =
                  new GradientSum(group, own, List.of(), DType.FLOAT32, 50_000)) {
                for (int update = 0; update < 3; update++) {
                  own.forEach(Tensor::clearGrad);
                  for (int batch = 0; batch < batches; batch++) {
                    int from = (group.rank() * batches + batch) * 2 * MAP;
                    Tensor loss =
                        loss(own, Arrays.copyOfRange(values, from, from + 2 * MAP))
                            .div(2.0 * batches);
                    if (batch == batches - 1) {
                      sum.arm();
                    }
                    loss.backward();
                  }
                  List<Long> before = own.stream().map(GradientPlacesTest::address).toList();
                  sum.send();
                  sum.receive(1);
                  inPlace.clear();
                  for (int i = 0; i < before.size(); i++) {
                    inPlace.add(before.get(i) == address(own.get(i)));
                  }
                }
              }
              List<float[]> found = new ArrayList<>();
              own.forEach(t -> found.add(Objects.requireNonNull(t.grad()).toFloats()));
              return new Found(found, inPlace);
            });

    for (Found part : parts) {
      for (int i = 0; i < whole.size(); i++) {
        float[] expected = whole.get(i);
        float[] found = part.gradients().get(i);
        float most = 0;
        for (int j = 0; j < expected.length; j++) {
          most = Math.max(most, Math.abs(found[j] - expected[j]));
        }
        assertThat(most).as("gradient %d", i).isCloseTo(0, within(1e-6f));
      }
      // A second batch adds to what the first has left, and a weight used twice to itself.
      assertThat(part.inPlace()).containsExactly(batches == 1, false, batches == 1);
    }
  }
}
