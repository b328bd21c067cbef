package dev.linnet.cli;

import static java.util.Objects.requireNonNull;

import dev.linnet.base.AtomicFile;
import dev.linnet.base.LinnetException;
import dev.linnet.recipe.Experiment;
import dev.linnet.recipe.TrainingRun;
import dev.linnet.report.Chart;
import dev.linnet.report.Chart.Curve;
import dev.linnet.report.Chart.Mark;
import dev.linnet.report.Chart.Point;
import dev.linnet.report.TextPlot;
import dev.linnet.train.LearningRateCurve;
import dev.linnet.train.LearningRateFinder;
import dev.linnet.train.RunFolder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.ToDoubleFunction;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** {@code train --find-lr}: tries learning rates and says which would do. */
final class FindLr {
  private static final int PLOT_WIDTH = 78;
  private static final int PLOT_HEIGHT = 10;

  private final Session session;
  private final Output output;
  private final Experiment experiment;

  FindLr(Session session, Experiment experiment) {
    this.session = session;
    this.output = session.output();
    this.experiment = experiment;
  }

  /** A suggestion for {@code schedule.lr}: that of an update, divided by what the batch scales. */
  private record Suggestion(String name, String reason, double ofUpdate, double ofRecipe) {}

  /**
   * Tries and answers.
   *
   * @param out new folder for {@code lr.csv} and {@code lr.svg}
   */
  int answer(@Nullable Path out) {
    LearningRateFinder.Range range = LearningRateFinder.Range.DEFAULT;
    output.note(
        String.format(
            Locale.ROOT,
            "trying %d learning rates from %.0e to %.0f",
            range.updates(),
            range.from(),
            range.to()));
    LearningRateCurve curve = curve(range);
    List<Suggestion> suggestions = suggestions(curve);
    Chart chart = chart(curve, suggestions);
    if (out != null) {
      make(out);
      AtomicFile.write(out.resolve("lr.csv"), curve.csv());
      AtomicFile.write(out.resolve("lr.svg"), chart.svg());
    }
    if (output.isJson()) {
      output.json(json(curve, suggestions, out));
      return Failures.DONE;
    }
    TextPlot.lines(chart, PLOT_WIDTH, PLOT_HEIGHT).forEach(output::note);
    if (suggestions.isEmpty()) {
      output.answer(
          "no learning rate to suggest: the loss never fell in %d updates"
              .formatted(curve.points().size()));
    }
    for (Suggestion suggestion : suggestions) {
      output.answer(
          "schedule.lr=%s  %s (%s of an update)"
              .formatted(
                  number(suggestion.ofRecipe()),
                  suggestion.reason(),
                  number(suggestion.ofUpdate())));
    }
    if (out != null) {
      output.answer("curve: " + out.resolve("lr.csv") + ", " + out.resolve("lr.svg"));
    }
    return Failures.DONE;
  }

  /** A run needs a folder; this one is gone afterwards. */
  private LearningRateCurve curve(LearningRateFinder.Range range) {
    Path folder = temporary();
    AtomicReference<@Nullable LearningRateCurve> curve = new AtomicReference<>();
    try (TrainingRun run =
        new TrainingRun(
            experiment, RunFolder.create(folder.resolve("run")), session.command(), output::warn)) {
      session.shell().interrupts().during(() -> curve.set(run.tryRates(range)), run::requestStop);
    } finally {
      delete(folder);
    }
    return requireNonNull(curve.get());
  }

  private static Path temporary() {
    try {
      return Files.createTempDirectory("linnet-find-lr");
    } catch (IOException e) {
      throw new LinnetException("no temporary folder can be made: " + e.getMessage(), e);
    }
  }

  private static void make(Path folder) {
    try {
      Files.createDirectories(folder);
    } catch (IOException e) {
      throw new LinnetException("--out: " + folder + " cannot be made: " + AtomicFile.reason(e), e);
    }
  }

  private void delete(Path folder) {
    try (Stream<Path> files = Files.walk(folder)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    } catch (IOException e) {
      output.warn(folder + ": cannot be deleted: " + e.getMessage());
    }
  }

  private List<Suggestion> suggestions(LearningRateCurve curve) {
    double scale =
        experiment.recipe().schedule().rate().scale(experiment.recipe().picturesPerUpdate());
    List<Suggestion> found = new ArrayList<>();
    curve
        .steepest()
        .ifPresent(
            lr ->
                found.add(
                    new Suggestion("steepest", "where the loss falls fastest", lr, lr / scale)));
    if (!found.isEmpty()) {
      curve
          .tenthOfMinimum()
          .ifPresent(
              lr ->
                  found.add(
                      new Suggestion("min/10", "a tenth of where it is lowest", lr, lr / scale)));
    }
    return found;
  }

  private static Chart chart(LearningRateCurve curve, List<Suggestion> suggestions) {
    List<Mark> marks = suggestions.stream().map(s -> new Mark(s.ofUpdate(), s.name())).toList();
    return new Chart(
            "Loss against learning rate",
            "learning rate",
            List.of(
                new Curve("smoothed", points(curve, LearningRateCurve.Point::smoothed)),
                new Curve("loss", points(curve, LearningRateCurve.Point::loss))),
            marks)
        .withScale(Chart.Scale.LOGARITHMIC);
  }

  private static List<Point> points(
      LearningRateCurve curve, ToDoubleFunction<LearningRateCurve.Point> of) {
    return curve.points().stream().map(p -> new Point(p.lr(), of.applyAsDouble(p))).toList();
  }

  private static Map<String, Object> json(
      LearningRateCurve curve, List<Suggestion> suggestions, @Nullable Path out) {
    Map<String, Object> json = new LinkedHashMap<>();
    Map<String, Object> rates = new LinkedHashMap<>();
    suggestions.forEach(s -> rates.put(s.name(), s.ofRecipe()));
    json.put("schedule.lr", rates);
    json.put("updates", curve.points().size());
    if (out != null) {
      json.put("folder", out.toString());
    }
    return json;
  }

  private static String number(double value) {
    return String.format(Locale.ROOT, "%.2g", value);
  }
}
