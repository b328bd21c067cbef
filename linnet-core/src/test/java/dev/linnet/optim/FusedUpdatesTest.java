package dev.linnet.optim;

import static org.assertj.core.api.Assertions.assertThat;

import dev.linnet.base.RandomState;
import dev.linnet.nn.Net;
import dev.linnet.nn.Parameter;
import dev.linnet.tensor.DType;
import dev.linnet.tensor.Scope;
import dev.linnet.tensor.Tensor;
import dev.linnet.testing.Seeds;
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

/** Updates by list operations, in blocks, against their plain loops. */
@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
final class FusedUpdatesTest {
  private static final SignDecay FADING = new SignDecay(SignDecay.Kind.LINEAR, 1, 10);
  private static final double NO_CLIPPING = Double.POSITIVE_INFINITY;

  private final Scope scope = Scope.open("fused updates");

  @AfterEach
  void close() {
    scope.close();
  }

  static Stream<Optimizer.Config> configs() {
    return Stream.of(
        Adam.Config.DEFAULT,
        new Adam.Config(0.8, 0.9, 1e-6, true),
        NAdam.Config.DEFAULT,
        new NAdam.Config(0.8, 0.9, 1e-6, 0.1, Coupling.DECOUPLED),
        RmsProp.Config.TORCH,
        new RmsProp.Config(0.9, 1e-3, 0.9, true, RmsProp.Convention.TORCH),
        RmsProp.Config.TENSORFLOW,
        new RmsProp.Config(0.9, 1e-3, 0.9, false, RmsProp.Convention.TENSORFLOW),
        new RmsProp.Config(0.9, 1e-3, 0.9, false, RmsProp.Convention.TENSORFLOW_LR_OUTSIDE),
        new Adagrad.Config(0.1, 0.1, 1e-10),
        Lion.Config.DEFAULT,
        new Lamb.Config(0.9, 0.99, 1e-6, NO_CLIPPING, false, false),
        new Lamb.Config(0.9, 0.99, 1e-6, NO_CLIPPING, true, true),
        new PowerSign.Config(0.9, Math.E, FADING),
        new AddSign.Config(0.9, 1, FADING));
  }

  @ParameterizedTest
  @MethodSource("configs")
  void an_update_equals_its_plain_loop(Optimizer.Config config) {
    RandomState random = RandomState.of(11);
    Map<String, Tensor> parameters = new LinkedHashMap<>();
    parameters.put("a", Tensor.normal(0, 1, random, DType.FLOAT32, 3, 5));
    parameters.put("b", Tensor.normal(0, 1, random, DType.FLOAT32, 67));
    parameters.put("c", Tensor.normal(0, 1, random, DType.FLOAT32, 4, 3, 3, 3).channelsLast());
    parameters.put("d", Tensor.normal(0, 1, random, DType.FLOAT32));
    equalsPlain(config, Net.of(parameters), random, 8);
  }

  /** More elements than a block has, in both layouts and with other gradients' layout. */
  @Test
  void a_parameter_of_several_blocks_is_updated_whole() {
    RandomState random = RandomState.of(12);
    Map<String, Tensor> parameters = new LinkedHashMap<>();
    parameters.put("a", Tensor.normal(0, 1, random, DType.FLOAT32, 300, 1000));
    parameters.put("b", Tensor.normal(0, 1, random, DType.FLOAT32, 130, 250, 3, 3).channelsLast());
    parameters.put("c", Tensor.normal(0, 1, random, DType.FLOAT32, 10));
    equalsPlain(Lion.Config.DEFAULT, Net.of(parameters), random, 2);
  }

  @Seeds(3)
  void parameters_that_join_later_have_steps_of_their_own(RandomState random) {
    Map<String, Tensor> parameters = new LinkedHashMap<>();
    parameters.put("a", Tensor.normal(0, 1, random, DType.FLOAT32, 7));
    parameters.put("b", Tensor.normal(0, 1, random, DType.FLOAT32, 5));
    Net net = Net.of(parameters);
    NAdam.Config config = NAdam.Config.DEFAULT;
    PlainRules.Rule plain = PlainRules.of(config);
    double[] a = net.tensor(0).toDoubles();
    double[] b = net.tensor(1).toDoubles();
    try (Optimizer optimizer = config.over(ParameterGroups.of(net, 0, Decay.ALL))) {
      for (int t = 1; t <= 6; t++) {
        gradient(net.tensor(0), random);
        plain.update(a, g(net.tensor(0)), new PlainRules.Numbers(0.01, 0, t), "a");
        if (t > 3) {
          gradient(net.tensor(1), random);
          plain.update(b, g(net.tensor(1)), new PlainRules.Numbers(0.01, 0, t - 3), "b");
        }
        optimizer.step(0.01);
        optimizer.clearGradients();
      }
      assertThat(net.tensor(0).toDoubles()).containsExactly(a, Offset.offset(1e-6));
      assertThat(net.tensor(1).toDoubles()).containsExactly(b, Offset.offset(1e-6));
    }
    net.close();
  }

  private static void equalsPlain(
      Optimizer.Config config, Net net, RandomState random, int updates) {
    PlainRules.Rule plain = PlainRules.of(config);
    Map<String, double[]> theta = new LinkedHashMap<>();
    net.parameters().forEach((name, p) -> theta.put(name, p.value().toDoubles()));
    Map<String, Parameter> first = new LinkedHashMap<>(net.parameters());
    Map<String, Parameter> second = new LinkedHashMap<>();
    second.put("b", net.parameters().getOrDefault("b", first.get("a")));
    first.remove("b");
    List<ParameterGroup> groups =
        List.of(new ParameterGroup(first, 0.05, 0.5), new ParameterGroup(second, 0, 1));
    try (Optimizer optimizer = config.over(groups)) {
      for (int t = 1; t <= updates; t++) {
        for (Parameter p : net.parameters().values()) {
          gradient(p.value(), random);
        }
        double lr = 0.02 * random.nextDouble();
        for (ParameterGroup group : groups) {
          for (Map.Entry<String, Parameter> e : group.parameters().entrySet()) {
            plain.update(
                theta.getOrDefault(e.getKey(), new double[0]),
                g(e.getValue().value()),
                new PlainRules.Numbers(lr * group.lrScale(), group.weightDecay(), t),
                e.getKey());
          }
        }
        optimizer.step(lr);
        optimizer.clearGradients();
      }
      net.parameters()
          .forEach(
              (name, p) ->
                  assertThat(p.value().toDoubles())
                      .as(name)
                      .containsExactly(
                          theta.getOrDefault(name, new double[0]), Offset.offset(4e-6)));
    }
    net.close();
  }

  private static void gradient(Tensor parameter, RandomState random) {
    long[] shape = parameter.shape().toArray();
    parameter.mul(Tensor.normal(0, 1, random, DType.FLOAT32, shape)).sum().backward();
  }

  private static double[] g(Tensor parameter) {
    Tensor g = parameter.grad();
    return g == null ? new double[0] : g.toDoubles();
  }
}
