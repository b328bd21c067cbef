package dev.linnet.optim;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import dev.linnet.base.LinnetException;
import dev.linnet.base.RandomState;
import dev.linnet.nn.Net;
import dev.linnet.nn.Parameter;
import dev.linnet.tensor.Autograd;
import dev.linnet.tensor.DType;
import dev.linnet.tensor.Device;
import dev.linnet.tensor.Scope;
import dev.linnet.tensor.Tensor;
import dev.linnet.testing.LiveObjects;
import dev.linnet.testing.Seeds;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.Set;
import java.util.stream.Stream;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
final class OptimizerTest {
  private final Scope scope = Scope.open("optimizer test");
  private final Net net = net(RandomState.of(5));

  @BeforeEach
  void start() {
    gradients(net, RandomState.of(6));
  }

  @AfterEach
  void close() {
    net.close();
    scope.close();
  }

  static Stream<Optimizer.Config> configs() {
    return Stream.of(
        new Sgd.Config(0, false),
        new Sgd.Config(0.9, false),
        new Sgd.Config(0.9, false, 0.1),
        Sgd.Config.DEFAULT,
        AdamW.Config.DEFAULT,
        Adam.Config.DEFAULT,
        new Adam.Config(0.9, 0.9, 1e-8, true),
        NAdam.Config.DEFAULT,
        new RmsProp.Config(0.9, 1e-3, 0.9, true, RmsProp.Convention.TORCH),
        RmsProp.Config.TENSORFLOW,
        Adagrad.Config.DEFAULT,
        Lamb.Config.DEFAULT,
        Lion.Config.DEFAULT,
        Muon.Config.DEFAULT,
        new PowerSign.Config(0.9, Math.E, new SignDecay(SignDecay.Kind.LINEAR, 1, 20)),
        AddSign.Config.DEFAULT);
  }

  // ------------------------------------------------------------------ the fused call and its loop

  @Seeds(10)
  void a_fused_sgd_update_equals_its_plain_loop(RandomState random) {
    Sgd.Config config = new Sgd.Config(random.nextDouble() * 0.99, random.nextDouble() < 0.5, 0);
    equalsPlain(config, random, new PlainSgd(config));
  }

  @Seeds(10)
  void a_fused_adamw_update_equals_its_plain_loop(RandomState random) {
    AdamW.Config config =
        new AdamW.Config(random.nextDouble() * 0.95, 0.9 + random.nextDouble() * 0.09, 1e-6);
    equalsPlain(config, random, new PlainAdamW(config));
  }

  private static void equalsPlain(Optimizer.Config config, RandomState random, Plain plain) {
    Net net = net(random);
    double decay = random.nextDouble() * 0.1;
    List<ParameterGroup> groups =
        List.of(
            new ParameterGroup(Map.of("a", parameter(net, "a")), 0, 0.5),
            new ParameterGroup(
                Map.of("b", parameter(net, "b"), "c", parameter(net, "c")), decay, 1));
    Map<String, double[]> theta = new LinkedHashMap<>();
    net.parameters().forEach((name, p) -> theta.put(name, p.value().toDoubles()));
    try (Optimizer optimizer = config.over(groups)) {
      for (int t = 1; t <= 12; t++) {
        gradients(net, random);
        double lr = 0.02 * random.nextDouble();
        for (ParameterGroup group : groups) {
          for (Map.Entry<String, Parameter> e : group.parameters().entrySet()) {
            plain.update(
                theta.getOrDefault(e.getKey(), new double[0]),
                gradient(e.getValue()).toDoubles(),
                new Numbers(lr * group.lrScale(), group.weightDecay(), t),
                e.getKey());
          }
        }
        optimizer.step(lr);
        optimizer.clearGradients();
        net.parameters()
            .forEach(
                (name, p) ->
                    assertThat(p.value().toDoubles())
                        .as(name)
                        .containsExactly(
                            theta.getOrDefault(name, new double[0]), Offset.offset(2e-6)));
      }
    }
    net.close();
  }

  private record Numbers(double lr, double weightDecay, int t) {}

  /** The formula, element by element, in double precision. */
  private interface Plain {
    void update(double[] theta, double[] g, Numbers numbers, String name);
  }

