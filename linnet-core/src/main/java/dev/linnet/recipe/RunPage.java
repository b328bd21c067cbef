package dev.linnet.recipe;

import dev.linnet.base.LinnetException;
import dev.linnet.data.PictureSet;
import dev.linnet.image.DecodeOptions;
import dev.linnet.image.ImageSize;
import dev.linnet.image.Interpolation;
import dev.linnet.image.JpegWriter;
import dev.linnet.image.Picture;
import dev.linnet.image.PngWriter;
import dev.linnet.image.Resize;
import dev.linnet.metric.ConfusionMatrix;
import dev.linnet.report.Chart;
import dev.linnet.report.ClassTable;
import dev.linnet.report.Confusions;
import dev.linnet.report.Curves;
import dev.linnet.report.Facts;
import dev.linnet.report.Figures;
import dev.linnet.report.Gallery;
import dev.linnet.report.Image;
import dev.linnet.report.Listing;
import dev.linnet.report.Mistakes;
import dev.linnet.report.Notes;
import dev.linnet.report.RunReport;
import dev.linnet.report.Section;
import dev.linnet.train.Environment;
import dev.linnet.train.EpochMetrics;
import dev.linnet.train.Evaluator;
import dev.linnet.train.Metrics;
import dev.linnet.train.SimilarityMetrics;
import dev.linnet.train.TrainingResult;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Function;

/** Puts a run's figures, curves and mistakes on the page {@code report.html}. */
final class RunPage {
  private static final int THUMBNAIL = 128;

  /** Below it pixels are shown sharp. */
  private static final int SHARP = 48;

  private final Experiment experiment;
  private final TrainingResult result;
  private final Environment environment;

  RunPage(Experiment experiment, TrainingResult result, Environment environment) {
    this.experiment = experiment;
    this.result = result;
    this.environment = environment;
  }

  /** What was measured at the end, and on which pictures. */
  record Measured(String split, PictureSet set, Evaluator.Report report) {}

  /**
   * The page.
   *
   * @param learnt parts that show what the network learnt
   * @param run its folder
   */
  RunReport page(String title, Optional<Measured> measured, List<Section> learnt, Path run) {
    Recipe recipe = experiment.recipe();
    String subtitle =
        String.format(
            Locale.ROOT,
            "%s on %s, %d×%d pixels, %d epochs, %s",
            recipe.model().value(),
            experiment.data().name(),
            recipe.size().value(),
            recipe.size().value(),
            result.epochs().size(),
            environment.facts().get("started"));
    List<Section> sections = new ArrayList<>();
    sections.add(figures(measured));
    List<String> notes = new ArrayList<>(experiment.warnings());
    notes.addAll(experiment.chosen().reasons());
    if (!notes.isEmpty()) {
      sections.add(new Notes(notes));
    }
    sections.add(curves());
    measured.ifPresent(m -> addTables(sections, m));
    sections.addAll(learnt);
    sections.add(
        new Listing("More of what the network learnt, as a page of its own", command(run)));
    sections.add(new Listing("Recipe", RecipeWriter.write(experiment.chosen().loaded())));
    Map<String, String> facts = new LinkedHashMap<>();
    new TreeMap<>(environment.facts()).forEach((k, v) -> facts.put(k, String.valueOf(v)));
    sections.add(new Facts("Environment", facts));
    return new RunReport(title, subtitle, sections);
  }

  private static String command(Path run) {
    String name = run.toString();
    return "linnet explain "
        + (name.matches("[\\w./~+=:@-]+") ? name : '"' + name + '"')
        + " --network";
  }

  private Figures figures(Optional<Measured> measured) {
    List<Figures.Figure> figures = new ArrayList<>();
    measured.ifPresent(
        m -> {
          Metrics metrics = m.report().metrics();
          if (metrics.similarity().isPresent()) {
            addSimilarity(figures, m, metrics.similarity().get());
            return;
          }
          figures.add(
              new Figures.Figure(
                  "Top-1",
                  percent(metrics.top1()),
                  m.split() + ", " + metrics.images() + " pictures"));
          if (experiment.classes().size() > 5) {
            figures.add(new Figures.Figure("Top-5", percent(metrics.top5()), m.split()));
          }
          figures.add(new Figures.Figure("Loss", number(metrics.loss()), m.split()));
          figures.add(
              new Figures.Figure(
                  "Calibration error",
                  percent(100 * m.report().calibration().error()),
                  "15 bins of confidence"));
        });
    result
        .best()
        .flatMap(EpochMetrics::validation)
        .ifPresent(
            v ->
                figures.add(
                    new Figures.Figure(
                        "Best validation",
                        percent(v.top1()),
                        "epoch " + result.best().orElseThrow().epoch())));
    figures.add(
        new Figures.Figure(
            "Time",
            String.format(Locale.ROOT, "%.0f s", result.seconds()),
            result.updates() + " updates"));
    figures.add(
        new Figures.Figure(
            "Network",
            compact(experiment.cost().parameters()),
            String.format(
                Locale.ROOT,
                "%,d parameters, %,d MACs",
                experiment.cost().parameters(),
                experiment.cost().macs())));
    return new Figures(figures);
  }

  private static void addSimilarity(List<Figures.Figure> figures, Measured m, SimilarityMetrics s) {
    figures.add(
        new Figures.Figure(
            "Recall@1",
            percent(s.recallAt1()),
            m.split() + ", " + m.report().metrics().images() + " pictures"));
    figures.add(new Figures.Figure("Recall@8", percent(s.recallAt8()), m.split()));
    figures.add(new Figures.Figure("mAP@R", percent(s.mapAtR()), m.split()));
  }

