package dev.linnet.optim;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import dev.linnet.base.InvalidValueException;
import dev.linnet.testing.Golden;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Test;

@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
final class WarmupCosineTest {
  @Test
  void it_gives_the_rates_of_the_pytorch_script_that_runs_are_compared_with() {
    equals("peer_warmup_cosine", new WarmupCosine(0.1, 5, 30, 0), 1e-16);
  }

  @Test
  void it_gives_torchvisions_rates_from_their_start() {
    equals("warmup_cosine_torchvision", new WarmupCosine(0.1, 5, 30, 0).withWarmupLr(0.001), 1e-12);
  }

  @Test
  void it_gives_timms_rates_with_warmup_prefix_and_stays_at_the_end() {
    equals("timm_cosine_warmup_prefix", new WarmupCosine(0.1, 5, 30, 0.001, 0.0001), 1e-12);
  }

  private static void equals(String name, Schedule schedule, double tolerance) {
    JsonNode lr = Golden.json("semantics.json").get("schedules").get(name).get("lr");
    double[] expected = Golden.doubles(lr);
    assertThat(expected).hasSizeGreaterThanOrEqualTo(30);
    double[] got = new double[expected.length];
    for (int i = 0; i < got.length; i++) {
      got[i] = schedule.lr(i);
    }
    assertThat(got).containsExactly(expected, Offset.offset(tolerance));
  }

  @Test
  void without_warmup_it_starts_at_the_top() {
    assertThat(new WarmupCosine(0.1, 0, 1, 0).lr(0)).isEqualTo(0.1);
    assertThat(new WarmupCosine(0.1, 0, 10, 0).lr(5)).isCloseTo(0.05, Offset.offset(1e-15));
  }

  @Test
  void a_run_that_is_all_warmup_never_falls() {
    Schedule schedule = new WarmupCosine(0.1, 4, 4, 0);
    assertThat(schedule.lr(3)).isEqualTo(0.1 * 3 / 4, Offset.offset(1e-16));
    assertThat(schedule.lr(4)).isEqualTo(0.1);
  }

  @Test
  void after_the_run_it_stays_at_the_least_rate() {
    assertThat(new WarmupCosine(0.1, 5, 30, 0.001).lr(30)).isEqualTo(0.001);
    assertThat(new WarmupCosine(0.1, 5, 30, 0.001).lr(1000)).isEqualTo(0.001);
  }

  @Test
  void wrong_numbers_are_named() {
    message(() -> new WarmupCosine(0, 0, 10, 0), "schedule.lr: got 0.0; must be above 0");
    message(() -> new WarmupCosine(Double.NaN, 0, 10, 0), "schedule.lr: got NaN; must be above 0");
    message(() -> new WarmupCosine(0.1, 0, 0, 0), "total updates: got 0; must be at least 1");
    message(
        () -> new WarmupCosine(0.1, 11, 10, 0),
        "warm-up updates: got 11; must be in [0, 10], the updates of the whole run");
    message(
        () -> new WarmupCosine(0.1, 0, 10, 0.2),
        "schedule.min_lr: got 0.2; must be in [0, lr = 0.1]");
    message(
        () -> new WarmupCosine(0.1, 0, 10, 0, -1),
        "schedule.warmup_lr: got -1.0; must be in [0, lr = 0.1]");
    Schedule schedule = new WarmupCosine(0.1, 0, 10, 0);
    message(() -> schedule.lr(-1), "update: got -1; must be at least 0");
  }

  private static void message(ThrowingCallable call, String line) {
    assertThatThrownBy(call).isInstanceOf(InvalidValueException.class).hasMessage(line);
  }
}