  private record PlainSgd(Sgd.Config config, Map<String, double[]> momenta) implements Plain {
    PlainSgd(Sgd.Config config) {
      this(config, new LinkedHashMap<>());
    }

    @Override
    public void update(double[] theta, double[] g, Numbers numbers, String name) {
      double[] m = momenta.computeIfAbsent(name, n -> new double[g.length]);
      for (int j = 0; j < g.length; j++) {
        double d = g[j] + numbers.weightDecay() * theta[j];
        m[j] = config.momentum() * m[j] + d;
        theta[j] -= numbers.lr() * (config.nesterov() ? d + config.momentum() * m[j] : m[j]);
      }
    }
  }

  private record PlainAdamW(
      AdamW.Config config, Map<String, double[]> averages, Map<String, double[]> squares)
      implements Plain {
    PlainAdamW(AdamW.Config config) {
      this(config, new LinkedHashMap<>(), new LinkedHashMap<>());
    }

    @Override
    public void update(double[] theta, double[] g, Numbers numbers, String name) {
      double[] m = averages.computeIfAbsent(name, n -> new double[g.length]);
      double[] v = squares.computeIfAbsent(name, n -> new double[g.length]);
      double unbias1 = 1 - Math.pow(config.beta1(), numbers.t());
      double unbias2 = 1 - Math.pow(config.beta2(), numbers.t());
      for (int j = 0; j < g.length; j++) {
        theta[j] -= numbers.lr() * numbers.weightDecay() * theta[j];
        m[j] = config.beta1() * m[j] + (1 - config.beta1()) * g[j];
        v[j] = config.beta2() * v[j] + (1 - config.beta2()) * g[j] * g[j];
        theta[j] -= numbers.lr() * (m[j] / unbias1) / (Math.sqrt(v[j] / unbias2) + config.eps());
      }
    }
  }

  // ------------------------------------------------------------------ state

  @ParameterizedTest
  @MethodSource("configs")
  void a_run_restored_from_its_state_ends_in_the_same_bytes(Optimizer.Config config) {
    Net other = net(RandomState.of(5));
    try (Optimizer whole = config.over(ParameterGroups.of(net, 0.01, Decay.WEIGHTS_ONLY));
        Optimizer first = config.over(ParameterGroups.of(other, 0.01, Decay.WEIGHTS_ONLY));
        Optimizer second = config.over(ParameterGroups.of(other, 0.01, Decay.WEIGHTS_ONLY))) {
      steps(whole, net, 0, 9);
      steps(first, other, 0, 4);
      Map<String, Tensor> saved = copies(first.state());
      Map<String, Tensor> weights = new LinkedHashMap<>();
      other.parameters().forEach((name, p) -> weights.put(name, p.value().detach().copy()));
      steps(first, other, 4, 6); // goes astray, then back
      Autograd.off(() -> weights.forEach((name, t) -> parameter(other, name).value().set(t)));
      second.loadState(saved);
      assertThat(second.updates()).isEqualTo(4);
      steps(second, other, 4, 9);
      for (int i = 0; i < 3; i++) {
        assertThat(other.tensor(i).equalBits(net.tensor(i))).isTrue();
      }
      assertSameBits(second.state(), whole.state());
    }
    other.close();
  }

  private static void assertSameBits(Map<String, Tensor> state, Map<String, Tensor> expected) {
    assertThat(state.keySet()).isEqualTo(expected.keySet());
    expected.forEach(
        (name, t) -> assertThat(t.equalBits(state.getOrDefault(name, t))).as(name).isTrue());
  }

  @Test
  void state_is_named_by_kind_and_parameter() {
    try (Optimizer sgd = Sgd.Config.DEFAULT.over(groups());
        Optimizer plain = new Sgd.Config(0, false).over(groups());
        Optimizer adamw = AdamW.Config.DEFAULT.over(groups())) {
      assertThat(sgd.state().keySet())
          .containsExactly("updates", "momentum.a", "momentum.b", "momentum.c");
      assertThat(plain.state().keySet()).containsExactly("updates");
      assertThat(adamw.state().keySet())
          .containsExactly(
              "updates",
              "adam.m.a",
              "adam.m.b",
              "adam.m.c",
              "adam.v.a",
              "adam.v.b",
              "adam.v.c",
              "adam.step.a",
              "adam.step.b",
              "adam.step.c");
    }
  }

