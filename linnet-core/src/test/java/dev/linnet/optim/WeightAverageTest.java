package dev.linnet.optim;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import dev.linnet.base.InvalidValueException;
import dev.linnet.base.LinnetException;
import dev.linnet.base.RandomState;
import dev.linnet.nn.Net;
import dev.linnet.tensor.Autograd;
import dev.linnet.tensor.DType;
import dev.linnet.tensor.Device;
import dev.linnet.tensor.Scope;
import dev.linnet.tensor.Tensor;
import dev.linnet.testing.Golden;
import dev.linnet.testing.Seeds;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Test;

@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
final class WeightAverageTest {
  private static final JsonNode GOLDEN = Golden.json("semantics.json").get("tricks");

  private final Scope scope = Scope.open("average test");
  private final Net net = net(RandomState.of(1));

  @AfterEach
  void close() {
    net.close();
    scope.close();
  }

  // ------------------------------------------------------------------ values

  @Test
  void decays_are_timms() {
    for (JsonNode row : GOLDEN.get("ema_decay_timm")) {
      WeightAverage.Config config = config(row.get("args"));
      long[] steps = Golden.longs(row.get("step"));
      double[] got = new double[steps.length];
      for (int i = 0; i < steps.length; i++) {
        got[i] = config.decay(steps[i]);
      }
      assertThat(got).containsExactly(Golden.doubles(row.get("decay")), Offset.offset(1e-12));
    }
  }

  @Test
  void averages_are_timms() {
    JsonNode golden = GOLDEN.get("ema_weights_timm");
    Net two = Net.of(Map.of("weight", Tensor.of(Golden.doubles(golden.get("start")))));
    Tensor added = Tensor.of(Golden.doubles(golden.get("added_before_each_update")));
    try (WeightAverage average = new WeightAverage(two, config(golden.get("args")))) {
      for (int i = 0; i < golden.get("steps").size(); i++) {
        Autograd.off(() -> two.tensor(0).addInPlace(added));
        average.update(golden.get("steps").get(i).longValue());
        assertThat(average.state().values().iterator().next().toDoubles())
            .containsExactly(Golden.doubles(golden.get("averages").get(i)), Offset.offset(1e-11));
      }
    }
    two.close();
  }

  @Seeds(5)
  void the_fused_update_equals_its_plain_loop(RandomState random) {
    WeightAverage.Config config =
        WeightAverage.Config.DEFAULT
            .withDecay(0.5 + 0.4 * random.nextDouble())
            .withWarmup(WeightAverage.Warmup.OFF);
    try (WeightAverage average = new WeightAverage(net, config)) {
      double[][] plain = new double[3][];
      for (int i = 0; i < 3; i++) {
        plain[i] = net.tensor(i).toDoubles();
      }
      for (int t = 1; t <= 8; t++) {
        change(random);
        average.update(t);
        double decay = config.decay(t);
        for (int i = 0; i < 3; i++) {
          double[] theta = net.tensor(i).toDoubles();
          for (int j = 0; j < theta.length; j++) {
            plain[i][j] += (1 - decay) * (theta[j] - plain[i][j]);
          }
          assertThat(List.copyOf(average.state().values()).get(i).toDoubles())
              .containsExactly(plain[i], Offset.offset(1e-5));
        }
      }
    }
  }

  @Test
  void running_statistics_are_averaged_and_integers_are_copied() {
    WeightAverage.Config config =
        WeightAverage.Config.DEFAULT.withDecay(0.5).withWarmup(WeightAverage.Warmup.OFF);
    try (WeightAverage average = new WeightAverage(net, config)) {
      average.update(1);
      net.tensor(2).fill(8);
      net.tensor(3).fill(41);
      average.update(2);
      Map<String, Tensor> state = average.state();
      assertThat(state.keySet())
          .containsExactly("weight", "bias", "running_mean", "num_batches_tracked");
      assertThat(List.copyOf(state.values()).get(2).toFloats()).containsOnly(4);
      assertThat(List.copyOf(state.values()).get(3).toLongs()).containsExactly(41);
    }
  }

