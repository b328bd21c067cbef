package dev.linnet.optim;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import dev.linnet.base.InvalidValueException;
import dev.linnet.optim.Warmup.Count;
import dev.linnet.testing.Golden;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.LongStream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Test;

@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
final class SchedulesTest {
  private static final JsonNode RECORDED = Golden.json("semantics.json").get("schedules");

  /** Every recorded schedule as it is offered here. */
  private static final Map<String, Schedule> SCHEDULES = new LinkedHashMap<>();

  /** Tested on their own: one that looks at metrics, and decays of an optimizer. */
  private static final Set<String> OTHERS = Set.of("plateau", "sign_decay");

  static {
    double lr = 0.1;
    Cosine cosine = new Cosine(lr, 30, 0.001);
    Cosine afterWarmup = new Cosine(lr, 25, 0.001);
    OneCycle.Shape cycle = OneCycle.Shape.DEFAULT;
    Optional<OneCycle.Momentums> momentums = Optional.of(OneCycle.Momentums.DEFAULT);
    SCHEDULES.put("step", new Step(lr, 10, 0.1));
    SCHEDULES.put("multistep", new MultiStep(lr, List.of(10L, 20L), 0.1));
    SCHEDULES.put("exponential", new Exponential(lr, 1, 0.95));
    SCHEDULES.put("cosine", new Cosine(lr, 30, 0));
    SCHEDULES.put("cosine_min", cosine);
    SCHEDULES.put("poly_1", new Polynomial(lr, 30, 1, 0));
    SCHEDULES.put("poly_2", new Polynomial(lr, 30, 2, 0));
    SCHEDULES.put("warm_restarts", new WarmRestarts(lr, 5, 2, 1, WarmRestarts.ENDLESS, 0.001));
    SCHEDULES.put("warmup_linear", Warmup.of(new Constant(lr), lr, 5).withFrom(0.01));
    SCHEDULES.put(
        "constant_then_full",
        Warmup.of(new Constant(lr), lr, 4).withFrom(0.05).withShape(Warmup.Shape.CONSTANT));
    SCHEDULES.put("peer_warmup_cosine", Warmup.of(new Cosine(lr, 25, 0), lr, 5));
    SCHEDULES.put(
        "warmup_cosine_torchvision", Warmup.of(new Cosine(lr, 25, 0), lr, 5).withFrom(0.001));
    SCHEDULES.put("one_cycle", new OneCycle(lr, 30, cycle, momentums));
    SCHEDULES.put(
        "one_cycle_linear",
        new OneCycle(
            lr,
            30,
            new OneCycle.Shape(0.3, 25, 1e4, OneCycle.Anneal.LINEAR, OneCycle.Phases.TWO),
            momentums));
    SCHEDULES.put(
        "one_cycle_three_phase",
        new OneCycle(
            lr,
            30,
            new OneCycle.Shape(0.4, 25, 1e4, OneCycle.Anneal.COS, OneCycle.Phases.THREE),
            momentums));
    SCHEDULES.put("timm_cosine", cosine);
    SCHEDULES.put(
        "timm_cosine_warmup",
        Warmup.of(cosine, lr, 5).withFrom(0.0001).withCount(Count.FROM_START));
    SCHEDULES.put("timm_cosine_warmup_prefix", Warmup.of(afterWarmup, lr, 5).withFrom(0.0001));
    SCHEDULES.put("timm_cosine_cycles", new WarmRestarts(lr, 10, 1, 0.5, 3, 0.001));
    SCHEDULES.put(
        "timm_cosine_cycles_growing",
        Warmup.of(new WarmRestarts(lr, 5, 2, 0.5, 3, 0.001), lr, 2).withFrom(0.0001));
    SCHEDULES.put("timm_cosine_k_decay", new Cosine(lr, 30, 0.001, 2));
    SCHEDULES.put("timm_step", Warmup.of(new Step(lr, 10, 0.1), lr, 3).withFrom(0.0001));
    SCHEDULES.put( // of timm's milestones 10 and 20, which it compares with the next update
        "timm_multistep",
        Warmup.of(new MultiStep(lr, List.of(9L, 19L), 0.1), lr, 3).withFrom(0.0001));
    SCHEDULES.put("timm_poly", new Polynomial(lr, 30, 0.9, 0.001));
    SCHEDULES.put("timm_tanh", new Tanh(lr, 30, -6, 4, 0.001));
    SCHEDULES.put(
        "paper_warmup_cosine",
        Warmup.of(new Cosine(lr, 25, 0), lr, 5).withShape(Warmup.Shape.LINEAR_FROM_ONE));
    SCHEDULES.put("flat_cosine", new FlatCosine(lr, 30, 0.75, 0));
  }