  @Test
  void a_state_that_does_not_fit_is_refused_and_nothing_changes() {
    try (Optimizer sgd = Sgd.Config.DEFAULT.over(groups())) {
      sgd.step(0.1);
      Map<String, Tensor> good = copies(sgd.state());
      Tensor zeros = Tensor.zeros(DType.FLOAT32, Device.CPU, 7);
      refused(
          sgd, with(good, "momentum.a", zeros), "\"momentum.a\" is [7] fp32; must be [3, 5] fp32");
      refused(
          sgd, with(good, "updates", Tensor.scalar(3)), "\"updates\" is [] fp32; must be [] int64");
      refused(sgd, with(good, "adam.m.a", zeros), "\"adam.m.a\" is not part of it");
      Map<String, Tensor> less = new LinkedHashMap<>(good);
      less.remove("momentum.b");
      refused(sgd, less, "\"momentum.b\" is missing");
      sgd.state()
          .forEach((name, t) -> assertThat(t.equalBits(good.getOrDefault(name, t))).isTrue());
    }
  }

  private static void refused(Optimizer optimizer, Map<String, Tensor> state, String why) {
    assertThatThrownBy(() -> optimizer.loadState(state))
        .isExactlyInstanceOf(LinnetException.class)
        .hasMessage(
            "optimizer state of sgd: "
                + why
                + "; use the model and the recipe that it was saved with");
  }

  // ------------------------------------------------------------------ gradients

  @ParameterizedTest
  @MethodSource("configs")
  void a_parameter_without_gradient_stays_as_it_is(Optimizer.Config config) {
    try (Optimizer optimizer = config.over(groups())) {
      optimizer.step(0.1);
      optimizer.clearGradients();
      Map<String, Tensor> before = copies(optimizer.state());
      byte[] weights = net.tensor(0).toBytes();
      byte[] others = net.tensor(1).toBytes();
      net.tensor(1).mul(2).sum().backward();
      optimizer.step(0.1);
      assertThat(net.tensor(0).toBytes()).isEqualTo(weights);
      assertThat(net.tensor(1).toBytes()).isNotEqualTo(others);
      optimizer
          .state()
          .forEach(
              (name, t) -> {
                if (name.endsWith(".a") || name.endsWith(".c")) {
                  assertThat(t.equalBits(before.getOrDefault(name, t))).as(name).isTrue();
                }
              });
      gradients(net, RandomState.of(7));
      optimizer.step(0.1);
      assertThat(net.tensor(0).toBytes()).isNotEqualTo(weights);
    }
  }

  @Test
  void without_any_gradient_there_is_nothing_to_step_by() {
    try (Optimizer optimizer = Sgd.Config.DEFAULT.over(groups())) {
      optimizer.clearGradients();
      assertThat(net.tensor(0).grad()).isNull();
      assertThatIllegalStateException()
          .isThrownBy(() -> optimizer.step(0.1))
          .withMessage("step: no parameter has a gradient; call backward() on the loss first");
      assertThat(optimizer.updates()).isZero();
    }
  }

  @ParameterizedTest
  @MethodSource("configs")
  void state_follows_a_parameter_that_is_stored_anew(Optimizer.Config config) {
    Net plain = net(RandomState.of(5));
    try (Optimizer moved = config.over(groups());
        Optimizer stays = config.over(ParameterGroups.of(plain, 0.01, Decay.ALL))) {
      steps(moved, net, 0, 3);
      steps(stays, plain, 0, 3);
      net.channelsLast();
      assertThat(net.tensor(2).isChannelsLast()).isTrue();
      steps(moved, net, 3, 6);
      steps(stays, plain, 3, 6);
      for (int i = 0; i < 3; i++) {
        assertThat(net.tensor(i).toDoubles())
            .containsExactly(plain.tensor(i).toDoubles(), Offset.offset(1e-6));
      }
    }
    plain.close();
  }

  // ------------------------------------------------------------------ life