  private Curves curves() {
    List<Chart.Mark> marks =
        result.best().stream().map(b -> new Chart.Mark(b.epoch(), "best")).toList();
    List<Chart> charts = new ArrayList<>();
    boolean names = experiment.recipe().task() == Task.CLASSIFICATION;
    charts.add(
        new Chart(
            "Loss",
            "epoch",
            List.of(
                curve("training", e -> Optional.of(e.trainLoss())),
                curve("validation", e -> e.validation().filter(v -> names).map(Metrics::loss))),
            marks));
    charts.add(
        new Chart(
            names ? "Top-1, %" : "Recall@1, %",
            "epoch",
            List.of(
                curve("training", e -> Optional.of(e.trainTop1())),
                curve("validation", e -> e.validation().map(Metrics::top1))),
            marks));
    charts.add(
        new Chart(
            "Learning rate",
            "epoch",
            List.of(curve("learning rate", e -> Optional.of(e.lr()))),
            List.of()));
    return new Curves(charts);
  }

  private Chart.Curve curve(String name, Function<EpochMetrics, Optional<Double>> value) {
    List<Chart.Point> points = new ArrayList<>();
    for (EpochMetrics epoch : result.epochs()) {
      value.apply(epoch).ifPresent(y -> points.add(new Chart.Point(epoch.epoch(), y)));
    }
    return new Chart.Curve(name, points);
  }

  private void addTables(List<Section> sections, Measured m) {
    ConfusionMatrix confusion = m.report().confusion();
    sections.add(Confusions.of(experiment.classes(), confusion.counts()));
    List<ClassTable.Row> rows = new ArrayList<>();
    for (int c = 0; c < experiment.classes().size(); c++) {
      ConfusionMatrix.ClassScores s = confusion.scores(c);
      rows.add(
          new ClassTable.Row(
              experiment.classes().get(c), s.precision(), s.recall(), s.f1(), s.support()));
    }
    sections.add(new ClassTable(rows));
    List<Mistakes.Mistake> mistakes = new ArrayList<>();
    for (Evaluator.Answer mistake : m.report().mistakes()) {
      thumbnail(m.set(), mistake.index())
          .ifPresent(
              t ->
                  mistakes.add(
                      new Mistakes.Mistake(
                          m.set().name(mistake.index()),
                          experiment.classes().get(mistake.target()),
                          experiment.classes().get(mistake.predicted()),
                          mistake.confidence(),
                          t)));
    }
    if (!mistakes.isEmpty()) {
      sections.add(new Mistakes(mistakes));
    }
    addDoubts(sections, m);
  }

  private void addDoubts(List<Section> sections, Measured m) {
    List<Gallery.Item> items = new ArrayList<>();
    for (Evaluator.Answer doubt : m.report().doubts()) {
      String caption =
          String.format(
              Locale.ROOT,
              "is %s, said %s %.0f\u00a0%%",
              experiment.classes().get(doubt.target()),
              experiment.classes().get(doubt.predicted()),
              100 * doubt.confidence());
      Gallery.Mark mark =
          doubt.predicted() == doubt.target() ? Gallery.Mark.GOOD : Gallery.Mark.BAD;
      thumbnail(m.set(), doubt.index())
          .ifPresent(
              t -> items.add(new Gallery.Item(t, caption, m.set().name(doubt.index()), mark)));
    }
    if (!items.isEmpty()) {
      sections.add(
          new Gallery(
              "Most uncertain",
              "The answers whose probabilities are spread most evenly. Blue: right, orange: wrong.",
              Gallery.Size.MEDIUM,
              List.of(new Gallery.Row("", items))));
    }
  }

  /** Small pictures as they are, others as a JPEG. */
  private static Optional<Image> thumbnail(PictureSet set, int index) {
    try {
      Picture picture = set.read(index, DecodeOptions.DEFAULT);
      int longer = Math.max(picture.height(), picture.width());
      if (longer < SHARP) {
        return Optional.of(Image.png(PngWriter.write(picture), picture.width(), picture.height()));
      }
      double scale = Math.min(1, (double) THUMBNAIL / longer);
      ImageSize size =
          new ImageSize(
              Math.max(1, (int) Math.round(picture.height() * scale)),
              Math.max(1, (int) Math.round(picture.width() * scale)));
      Picture small = Resize.apply(picture, size, Interpolation.BILINEAR);
      return Optional.of(Image.jpeg(JpegWriter.write(small, 80), size.width(), size.height()));
    } catch (LinnetException unread) {
      return Optional.empty();
    }
  }

  /** Three digits: 61.7 k, 25.6 M. */
  private static String compact(long count) {
    double value = count;
    int step = 0;
    while (value >= 999.5 && step < 3) {
      value /= 1000;
      step++;
    }
    String digits = String.format(Locale.ROOT, value < 100 && step > 0 ? "%.1f" : "%.0f", value);
    return digits + List.of("", "\u00a0k", "\u00a0M", "\u00a0G").get(step);
  }

  private static String percent(double value) {
    return String.format(Locale.ROOT, "%.2f %%", value);
  }

  private static String number(double value) {
    return String.format(Locale.ROOT, "%.4f", value);
  }
}
