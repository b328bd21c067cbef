package dev.linnet.optim;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.linnet.nn.Net;
import dev.linnet.tensor.DType;
import dev.linnet.tensor.Scope;
import dev.linnet.tensor.Tensor;
import dev.linnet.testing.Golden;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Twenty updates on the quadratic f(θ) = ½θᵀHθ − cᵀθ, as PyTorch makes them. */
@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
final class OptimizerValuesTest {
  private static final JsonNode GOLDEN = Golden.json("semantics.json");

  static Stream<String> names() {
    return GOLDEN.get("optimizers").propertyStream().map(Map.Entry::getKey);
  }

  @ParameterizedTest
  @MethodSource("names")
  void a_float64_trajectory_is_the_recorded_one(String name) {
    follow(name, DType.FLOAT64, "float64", 1e-9);
  }

  @ParameterizedTest
  @MethodSource("names")
  void a_float32_trajectory_is_the_recorded_one_within_1e_6(String name) {
    follow(name, DType.FLOAT32, "float32", 1e-6);
  }

  private static void follow(String name, DType dtype, String recorded, double tolerance) {
    JsonNode entry = GOLDEN.get("optimizers").get(name);
    JsonNode args = entry.get("args");
    Scope scope = Scope.open("test");
    Net net = null;
    try {
      Tensor h = Tensor.of(Golden.doubles(GOLDEN.at("/toy/H")), 16, 16).to(dtype);
      Tensor c = Tensor.of(Golden.doubles(GOLDEN.at("/toy/c")), 16).to(dtype);
      Tensor start = Tensor.of(Golden.doubles(GOLDEN.at("/toy/start")), 16).to(dtype);
      Map<String, Tensor> parameters = new LinkedHashMap<>();
      parameters.put("W", start.narrow(0, 0, 12).reshape(4, 3).copy());
      parameters.put("b", start.narrow(0, 12, 4).copy());
      net = Net.of(parameters);
      double decay = args.path("weight_decay").doubleValue();
      try (Optimizer optimizer = config(entry).over(ParameterGroups.of(net, decay, Decay.ALL))) {
        for (JsonNode expected : entry.get(recorded)) {
          Tensor theta = all(net).detach();
          Tensor gradient = h.matmul(theta).sub(c);
          all(net).mul(gradient).sum().backward();
          optimizer.step(args.get("lr").doubleValue());
          optimizer.clearGradients();
          assertThat(all(net).detach().toDoubles())
              .containsExactly(Golden.doubles(expected), Offset.offset(tolerance));
        }
        assertThat(optimizer.updates()).isEqualTo(GOLDEN.at("/toy/steps").longValue());
      }
    } finally {
      if (net != null) {
        net.close();
      }
      scope.close();
    }
  }

  private static Tensor all(Net net) {
    return Tensor.cat(List.of(net.tensor(0).flatten(0), net.tensor(1)), 0);
  }

  private static Optimizer.Config config(JsonNode entry) {
    JsonNode args = entry.get("args");
    if (entry.get("source").textValue().equals("torch.optim.AdamW")) {
      return AdamW.Config.DEFAULT;
    }
    return new Sgd.Config(
        args.path("momentum").doubleValue(),
        args.path("nesterov").booleanValue(),
        args.path("dampening").doubleValue());
  }
}
