package dev.linnet.recipe;

import dev.linnet.base.Check;
import dev.linnet.base.LinnetException;
import dev.linnet.base.OrAuto;
import dev.linnet.optim.Schedule;
import dev.linnet.report.Chart;
import dev.linnet.report.Chart.Curve;
import dev.linnet.report.Chart.Mark;
import dev.linnet.report.Chart.Point;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.OptionalLong;

/**
 * The learning rate of a recipe over its run, to be drawn.
 *
 * @param chart learning rate against epochs
 * @param epochs of the run
 * @param updatesPerEpoch of the run
 * @param notes what was assumed, a sentence each
 */
public record SchedulePlot(Chart chart, int epochs, long updatesPerEpoch, List<String> notes) {
  /** Updates of an epoch where nothing is known of the data. */
  public static final long ASSUMED_UPDATES = 100;

  private static final int ASSUMED_EPOCHS = 10;
  private static final long MOST_UPDATES = 10_000_000;

  /** Points that are drawn, at most about. */
  private static final long POINTS = 4000;

  public SchedulePlot {
    notes = List.copyOf(notes);
  }

  /**
   * Draws a recipe; of its data, where they are named and found, comes the length of an epoch.
   *
   * @param updatesPerEpoch the length of an epoch instead
   */
  public static SchedulePlot of(
      LoadedRecipe loaded, OptionalLong updatesPerEpoch, Experiment.Surroundings around) {
    Recipe recipe = loaded.recipe();
    if (updatesPerEpoch.isPresent()) {
      return assumed(recipe, updatesPerEpoch.getAsLong(), new ArrayList<>());
    }
    List<String> notes = new ArrayList<>();
    if (!recipe.data().isNone()) {
      try {
        Experiment experiment = Experiment.plan(loaded, around);
        Recipe settled = experiment.recipe();
        long updates = experiment.updates() / settled.epochs().value();
        if (updates >= 1) {
          notes.add("an epoch of " + experiment.data().name() + " has " + updates + " updates");
          return draw(settled, updates, notes);
        }
      } catch (LinnetException unusable) {
        notes.add("the data cannot be used: " + unusable.getMessage());
      }
    }
    notes.add("assumed: " + ASSUMED_UPDATES + " updates an epoch (--updates-per-epoch changes it)");
    return assumed(recipe, ASSUMED_UPDATES, notes);
  }

  /** With what is usual for what is still {@code auto}. */
  private static SchedulePlot assumed(Recipe recipe, long updatesPerEpoch, List<String> notes) {
    if (recipe.epochs().isAuto()) {
      notes.add("assumed: " + ASSUMED_EPOCHS + " epochs (--set epochs= changes it)");
    }
    int epochs = recipe.epochs().orElse(ASSUMED_EPOCHS);
    ScheduleRecipe schedule = recipe.schedule().settled(OrNone.none(), Math.min(5, epochs / 10.0));
    OrNone<Integer> per = schedule.rate().lrPer().value();
    if (!per.isNone() && recipe.batch().isAuto()) {
      notes.add("assumed: " + per.value() + " pictures an update, which lr is meant for");
    }
    int batch = recipe.batch().orElse(Math.max(1, per.given().orElse(1) / recipe.accumulate()));
    Recipe settled =
        recipe
            .withSchedule(schedule)
            .with("epochs", OrAuto.of(epochs))
            .with("batch", OrAuto.of(batch));
    return draw(settled, updatesPerEpoch, notes);
  }

  private static SchedulePlot draw(Recipe recipe, long updatesPerEpoch, List<String> notes) {
    int epochs = recipe.epochs().value();
    Check.that(
        updatesPerEpoch >= 1 && updatesPerEpoch <= MOST_UPDATES,
        "updates an epoch",
        updatesPerEpoch,
        "in [1, " + MOST_UPDATES + "]");
    Schedule schedule = Ingredients.schedule(recipe, updatesPerEpoch);
    boolean watches = recipe.schedule() instanceof ScheduleRecipe.Plateau;
    if (watches) {
      notes.add("drawn as if the validation's top-1 never rose after the first epoch");
    }
    long updates = updatesPerEpoch * epochs;
    long step = Math.max(1, updates / POINTS);
    List<Point> points = new ArrayList<>();
    for (long k = 0; k < updates; k += step) {
      Schedule then =
          watches
              ? schedule.after(Collections.nCopies(Math.toIntExact(k / updatesPerEpoch), 50.0))
              : schedule;
      points.add(new Point((double) k / updatesPerEpoch, then.lr(k)));
    }
    points.add(new Point(epochs, points.get(points.size() - 1).y()));
    double warmup = recipe.schedule().warmup().warmupEpochs().value();
    List<Mark> marks = warmup > 0 ? List.of(new Mark(warmup, "warm-up")) : List.of();
    Chart chart =
        new Chart("Learning rate", "epoch", List.of(new Curve("learning rate", points)), marks);
    return new SchedulePlot(chart, epochs, updatesPerEpoch, notes);
  }
}