  @Test
  void every_recorded_schedule_has_its_recorded_rates() {
    Set<String> recorded = new TreeSet<>();
    RECORDED.fieldNames().forEachRemaining(recorded::add);
    recorded.removeAll(OTHERS);
    assertThat(SCHEDULES.keySet()).containsExactlyInAnyOrderElementsOf(recorded);
    SCHEDULES.forEach(
        (name, schedule) -> {
          double[] expected = Golden.doubles(RECORDED.get(name).get("lr"));
          // Past its 30 updates PyTorch's cosine rises again; a run ends there. timm leaves the
          // first update the optimizer's own rate, which of the tangent is not the first.
          int end = name.equals("cosine_min") ? 31 : expected.length;
          int begin = name.equals("timm_tanh") ? 1 : 0;
          assertThat(LongStream.range(begin, end).mapToDouble(schedule::lr).toArray())
              .as(name)
              .containsExactly(Arrays.copyOfRange(expected, begin, end), Offset.offset(1e-12));
        });
  }

  @Test
  void one_cycle_moves_the_momentum_as_pytorch_does() {
    for (String name : List.of("one_cycle", "one_cycle_linear", "one_cycle_three_phase")) {
      double[] expected = Golden.doubles(RECORDED.get(name).get("momentum"));
      Schedule schedule = offered(name);
      assertThat(
              LongStream.range(0, expected.length)
                  .mapToDouble(k -> schedule.momentum(k).getAsDouble())
                  .toArray())
          .as(name)
          .containsExactly(expected, Offset.offset(1e-12));
    }
    Schedule warmed = Warmup.of(offered("one_cycle"), 0.1, 5);
    assertThat(warmed.momentum(3)).hasValue(0.95);
    assertThat(warmed.momentum(7)).isEqualTo(offered("one_cycle").momentum(2));
    assertThat(new Cosine(0.1, 30, 0).momentum(3)).isEmpty();
  }

  private static Schedule offered(String name) {
    return Objects.requireNonNull(SCHEDULES.get(name));
  }

  @Test
  void plateau_falls_when_pytorchs_does() {
    JsonNode recorded = RECORDED.get("plateau");
    double[] metric = Golden.doubles(recorded.get("metric"));
    double[] expected = Golden.doubles(recorded.get("lr"));
    Plateau start = new Plateau(0.1, new Plateau.Rule(0.5, 2, 0.01, 1, 0.02));
    assertThat(start.lr(0)).isEqualTo(0.1);
    List<Double> epochs = new ArrayList<>();
    for (int i = 0; i < metric.length; i++) {
      epochs.add(metric[i]);
      assertThat(start.after(epochs).lr(100 + i)).as("after %d", i).isEqualTo(expected[i]);
    }
    assertThat(Warmup.of(start, 0.1, 10).after(epochs).lr(5)).isEqualTo(0.05);
    assertThat(Warmup.of(start, 0.1, 10).after(epochs).lr(10)).isEqualTo(expected[16]);
  }

  @Test
  void a_schedule_that_looks_at_no_metric_stays_itself() {
    Schedule cosine = new Cosine(0.1, 30, 0);
    assertThat(cosine.after(List.of(1.0, 2.0))).isSameAs(cosine);
    Warmup warmup = Warmup.of(cosine, 0.1, 5);
    assertThat(warmup.after(List.of(1.0))).isEqualTo(warmup);
  }

  @Test
  void without_warmup_it_starts_at_the_top() {
    assertThat(Warmup.of(new Cosine(0.1, 1, 0), 0.1, 0).lr(0)).isEqualTo(0.1);
    assertThat(Warmup.of(new Cosine(0.1, 10, 0), 0.1, 0).lr(5))
        .isCloseTo(0.05, Offset.offset(1e-15));
  }

  @Test
  void a_run_that_is_all_warmup_never_falls() {
    Schedule schedule = Warmup.of(new Cosine(0.1, 1, 0), 0.1, 4);
    assertThat(schedule.lr(3)).isEqualTo(0.1 * 3 / 4, Offset.offset(1e-16));
    assertThat(schedule.lr(4)).isEqualTo(0.1);
  }

  @Test
  void after_the_run_every_rate_stays_where_it_is() {
    assertThat(new Cosine(0.1, 25, 0.001).lr(1000)).isEqualTo(0.001);
    assertThat(new FlatCosine(0.1, 30, 0.75, 0.001).lr(1000)).isEqualTo(0.001);
    assertThat(new FlatCosine(0.1, 30, 1, 0.001).lr(1000)).isEqualTo(0.1);
    assertThat(new Polynomial(0.1, 30, 2, 0.001).lr(1000)).isEqualTo(0.001);
    assertThat(new Tanh(0.1, 30, -6, 4, 0.001).lr(1000)).isEqualTo(0.001);
    OneCycle cycle = new OneCycle(0.1, 30, OneCycle.Shape.DEFAULT);
    assertThat(cycle.lr(1000)).isEqualTo(cycle.lr(29)).isCloseTo(4e-7, Offset.offset(1e-15));
  }