  @ParameterizedTest
  @MethodSource("configs")
  void two_hundred_updates_leave_no_native_object_behind(Optimizer.Config config) {
    long before = LiveObjects.settled();
    NormClipping clipping = new NormClipping(1);
    try (Optimizer optimizer = config.over(groups());
        WeightAverage average = new WeightAverage(net, WeightAverage.Config.DEFAULT)) {
      long live = 0;
      for (int i = 0; i < 200; i++) {
        Scope.run("step", () -> update(optimizer, clipping, average));
        if (i == 10) {
          live = LiveObjects.settled();
        }
      }
      assertThat(LiveObjects.settled()).isLessThanOrEqualTo(live);
    }
    assertThat(LiveObjects.settled()).isLessThanOrEqualTo(before);
  }

  private void update(Optimizer optimizer, NormClipping clipping, WeightAverage average) {
    net.tensor(0).sum().add(net.tensor(1).sum()).add(net.tensor(2).sum()).backward();
    assertThat(clipping.apply(optimizer.groups()).getAsDouble()).isPositive();
    optimizer.step(0.001);
    optimizer.clearGradients();
    average.update(optimizer.updates());
    average.swapIn();
    average.swapOut();
    optimizer.loadState(optimizer.state());
  }

  static Stream<Arguments> momenta() {
    double mu = 0.5;
    AdamW.Config adamw = new AdamW.Config(mu, 0.999, 1e-8);
    Lamb.Config lamb = Lamb.Config.DEFAULT;
    Muon.Config muon = Muon.Config.DEFAULT;
    return Stream.of(
        arguments(Sgd.Config.DEFAULT, new Sgd.Config(mu, true)),
        arguments(new Sgd.Config(0, false), new Sgd.Config(0, false)),
        arguments(Adam.Config.DEFAULT, new Adam.Config(mu, 0.999, 1e-8, false)),
        arguments(AdamW.Config.DEFAULT, adamw),
        arguments(NAdam.Config.DEFAULT, new NAdam.Config(mu, 0.999, 1e-8, 4e-3, Coupling.L2)),
        arguments(
            new RmsProp.Config(0.9, 1e-3, 0.9, true, RmsProp.Convention.TORCH),
            new RmsProp.Config(0.9, 1e-3, mu, true, RmsProp.Convention.TORCH)),
        arguments(RmsProp.Config.TORCH, RmsProp.Config.TORCH),
        arguments(lamb, new Lamb.Config(mu, lamb.beta2(), lamb.eps(), 1, false, false)),
        arguments(Lion.Config.DEFAULT, new Lion.Config(mu, 0.99)),
        arguments(
            muon,
            new Muon.Config(mu, true, false, muon.scaling(), muon.iteration(), adamw, 1, Set.of())),
        arguments(Adagrad.Config.DEFAULT, Adagrad.Config.DEFAULT),
        arguments(AddSign.Config.DEFAULT, AddSign.Config.DEFAULT));
  }

  @ParameterizedTest
  @MethodSource("momenta")
  void a_momentum_of_the_schedule_takes_the_place_of_its_own(
      Optimizer.Config config, Optimizer.Config other) {
    assertThat(config.hasMomentum()).isEqualTo(!config.equals(other));
    assertThat(afterSteps(config, OptionalDouble.of(0.5)))
        .isEqualTo(afterSteps(other, OptionalDouble.empty()));
  }

  /** All weights after some updates. */
  private static List<Double> afterSteps(Optimizer.Config config, OptionalDouble momentum) {
    Net net = net(RandomState.of(9));
    try (Optimizer optimizer =
        config.over(List.of(new ParameterGroup(net.parameters(), 0.01, 1)))) {
      for (int i = 0; i < 4; i++) {
        gradients(net, RandomState.of(i));
        optimizer.step(0.01, momentum);
        optimizer.clearGradients();
      }
      List<Double> weights = new ArrayList<>();
      net.parameters()
          .values()
          .forEach(p -> Arrays.stream(p.value().toDoubles()).forEach(weights::add));
      return weights;
    } finally {
      net.close();
    }
  }

  @Test
  void used_after_close_it_says_so() {
    Optimizer optimizer = AdamW.Config.DEFAULT.over(groups());
    optimizer.step(0.1);
    optimizer.close();
    optimizer.close();
    assertThatIllegalStateException()
        .isThrownBy(() -> optimizer.step(0.1))
        .withMessage("the optimizer adamw was used after it was closed");
    assertThatIllegalStateException().isThrownBy(optimizer::state);
  }

  // ------------------------------------------------------------------ wrong values

