package dev.linnet.nn;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.linnet.base.LinnetException;
import dev.linnet.base.RandomState;
import dev.linnet.tensor.DType;
import dev.linnet.tensor.Device;
import dev.linnet.tensor.Scope;
import dev.linnet.tensor.Tensor;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Test;

@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
final class DetourTest {
  private final Scope scope = Scope.open("detour test");
  private final Sequential net = new Sequential().append(Linear.of(3, 4)).append(Linear.of(4, 2));

  @AfterEach
  void close() {
    net.close();
    scope.close();
  }

  private Tensor x() {
    net.materialize(Device.CPU, RandomState.of(1));
    return Tensor.normal(0, 1, RandomState.of(2), DType.FLOAT32, 5, 3);
  }

  @Test
  void what_comes_after_a_module_works_on_what_was_put_there() {
    Tensor x = x();
    Tensor seen =
        Detour.run(
            net,
            "0",
            maps -> maps.mul(2),
            () -> {
              Taps.Seen pass = Taps.run(net, List.of("0"), () -> net.forward(x));
              assertThat(
                      requireNonNull(pass.tapped().get("0"))
                          .equalBits(child("0").compute(x).mul(2)))
                  .isTrue();
              return pass.output();
            });
    assertThat(seen.equalBits(child("1").forward(child("0").forward(x).mul(2)))).isTrue();
    assertThat(net.forward(x).equalBits(child("1").forward(child("0").forward(x))))
        .as("afterwards all is as before")
        .isTrue();
  }

  @Test
  void gradients_go_through_it() {
    Tensor x = x().requireGrad(true);
    Detour.run(net, "0", maps -> maps.mul(0), () -> net.forward(x)).sum().backward();
    assertThat(requireNonNull(x.grad()).norm().item()).isZero();
  }

  @Test
  void other_threads_go_straight_on() {
    Tensor x = x();
    double straight = net.forward(x).norm().item();
    double other =
        Detour.run(
            net,
            "0",
            maps -> maps.mul(0),
            () ->
                CompletableFuture.supplyAsync(
                        () -> {
                          double[] norm = new double[1];
                          Scope.run("other", () -> norm[0] = net.forward(x).norm().item());
                          return norm[0];
                        })
                    .join());
    assertThat(other).isEqualTo(straight);
  }

  @Test
  void an_unknown_module_is_refused_with_the_nearest() {
    Tensor x = x();
    assertThatThrownBy(() -> Detour.run(net, "10", maps -> maps, () -> net.forward(x)))
        .isInstanceOf(LinnetException.class)
        .hasMessageStartingWith("layer: got \"10\"; must be a layer of the network; did you mean");
  }

  private Module child(String name) {
    return requireNonNull(net.find(name));
  }
}
