package dev.linnet.optim;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.linnet.nn.Net;
import dev.linnet.optim.GradientCentralization.Decayed;
import dev.linnet.tensor.DType;
import dev.linnet.tensor.Scope;
import dev.linnet.tensor.Tensor;
import dev.linnet.testing.Golden;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Twenty updates on the quadratic f(θ) = ½θᵀHθ − cᵀθ, as PyTorch, timm and the papers make them.
 */
@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
final class OptimizerValuesTest {
  private static final JsonNode GOLDEN = Golden.json("semantics.json");

  static Stream<String> names() {
    return GOLDEN.get("optimizers").propertyStream().map(Map.Entry::getKey);
  }

  @ParameterizedTest
  @MethodSource("names")
  void a_float64_trajectory_is_the_recorded_one(String name) {
    follow(name, DType.FLOAT64, "float64", tolerance(name, 1e-9));
  }

  @ParameterizedTest
  @MethodSource("names")
  void a_float32_trajectory_is_the_recorded_one_within_1e_6(String name) {
    follow(name, DType.FLOAT32, "float32", tolerance(name, 1e-6));
  }

  /** An iteration in bfloat16 is not repeatable to more digits. */
  private static double tolerance(String name, double usual) {
    return GOLDEN.get("optimizers").get(name).path("tolerance").asDouble(usual);
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
      decay = args.has("weight_decay") || !name.equals("lamb") ? decay : 0.01; // timm's default
      List<GradientRule> rules = rules(args);
      try (Optimizer optimizer =
          config(name, entry).over(ParameterGroups.of(net, decay, Decay.ALL))) {
        for (JsonNode expected : entry.get(recorded)) {
          Tensor theta = all(net).detach();
          Tensor gradient = h.matmul(theta).sub(c);
          all(net).mul(gradient).sum().backward();
          rules.forEach(rule -> rule.apply(optimizer.groups()));
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

  private static List<GradientRule> rules(JsonNode args) {
    return args.has("decay_first")
        ? List.of(
            new GradientCentralization(
                args.get("decay_first").booleanValue() ? Decayed.FIRST : Decayed.AFTER))
        : List.of();
  }

  private static Optimizer.Config config(String name, JsonNode entry) {
    JsonNode args = entry.get("args");
    double beta1 = args.path("betas").path(0).asDouble(0.9);
    double beta2 = args.path("betas").path(1).asDouble(0.999);
    double momentum = args.path("momentum").doubleValue();
    return switch (name.replaceFirst("_.*", "")) {
      case "sgd", "momentum", "nesterov" ->
          new Sgd.Config(
              momentum, args.path("nesterov").booleanValue(), args.path("dampening").doubleValue());
      case "adam" -> new Adam.Config(beta1, beta2, 1e-8, args.path("amsgrad").booleanValue());
      case "adamw" -> AdamW.Config.DEFAULT;
      case "nadam" ->
          new NAdam.Config(
              beta1,
              beta2,
              1e-8,
              4e-3,
              args.has("decoupled_weight_decay") ? Coupling.DECOUPLED : Coupling.L2);
      case "rmsprop" ->
          new RmsProp.Config(
              args.path("alpha").asDouble(0.99),
              args.path("eps").asDouble(1e-8),
              momentum,
              args.path("centered").booleanValue(),
              !entry.get("source").textValue().startsWith("timm")
                  ? RmsProp.Convention.TORCH
                  : args.path("lr_in_momentum").asBoolean(true)
                      ? RmsProp.Convention.TENSORFLOW
                      : RmsProp.Convention.TENSORFLOW_LR_OUTSIDE);
      case "adagrad" ->
          new Adagrad.Config(
              args.path("lr_decay").doubleValue(),
              args.path("initial_accumulator_value").doubleValue(),
              1e-10);
      case "lion" -> Lion.Config.DEFAULT;
      case "lamb" ->
          new Lamb.Config(
              beta1,
              beta2,
              1e-6,
              args.path("max_grad_norm").isNull() ? Double.POSITIVE_INFINITY : 1,
              args.path("trust_clip").booleanValue(),
              args.path("always_adapt").booleanValue());
      case "muon" ->
          new Muon.Config(
              momentum,
              true,
              false,
              Muon.Scaling.ORIGINAL,
              name.equals("muon_torch_bf16") ? DType.BFLOAT16 : DType.FLOAT32,
              AdamW.Config.DEFAULT,
              1,
              Set.of());
      case "power" -> new PowerSign.Config(0.9, Math.E, decay(args));
      case "add" -> new AddSign.Config(0.9, 1, decay(args));
      default -> throw new IllegalArgumentException("no optimizer for " + name);
    };
  }

  private static SignDecay decay(JsonNode args) {
    String kind = args.path("decay").asText("none");
    return kind.equals("none") || kind.equals("null")
        ? SignDecay.NONE
        : new SignDecay(
            SignDecay.Kind.valueOf(kind.toUpperCase(Locale.ROOT)),
            args.path("periods").asDouble(1),
            GOLDEN.at("/toy/steps").longValue());
  }
}