  @Test
  void wrong_numbers_are_named() {
    message(() -> new Sgd.Config(1, false), "optimizer.momentum: got 1.0; must be in [0, 1)");
    message(
        () -> new Sgd.Config(Double.NaN, false), "optimizer.momentum: got NaN; must be in [0, 1)");
    message(() -> new Sgd.Config(0.9, false, 1), "optimizer.dampening: got 1.0; must be in [0, 1)");
    message(
        () -> new Sgd.Config(0, true),
        "optimizer.nesterov: got true; must be false without momentum or with dampening");
    message(
        () -> new AdamW.Config(-0.1, 0.9, 1e-8), "optimizer.beta1: got -0.1; must be in [0, 1)");
    message(() -> new AdamW.Config(0.9, 1, 1e-8), "optimizer.beta2: got 1.0; must be in [0, 1)");
    message(() -> new AdamW.Config(0.9, 0.9, 0), "optimizer.eps: got 0.0; must be in (0, 1)");
    message(() -> new ParameterGroup(Map.of(), 0, 1), "parameters: got none; must be at least one");
    Map<String, Parameter> parameters = net.parameters();
    message(
        () -> new ParameterGroup(parameters, -1, 1),
        "weight_decay: got -1.0; must be a number of at least 0");
    message(
        () -> new ParameterGroup(parameters, 0, Double.NaN),
        "lr_scale: got NaN; must be a number of at least 0");
    message(
        () -> Sgd.Config.DEFAULT.over(List.of()),
        "parameter groups: got none; must be at least one");
    ParameterGroup group = new ParameterGroup(parameters, 0, 1);
    message(
        () -> Sgd.Config.DEFAULT.over(List.of(group, group)),
        "parameter groups: got \"a\" twice; must be free of repeated names");
    try (Optimizer optimizer = Sgd.Config.DEFAULT.over(groups())) {
      message(() -> optimizer.step(-1), "lr: got -1.0; must be a number of at least 0");
      message(
          () -> optimizer.step(Double.POSITIVE_INFINITY),
          "lr: got Infinity; must be a number of at least 0");
    }
  }

  private static void message(
      org.assertj.core.api.ThrowableAssert.ThrowingCallable call, String line) {
    assertThatThrownBy(call).isInstanceOf(LinnetException.class).hasMessage(line);
  }

  // ------------------------------------------------------------------ parts

  private static Net net(RandomState random) {
    Map<String, Tensor> parameters = new LinkedHashMap<>();
    parameters.put("a", Tensor.normal(0, 1, random, DType.FLOAT32, 3, 5));
    parameters.put("b", Tensor.normal(0, 1, random, DType.FLOAT32, 67));
    parameters.put("c", Tensor.normal(0, 1, random, DType.FLOAT32, 4, 3, 3, 3));
    return Net.of(parameters);
  }

  private List<ParameterGroup> groups() {
    return ParameterGroups.of(net, 0.01, Decay.ALL);
  }

  private static Parameter parameter(Net net, String name) {
    Parameter p = net.parameters().get(name);
    if (p == null) {
      throw new IllegalArgumentException(name);
    }
    return p;
  }

  private static Tensor gradient(Parameter p) {
    Tensor g = p.value().grad();
    if (g == null) {
      throw new IllegalStateException("no gradient");
    }
    return g;
  }

  /** Random gradients. */
  private static void gradients(Net net, RandomState random) {
    Collection<Parameter> parameters = net.parameters().values();
    for (Parameter p : parameters) {
      Tensor g = Tensor.normal(0, 1, random, DType.FLOAT32, p.shape().toArray());
      p.value().mul(g).sum().backward();
    }
  }

  private static void steps(Optimizer optimizer, Net net, int from, int to) {
    for (int i = from; i < to; i++) {
      optimizer.clearGradients();
      gradients(net, RandomState.of(100 + i));
      optimizer.step(0.01 * (i + 1));
    }
  }

  private static Map<String, Tensor> copies(Map<String, Tensor> state) {
    Map<String, Tensor> copies = new LinkedHashMap<>();
    state.forEach((name, t) -> copies.put(name, t.copy()));
    return copies;
  }

  private static Map<String, Tensor> with(Map<String, Tensor> state, String name, Tensor t) {
    Map<String, Tensor> other = new LinkedHashMap<>(state);
    other.put(name, t);
    return other;
  }
}
