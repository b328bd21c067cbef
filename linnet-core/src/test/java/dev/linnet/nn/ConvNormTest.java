package dev.linnet.nn;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.linnet.base.RandomState;
import dev.linnet.tensor.Autocast;
import dev.linnet.tensor.DType;
import dev.linnet.tensor.Device;
import dev.linnet.tensor.Nonlinearity;
import dev.linnet.tensor.Scope;
import dev.linnet.tensor.Tensor;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Test;

/**
 * A convolution and its norm, as one where that is faster: on tiles, for as large a map as here.
 */
@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
final class ConvNormTest {
  private final Scope scope = Scope.open("convolution and norm test");
  private final Tensor x =
      Tensor.normal(0, 1, RandomState.of(2), DType.FLOAT32, 4, 8, 128, 256)
          .to(DType.BFLOAT16)
          .channelsLast()
          .requireGrad(true);

  @AfterEach
  void close() {
    scope.close();
  }

  private static Sequential net() {
    Sequential net =
        new Sequential()
            .append(Conv2d.of(8, 32, 1).withoutBias())
            .append(NormAct.of(32, Nonlinearity.RELU));
    net.materialize(Device.CPU, RandomState.of(1));
    net.train();
    return net;
  }

  private static Module child(Sequential net, String name) {
    return requireNonNull(net.find(name));
  }

  /** The result and what the pass left in the norm. */
  private List<Tensor> pass(Sequential net, Function<Tensor, Tensor> forward) {
    Tensor y = Autocast.run(Device.CPU, DType.BFLOAT16, () -> forward.apply(x));
    Map<String, Parameter> state = net.state();
    return List.of(
        y.detach().to(DType.FLOAT32),
        requireNonNull(state.get("1.running_mean")).value().copy(),
        requireNonNull(state.get("1.running_var")).value().copy(),
        requireNonNull(state.get("1.num_batches_tracked")).value().to(DType.FLOAT32));
  }

  private static double largest(Tensor t) {
    double largest = 0;
    for (float v : t.toFloats()) {
      largest = Math.max(largest, Math.abs(v));
    }
    return largest;
  }

  @Test
  void they_give_what_each_gives_by_itself() {
    try (Sequential one = net();
        Sequential two = net()) {
      List<Tensor> together = pass(one, one::forward);
      List<Tensor> apart = pass(two, in -> child(two, "1").forward(child(two, "0").forward(in)));
      for (int i = 0; i < apart.size(); i++) {
        double largest = largest(apart.get(i));
        assertThat(largest(together.get(i).sub(apart.get(i))))
            .as("part %d", i)
            .isCloseTo(0, within(1e-2 * largest));
      }
      assertThat(together.get(3).item()).as("batches").isEqualTo(1);
    }
  }

  @Test
  void who_looks_at_the_convolution_sees_its_map() {
    try (Sequential net = net();
        Sequential two = net()) {
      List<Tensor> looked =
          pass(
              net,
              in -> {
                Taps.Seen seen = Taps.run(net, List.of("0", "1"), () -> net.forward(in));
                assertThat(seen.tapped().keySet()).containsExactly("0", "1");
                Tensor map = requireNonNull(seen.tapped().get("0"));
                assertThat(map.equalBits(child(net, "0").forward(in))).isTrue();
                return seen.output();
              });
      List<Tensor> apart = pass(two, in -> child(two, "1").forward(child(two, "0").forward(in)));
      for (int i = 0; i < apart.size(); i++) {
        assertThat(looked.get(i).equalBits(apart.get(i))).as("part %d", i).isTrue();
      }
    }
  }
}
