package dev.linnet.tricks;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import dev.linnet.base.InvalidValueException;
import dev.linnet.nn.Net;
import dev.linnet.nn.Parameter;
import dev.linnet.optim.Decay;
import dev.linnet.optim.Optimizer;
import dev.linnet.optim.ParameterGroups;
import dev.linnet.optim.Sgd;
import dev.linnet.tensor.Autograd;
import dev.linnet.tensor.Scope;
import dev.linnet.tensor.Tensor;
import dev.linnet.testing.Golden;
import dev.linnet.train.Descent;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
final class SamTest {
  private static final JsonNode GOLDEN = Golden.json("loop_tricks.json");
  private static final JsonNode TOY = Golden.json("semantics.json").get("toy");

  private final Scope scope = Scope.open("sam test");

  @AfterEach
  void close() {
    scope.close();
  }

  static Stream<JsonNode> toys() {
    return GOLDEN.get("sam_toy").valueStream();
  }

  static Stream<JsonNode> nets() {
    return GOLDEN.get("sam_net").valueStream();
  }

  @ParameterizedTest
  @MethodSource("toys")
  void on_a_quadratic_the_weights_are_the_recorded_ones(JsonNode golden) {
    Tensor h = Tensor.of(Golden.doubles(TOY.get("H")), 16, 16);
    Tensor c = Tensor.of(Golden.doubles(TOY.get("c")), 16);
    Tensor start = Tensor.of(Golden.doubles(TOY.get("start")), 16);
    Map<String, Tensor> parameters = new LinkedHashMap<>();
    parameters.put("weight", start.narrow(0, 0, 12).reshape(4, 3).copy());
    parameters.put("bias", start.narrow(0, 12, 4).copy());
    Net net = Net.of(parameters);
    Descent.Pass pass =
        () -> {
          Tensor theta = Tensor.cat(List.of(net.tensor(0).flatten(0), net.tensor(1)), 0);
          Tensor column = theta.reshape(16, 1);
          Tensor loss = column.mul(h.matmul(column)).sum().mul(0.5).sub(c.mul(theta).sum());
          loss.backward();
          return loss.item();
        };
    Sgd.Config sgd = new Sgd.Config(golden.get("momentum").doubleValue(), false);
    try (Optimizer optimizer = sgd.over(ParameterGroups.of(net, 0, Decay.ALL))) {
      for (JsonNode expected : golden.get("float64")) {
        sam(golden).gradient(new Descent.Weights(net.parameters(), Map.of()), pass);
        optimizer.step(golden.get("lr").doubleValue());
        optimizer.clearGradients();
        Tensor theta = Tensor.cat(List.of(net.tensor(0).flatten(0), net.tensor(1)), 0);
        assertThat(theta.detach().toDoubles())
            .containsExactly(Golden.doubles(expected), Offset.offset(1e-9));
      }
    }
    net.close();
  }

  /** Accumulated gradients and batch norm included. */
  @ParameterizedTest
  @MethodSource("nets")
  void on_a_network_weights_and_statistics_are_the_recorded_ones(JsonNode golden) {
    int accumulate = golden.get("accumulate").intValue();
    try (TinyNet net = TinyNet.create();
        Optimizer optimizer =
            new Sgd.Config(0, false).over(ParameterGroups.of(net, 0, Decay.ALL))) {
      net.train();
      for (int step = 0; step < golden.get("steps").intValue(); step++) {
        for (int i = 0; i < accumulate; i++) {
          int k = step * accumulate + i;
          Descent.Pass pass =
              () -> {
                Tensor loss =
                    net.forward(TinyNet.pictures(k)).crossEntropy(TinyNet.targets(k), null, 0);
                loss.div(accumulate).backward();
                return loss.item();
              };
          sam(golden).gradient(net.weights(), pass);
        }
        optimizer.step(golden.get("lr").doubleValue());
        optimizer.clearGradients();
      }
      net.assertState(golden.get("state"), 1e-5);
    }
  }

  @Test
  void weights_and_buffers_are_what_they_were_bit_for_bit_and_the_loss_is_the_first() {
    try (TinyNet net = TinyNet.create()) {
      Map<String, Tensor> before = new LinkedHashMap<>();
      net.parameters().forEach((name, p) -> before.put(name, p.value().detach().copy()));
      Parameter mean = net.state("bn.running_mean");
      double[] losses = new double[2];
      int[] pass = new int[1];
      double loss =
          new Sam(0.7, false)
              .gradient(
                  net.weights(),
                  () -> {
                    Tensor value =
                        net.forward(TinyNet.pictures(0)).crossEntropy(TinyNet.targets(0), null, 0);
                    value.backward();
                    Autograd.off(() -> mean.value().fill(++pass[0]));
                    losses[pass[0] - 1] = value.item();
                    return value.item();
                  });
      net.parameters()
          .forEach(
              (name, p) -> {
                Tensor earlier = requireNonNull(before.get(name));
                assertThat(p.value().detach().equalBits(earlier)).isTrue();
              });
      assertThat(mean.value().toFloats()).containsOnly(1);
      assertThat(loss).isEqualTo(losses[0]);
      assertThat(losses[1]).isGreaterThan(losses[0]);
    }
  }

  @Test
  void gradients_that_are_not_finite_move_nothing() {
    Net net = Net.of(Map.of("weight", Tensor.of(new double[] {1, 2}, 2)));
    new Sam(0.1, false)
        .gradient(
            new Descent.Weights(net.parameters(), Map.of()),
            () -> {
              net.tensor(0).mul(Double.POSITIVE_INFINITY).sum().backward();
              return 0;
            });
    assertThat(net.tensor(0).detach().toDoubles()).containsExactly(1, 2);
    net.close();
  }

  @Test
  void wrong_numbers_are_named() {
    assertThatThrownBy(() -> new Sam(0, false))
        .isInstanceOf(InvalidValueException.class)
        .hasMessage("sam.rho: got 0.0; must be in (0, 100]");
  }

  private static Sam sam(JsonNode golden) {
    return new Sam(golden.get("rho").doubleValue(), golden.get("adaptive").booleanValue());
  }
}