  @Test
  void the_shortest_runs_have_finite_rates() {
    for (long total = 1; total < 12; total++) {
      for (OneCycle.Phases phases : OneCycle.Phases.values()) {
        for (double rise : new double[] {0.1, 0.25, 0.5}) {
          OneCycle.Shape shape = new OneCycle.Shape(rise, 25, 1e4, OneCycle.Anneal.COS, phases);
          for (long k = 0; k < total; k++) {
            assertThat(new OneCycle(0.1, total, shape).lr(k)).isBetween(0.0, 0.1);
          }
        }
      }
      for (long k = 0; k <= total; k++) {
        assertThat(new FlatCosine(0.1, total, 0.9, 0).lr(k)).isBetween(0.0, 0.1);
        assertThat(new Tanh(0.1, total, -6, 3, 0).lr(k)).isBetween(0.0, 0.1);
      }
    }
  }

  @Test
  void wrong_numbers_are_named() {
    message(() -> new Cosine(0, 10, 0), "schedule.lr: got 0.0; must be above 0");
    message(() -> new Constant(Double.NaN), "schedule.lr: got NaN; must be above 0");
    message(() -> new Cosine(0.1, 0, 0), "total updates: got 0; must be at least 1");
    message(() -> new Cosine(0.1, 10, 0.2), "schedule.min_lr: got 0.2; must be in [0, lr = 0.1]");
    message(() -> new Cosine(0.1, 10, 0, 0), "schedule.k_decay: got 0.0; must be in (0, 100]");
    Warmup warmup = Warmup.of(new Constant(0.1), 0.1, 5);
    message(() -> warmup.withFrom(-1), "schedule.warmup_lr: got -1.0; must be in [0, lr = 0.1]");
    message(
        () -> Warmup.of(new Constant(0.1), 0.1, -1), "warm-up updates: got -1; must be at least 0");
    message(() -> warmup.lr(-1), "update: got -1; must be at least 0");
    message(() -> new Step(0.1, 0, 0.1), "updates a step: got 0; must be at least 1");
    message(() -> new Step(0.1, 1, 1.1), "schedule.gamma: got 1.1; must be in (0, 1]");
    message(
        () -> new MultiStep(0.1, List.of(3L, 2L), 0.1),
        "schedule.milestones: got [3, 2]; must be rising updates, at least one");
    message(() -> new Exponential(0.1, 0, 0.9), "updates a factor: got 0; must be at least 1");
    message(() -> new Polynomial(0.1, 10, 0, 0), "schedule.power: got 0.0; must be in (0, 100]");
    message(
        () -> new Tanh(0.1, 10, 4, 4, 0), "schedule.from: got 4.0; must be in [-100, to = 4.0)");
    message(() -> new FlatCosine(0.1, 10, 1.5, 0), "schedule.flat: got 1.5; must be in [0, 1]");
    message(
        () -> new WarmRestarts(0.1, 10, 0.5, 1, 1, 0),
        "schedule.cycle_mul: got 0.5; must be in [1, 100]");
    message(
        () -> new WarmRestarts(0.1, 10, 1, 0, 1, 0),
        "schedule.cycle_decay: got 0.0; must be in (0, 1]");
    message(
        () -> new OneCycle.Shape(0.6, 25, 1e4, OneCycle.Anneal.COS, OneCycle.Phases.THREE),
        "schedule.pct_start: got 0.6; must be in (0, 0.5] with three phases");
    message(
        () -> new OneCycle.Shape(0.3, 0.5, 1e4, OneCycle.Anneal.COS, OneCycle.Phases.TWO),
        "schedule.div_factor: got 0.5; must be at least 1");
    message(
        () -> new OneCycle.Momentums(0.96, 0.95),
        "schedule.base_momentum: got 0.96; must be in [0, max_momentum = 0.95]");
    message(
        () -> new OneCycle.Momentums(0, 1), "schedule.max_momentum: got 1.0; must be in [0, 1)");
    message(() -> new Plateau.Rule(1, 2, 0, 0, 0), "schedule.factor: got 1.0; must be in (0, 1)");
    message(
        () -> new Plateau.Rule(0.5, -1, 0, 0, 0), "schedule.patience: got -1; must be at least 0");
  }

  private static void message(ThrowingCallable call, String line) {
    assertThatThrownBy(call).isInstanceOf(InvalidValueException.class).hasMessage(line);
  }
}