  @Test
  void the_first_update_copies_bit_for_bit() {
    try (WeightAverage average = new WeightAverage(net, WeightAverage.Config.DEFAULT)) {
      change(RandomState.of(2));
      average.update(1);
      int i = 0;
      for (Tensor t : average.state().values()) {
        assertThat(t.equalBits(net.tensor(i++))).isTrue();
      }
    }
  }

  // ------------------------------------------------------------------ swapping

  @Test
  void swapped_in_the_network_answers_with_the_averages_and_out_it_is_as_before() {
    try (WeightAverage average = new WeightAverage(net, WeightAverage.Config.DEFAULT)) {
      average.update(1);
      change(RandomState.of(2));
      average.update(2);
      Map<String, Tensor> averages = copies(average.state());
      Map<String, Tensor> weights = new LinkedHashMap<>();
      net.state().forEach((name, p) -> weights.put(name, p.value().detach().copy()));
      Tensor x = Tensor.ones(DType.FLOAT32, Device.CPU, 1, 5);
      float[] before = net.forward(x).toFloats();
      average.swapIn();
      assertThat(net.forward(x).toFloats()).isNotEqualTo(before);
      assertNetIs(averages);
      average.swapOut();
      average.swapOut();
      assertNetIs(weights);
      assertThat(net.forward(x).toFloats()).isEqualTo(before);
      average
          .state()
          .forEach((n, t) -> assertThat(t.equalBits(averages.getOrDefault(n, t))).isTrue());
      net.forward(x).sum().backward();
      Tensor g = net.tensor(0).grad();
      assertThat(g == null ? new float[0] : g.toFloats()).containsOnly(1);
    }
  }

  @Test
  void closing_gives_the_network_its_own_weights_back() {
    byte[] weights = net.tensor(0).toBytes();
    WeightAverage average = new WeightAverage(net, WeightAverage.Config.DEFAULT);
    average.state().values().iterator().next().fill(3);
    average.swapIn();
    assertThat(net.tensor(0).toFloats()).containsOnly(3);
    average.close();
    average.close();
    assertThat(net.tensor(0).toBytes()).isEqualTo(weights);
    assertThatIllegalStateException()
        .isThrownBy(() -> average.update(1))
        .withMessage("update: the weight average was used after it was closed");
  }

  @Test
  void while_swapped_in_nothing_moves() {
    try (WeightAverage average = new WeightAverage(net, WeightAverage.Config.DEFAULT)) {
      average.swapIn();
      assertThatIllegalStateException()
          .isThrownBy(() -> average.update(1))
          .withMessage("update: the averaged weights are in the network; call swapOut first");
      assertThatIllegalStateException()
          .isThrownBy(average::swapIn)
          .withMessage("swapIn: the averaged weights are in the network; call swapOut first");
      assertThatIllegalStateException().isThrownBy(average::state);
    }
  }

  @Test
  void it_follows_a_network_that_is_stored_anew() {
    Net conv =
        Net.of(Map.of("w", Tensor.normal(0, 1, RandomState.of(3), DType.FLOAT32, 4, 3, 3, 3)));
    try (WeightAverage average =
        new WeightAverage(
            conv,
            WeightAverage.Config.DEFAULT.withDecay(0.5).withWarmup(WeightAverage.Warmup.OFF))) {
      average.update(1);
      float[] first = conv.tensor(0).toFloats();
      conv.channelsLast();
      Autograd.off(() -> conv.tensor(0).mulInPlace(3));
      average.update(2);
      float[] twice = new float[first.length];
      for (int i = 0; i < first.length; i++) {
        twice[i] = 2 * first[i];
      }
      average.swapIn();
      assertThat(conv.tensor(0).toFloats()).containsExactly(twice, Offset.offset(1e-6f));
      average.swapOut();
      assertThat(conv.tensor(0).isChannelsLast()).isTrue();
    }
    conv.close();
  }

  // ------------------------------------------------------------------ state

