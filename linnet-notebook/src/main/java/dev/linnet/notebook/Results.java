package dev.linnet.notebook;

import dev.linnet.recipe.TrainingRun;
import dev.linnet.report.Chart;
import dev.linnet.report.Curves;
import dev.linnet.report.Figures;
import dev.linnet.report.Section;
import dev.linnet.report.Table;
import dev.linnet.train.EpochMetrics;
import dev.linnet.train.Metrics;
import dev.linnet.train.Predictor;
import dev.linnet.train.TrainingResult;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.ToDoubleFunction;

/** Results of trainings and predictions as parts of a page. */
final class Results {
  private static final int SHOWN = 5;

  private Results() {}

  /** The most probable classes, at most five. */
  static Section answers(Predictor.Prediction prediction) {
    List<List<String>> rows =
        prediction.ranked().stream()
            .limit(SHOWN)
            .map(r -> List.of(percent(100 * r.probability()), r.name()))
            .toList();
    return new Table(prediction.picture(), "", List.of("probability", "class"), rows);
  }

  /** What the test pictures say, then how the training went. */
  static List<Section> of(TrainingRun.Outcome outcome) {
    List<Figures.Figure> figures = new ArrayList<>();
    outcome
        .test()
        .ifPresent(
            test -> {
              Metrics metrics = test.metrics();
              String pictures = String.format(Locale.ROOT, "of %,d pictures", metrics.images());
              figures.add(new Figures.Figure("top-1", percent(metrics.top1()), pictures));
            });
    figures.addAll(figures(outcome.result()));
    List<Section> sections = new ArrayList<>();
    sections.add(new Figures(figures));
    sections.addAll(curves(outcome.result()));
    return sections;
  }

  /** How a training went. */
  static List<Section> of(TrainingResult result) {
    List<Section> sections = new ArrayList<>();
    sections.add(new Figures(figures(result)));
    sections.addAll(curves(result));
    return sections;
  }

  private static List<Figures.Figure> figures(TrainingResult result) {
    String seconds = String.format(Locale.ROOT, "%.1f s", result.seconds());
    String best = result.best().map(b -> "best: epoch " + b.epoch()).orElse("");
    return List.of(
        new Figures.Figure("epochs", String.valueOf(result.epochs().size()), best),
        new Figures.Figure("time", seconds, result.updates() + " updates"));
  }

  private static List<Section> curves(TrainingResult result) {
    List<EpochMetrics> epochs = result.epochs();
    if (epochs.isEmpty()) {
      return List.of();
    }
    Chart loss = chart("Loss", epochs, EpochMetrics::trainLoss, Metrics::loss);
    Chart top1 = chart("Top-1, %", epochs, EpochMetrics::trainTop1, Metrics::top1);
    return List.of(new Curves(List.of(loss, top1)));
  }

  private static Chart chart(
      String title,
      List<EpochMetrics> epochs,
      ToDoubleFunction<EpochMetrics> training,
      ToDoubleFunction<Metrics> validation) {
    List<Chart.Point> trained = new ArrayList<>();
    List<Chart.Point> validated = new ArrayList<>();
    for (EpochMetrics epoch : epochs) {
      trained.add(new Chart.Point(epoch.epoch(), training.applyAsDouble(epoch)));
      epoch
          .validation()
          .ifPresent(
              v -> validated.add(new Chart.Point(epoch.epoch(), validation.applyAsDouble(v))));
    }
    List<Chart.Curve> curves = new ArrayList<>(List.of(new Chart.Curve("training", trained)));
    if (!validated.isEmpty()) {
      curves.add(new Chart.Curve("validation", validated));
    }
    return new Chart(title, "epoch", curves, List.of());
  }

  private static String percent(double value) {
    return String.format(Locale.ROOT, "%.1f %%", value);
  }
}
