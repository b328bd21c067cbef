package dev.linnet.recipe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.linnet.base.OrAuto;
import dev.linnet.optim.Schedule;
import dev.linnet.recipe.Kinds.Kind;
import dev.linnet.recipe.ScheduleRecipe.Rate;
import dev.linnet.recipe.ScheduleRecipe.Run;
import dev.linnet.testing.Repository;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
final class ScheduleRecipeTest {
  private static final Run RUN = new Run(256, 10, 30);

  static Stream<String> names() {
    return Kinds.SCHEDULES.stream().map(Kind::name);
  }

  private static ScheduleRecipe read(String... sets) {
    return RecipeReader.create()
        .read("plain", Map.of("epochs", "30"), List.of(sets))
        .recipe()
        .schedule();
  }

  private static Schedule schedule(String... sets) {
    return read(sets).settled(OrNone.of(256), 1).over(RUN);
  }

  @ParameterizedTest
  @MethodSource("names")
  void every_schedule_takes_its_defaults_and_the_rate_that_was_given(String name) {
    ScheduleRecipe recipe =
        read(
            "schedule.lr=0.3",
            "schedule.lr_per=64",
            "schedule.warmup_epochs=3",
            "schedule.name=" + name);
    assertThat(recipe.getClass()).isEqualTo(kind(name).type());
    assertThat(recipe.rate()).isEqualTo(new Rate(0.3, OrAuto.of(OrNone.of(64))));
    assertThat(recipe.warmup().warmupEpochs().value()).isEqualTo(name.equals("one-cycle") ? 0 : 3);
  }

  @ParameterizedTest
  @MethodSource("names")
  void every_schedule_stays_between_nothing_and_the_top_and_reaches_it(String name) {
    Schedule schedule = schedule("schedule.name=" + name);
    double highest = 0;
    for (long k = 0; k <= RUN.updates(); k++) {
      assertThat(schedule.lr(k)).as("update %d", k).isBetween(0.0, 0.1);
      highest = Math.max(highest, schedule.lr(k));
    }
    assertThat(highest).isCloseTo(0.1, Offset.offset(1e-4));
    assertThat(schedule.lr(0)).isLessThan(0.005);
    assertThat(schedule.after(List.of(50.0, 60.0)).lr(7)).isEqualTo(schedule.lr(7));
  }

  @ParameterizedTest
  @MethodSource("names")
  void every_rate_grows_with_the_batch(String name) {
    ScheduleRecipe recipe = read("schedule.name=" + name).settled(OrNone.of(256), 1);
    Schedule small = recipe.over(RUN);
    Schedule large = recipe.over(new Run(1024, 10, 30));
    Schedule higher = recipe.withLr(0.4).over(RUN);
    for (long k = 0; k <= RUN.updates(); k++) {
      assertThat(large.lr(k)).isCloseTo(4 * small.lr(k), Offset.offset(1e-12));
      assertThat(higher.lr(k)).isCloseTo(4 * small.lr(k), Offset.offset(1e-12));
    }
  }

  @ParameterizedTest
  @MethodSource("names")
  void every_schedule_has_a_card(String name) {
    Path card = Repository.path("docs/tricks/" + name + ".md");
    assertThat(card).content().contains("schedule: ").contains("<!-- measured: " + name + " -->");
  }

  private static Kind kind(String name) {
    return Kinds.SCHEDULES.stream().filter(k -> k.name().equals(name)).findFirst().orElseThrow();
  }

  @Test
  void epochs_become_updates() {
    Schedule steps = schedule("schedule={name: step, decay_epochs: 10, warmup_prefix: false}");
    assertThat(steps.lr(99)).isEqualTo(0.1);
    assertThat(steps.lr(100)).isCloseTo(0.01, Offset.offset(1e-15));
    Schedule after = schedule("schedule={name: step, decay_epochs: 10}");
    assertThat(after.lr(109)).isEqualTo(0.1);
    assertThat(after.lr(110)).isCloseTo(0.01, Offset.offset(1e-15));
    Schedule milestones =
        schedule("schedule={name: multi-step, milestones: [10, 20.5], warmup_epochs: 0}");
    assertThat(milestones.lr(99)).isEqualTo(0.1);
    assertThat(milestones.lr(100)).isCloseTo(0.01, Offset.offset(1e-15));
    assertThat(milestones.lr(205)).isCloseTo(0.001, Offset.offset(1e-15));
    Schedule falling =
        schedule("schedule={name: exponential, decay_epochs: 2, gamma: 0.5, warmup_epochs: 0}");
    assertThat(falling.lr(20)).isCloseTo(0.05, Offset.offset(1e-15));
    Schedule cycles =
        schedule("schedule={name: warm-restarts, cycle_epochs: 5, cycle_mul: 1, warmup_epochs: 0}");
    assertThat(cycles.lr(49)).isLessThan(0.001);
    assertThat(cycles.lr(50)).isEqualTo(0.1);
  }