  @Test
  void restored_from_its_state_it_goes_on_to_the_same_bytes() {
    Net other = net(RandomState.of(1));
    try (WeightAverage whole = new WeightAverage(net, WeightAverage.Config.DEFAULT);
        WeightAverage restored = new WeightAverage(other, WeightAverage.Config.DEFAULT)) {
      RandomState random = RandomState.of(4);
      for (int t = 1; t <= 3; t++) {
        change(random);
        whole.update(t);
      }
      restored.loadState(copies(whole.state()));
      for (int t = 4; t <= 6; t++) {
        change(random);
        whole.update(t);
        Autograd.off(
            () -> {
              for (int i = 0; i < 4; i++) {
                other.tensor(i).set(net.tensor(i));
              }
            });
        restored.update(t);
      }
      Map<String, Tensor> ends = restored.state();
      whole
          .state()
          .forEach((n, t) -> assertThat(t.equalBits(ends.getOrDefault(n, t))).as(n).isTrue());
    }
    other.close();
  }

  @Test
  void a_state_of_another_network_is_refused() {
    try (WeightAverage average = new WeightAverage(net, WeightAverage.Config.DEFAULT)) {
      Map<String, Tensor> state = copies(average.state());
      state.remove("bias");
      assertThatThrownBy(() -> average.loadState(state))
          .isExactlyInstanceOf(LinnetException.class)
          .hasMessage(
              "weight average: \"bias\" is missing; use the model and the recipe that it was saved"
                  + " with");
    }
  }

  @Test
  void wrong_numbers_are_named() {
    WeightAverage.Config config = WeightAverage.Config.DEFAULT;
    message(() -> config.withDecay(1), "ema.decay: got 1.0; must be in [0, 1)");
    message(() -> config.withPower(0), "ema.power: got 0.0; must be in (0, 10]");
    message(
        () -> config.withMinDecay(0.99999),
        "ema.min_decay: got 0.99999; must be in [0, decay = 0.9999]");
    message(() -> config.withUpdateAfter(-1), "ema.update_after: got -1; must be at least 0");
  }

  private static void message(ThrowingCallable call, String line) {
    assertThatThrownBy(call).isInstanceOf(InvalidValueException.class).hasMessage(line);
  }

  // ------------------------------------------------------------------ parts

  private static Net net(RandomState random) {
    Map<String, Tensor> parameters = new LinkedHashMap<>();
    parameters.put("weight", Tensor.normal(0, 1, random, DType.FLOAT32, 3, 5));
    parameters.put("bias", Tensor.normal(0, 1, random, DType.FLOAT32, 67));
    return Net.of(parameters)
        .withBuffer("running_mean", Tensor.of(new float[3]))
        .withBuffer("num_batches_tracked", Tensor.of(new long[1]));
  }

  private void change(RandomState random) {
    Autograd.off(
        () -> {
          for (int i = 0; i < 3; i++) {
            Tensor t = net.tensor(i);
            t.addInPlace(Tensor.normal(0, 1, random, DType.FLOAT32, t.shape().toArray()));
          }
          net.tensor(3).addInPlace(1);
        });
  }

  private void assertNetIs(Map<String, Tensor> expected) {
    net.state()
        .forEach(
            (name, p) ->
                assertThat(p.value().equalBits(expected.getOrDefault(name, Tensor.scalar(0))))
                    .as(name)
                    .isTrue());
  }

  private static Map<String, Tensor> copies(Map<String, Tensor> state) {
    Map<String, Tensor> copies = new LinkedHashMap<>();
    state.forEach((name, t) -> copies.put(name, t.copy()));
    return copies;
  }

  private static WeightAverage.Config config(JsonNode args) {
    WeightAverage.Config config =
        WeightAverage.Config.DEFAULT
            .withDecay(args.get("decay").doubleValue())
            .withWarmup(
                args.path("use_warmup").booleanValue()
                    ? WeightAverage.Warmup.ON
                    : WeightAverage.Warmup.OFF)
            .withMinDecay(args.path("min_decay").doubleValue())
            .withUpdateAfter(args.path("update_after_step").longValue());
    return args.has("warmup_power")
        ? config.withPower(args.get("warmup_power").doubleValue())
        : config;
  }
}