  @Test
  void a_cosine_ends_with_the_run_whatever_the_warmup() {
    assertThat(schedule("schedule.warmup_epochs=7").lr(299)).isBetween(1e-9, 1e-5);
    assertThat(schedule("schedule.warmup_epochs=7").lr(300)).isZero();
    assertThat(schedule("schedule.warmup_epochs=7", "schedule.warmup_prefix=false").lr(300))
        .isZero();
    assertThat(schedule("schedule.warmup_epochs=30").lr(299)).isCloseTo(0.1, Offset.offset(1e-3));
  }

  @Test
  void wrong_values_are_named_with_their_range() {
    problem("cosine", "k_decay=0", "got 0", "must be in (0, 100]");
    problem("cosine", "warmup_lr=0.2", "got 0.2", "must be in [0, 0.1], up to lr");
    problem("cosine", "warmup_lr=-1", "got -1", "must be at least 0");
    problem(
        "cosine",
        "warmup_shape=steep",
        "got \"steep\"",
        "must be linear, linear-from-one or constant");
    problem("step", "decay_epochs=0", "got 0", "must be in (0, 1000000]");
    problem("step", "gamma=2", "got 2", "must be in (0, 1]");
    problem(
        "multi-step",
        "milestones=[30, 20]",
        "got [30.0, 20.0]",
        "must be rising epochs above 0, such as [30, 60, 80]");
    problem("polynomial", "power=-1", "got -1", "must be in (0, 100]");
    problem("tanh", "from=5", "got 5", "must be in [-100, 3.0), below to");
    problem("flat-cosine", "flat=2", "got 2", "must be in [0, 1]");
    problem("warm-restarts", "cycle_mul=0", "got 0", "must be in [1, 100]");
    problem("warm-restarts", "cycle_limit=0", "got 0", "must be at least 1, or none");
    problem("one-cycle", "pct_start=1", "got 1", "must be in (0, 1)");
    problem("one-cycle", "anneal_strategy=exp", "got \"exp\"", "must be cos or linear");
    problem("one-cycle", "base_momentum=0.99", "got 0.99", "must be in [0, max_momentum = 0.95]");
    problem("plateau", "factor=1", "got 1", "must be in (0, 1)");
    problem("plateau", "patience=-1", "got -1", "must be at least 0");
    problem("plateau", "min_lr=0.2", "got 0.2", "must be in [0, 0.1], up to lr");
  }

  private static void problem(String name, String set, String got, String must) {
    String key = set.substring(0, set.indexOf('='));
    assertThat(problems(Map.of(), "schedule.name=" + name, "schedule." + set))
        .containsExactly("schedule.%s: %s (--set schedule.%s); %s".formatted(key, got, key, must));
  }

  @Test
  void a_warmup_that_does_not_fit_is_refused() {
    assertThat(problems(Map.of("epochs", "2"), "schedule={name: step, warmup_epochs: 3}"))
        .containsExactly(
            "schedule.warmup_epochs: got 3 (--set schedule); must be at most epochs, which is 2");
    assertThat(problems(Map.of(), "schedule={name: one-cycle, warmup_epochs: 3}"))
        .containsExactly(
            "schedule.warmup_epochs: unknown key (--set schedule); known: name, lr, lr_per,"
                + " pct_start, div_factor, final_div_factor, anneal_strategy, three_phase,"
                + " cycle_momentum, base_momentum, max_momentum");
  }

  @Test
  void one_cycle_needs_a_momentum_to_move() {
    String must = "must be false with optimizer %s, which has no momentum here";
    assertThat(problems(Map.of("optimizer", "adagrad"), "schedule={name: one-cycle, lr: 0.01}"))
        .containsExactly(
            "schedule.cycle_momentum: got true (--set schedule); " + must.formatted("adagrad"));
    assertThat(
            problems(
                Map.of(),
                "optimizer={name: sgd, momentum: 0, nesterov: false}",
                "schedule={name: one-cycle, cycle_momentum: true}"))
        .containsExactly(
            "schedule.cycle_momentum: got true (--set schedule); " + must.formatted("sgd"));
    Schedule cycle = schedule("optimizer=adamw", "schedule={name: one-cycle, lr: 0.01}");
    assertThat(cycle.momentum(0)).hasValue(0.95);
    Schedule steady =
        schedule(
            "optimizer=adagrad", "schedule={name: one-cycle, lr: 0.01, cycle_momentum: false}");
    assertThat(steady.momentum(0)).isEmpty();
  }

  @Test
  void plateau_needs_pictures_to_watch() {
    assertThat(problems(Map.of("val", "none"), "schedule.name=plateau"))
        .containsExactly(
            "schedule.name: got plateau (--set schedule.name); must be another where val is"
                + " none, because plateau watches the validation pictures");
  }

  private static List<String> problems(Map<String, String> options, String... sets) {
    RecipeException failure =
        catchThrowableOfType(
            RecipeException.class,
            () -> RecipeReader.create().read("plain", options, List.of(sets)));
    assertThat(failure).as("nothing was refused").isNotNull();
    return failure.problems();
  }
}
