package dev.linnet.search;

import dev.linnet.report.Chart;
import dev.linnet.report.Chart.Curve;
import dev.linnet.report.Chart.Point;
import dev.linnet.report.Chart.Spread;
import dev.linnet.report.Curves;
import dev.linnet.report.Facts;
import dev.linnet.report.Figures;
import dev.linnet.report.Gains;
import dev.linnet.report.Listing;
import dev.linnet.report.Notes;
import dev.linnet.report.RunReport;
import dev.linnet.report.Section;
import dev.linnet.report.Table;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.TreeMap;
import java.util.function.Function;

/** A study's results on one page. */
final class StudyPage {
  private final StudyResults results;
  private final StudyTables tables;

  StudyPage(StudyResults results, StudyTables tables) {
    this.results = results;
    this.tables = tables;
  }

  RunReport page() {
    List<Section> sections = new ArrayList<>();
    sections.add(figures());
    sections.add(new Notes(tables.statements()));
    sections.add(new Table("Rows", tables.legend(), tables.head(), tables.table()));
    sections.add(
        gains(
            "Beside \"" + results.reference().row().name() + "\"",
            "Each seed less the reference with the same seed, their mean, and their"
                + " deviation.",
            StudyResults.Row::toReference,
            (row, seed) -> difference(row, results.reference(), seed)));
    if (results.plan().study().design() == Study.Design.CUMULATIVE) {
      sections.add(
          gains(
              "Beside the row above",
              "What each row's own keys gain over all that was there before.",
              StudyResults.Row::gain,
              (row, seed) -> difference(row, results.rows().get(row.row().against()), seed)));
    }
    addCurves(
        sections,
        "validation " + results.plan().measure().title() + ", %",
        RunFigures.Epoch::score);
    addCurves(sections, "training loss", epoch -> OptionalDouble.of(epoch.trainLoss()));
    sections.add(new Listing("Study", Studies.write(results.plan().study())));
    sections.add(new Facts("Run with", tables.factMap()));
    return new RunReport(results.plan().study().title(), results.plan().study().source(), sections);
  }

  private Figures figures() {
    List<Figures.Figure> figures = new ArrayList<>();
    StudyResults.Row reference = results.reference();
    figures.add(
        new Figures.Figure("Reference", percent(reference.score().mean()), reference.row().name()));
    results.rows().stream()
        .filter(row -> row.score().n() > 0)
        .max(Comparator.comparingDouble(row -> row.score().mean()))
        .ifPresent(
            best ->
                figures.add(
                    new Figures.Figure("Best", percent(best.score().mean()), best.row().name())));
    long finished = results.rows().stream().mapToLong(row -> row.finished().size()).sum();
    figures.add(
        new Figures.Figure(
            "Runs",
            String.valueOf(finished),
            results.rows().size() + " rows, " + results.plan().study().seeds().size() + " seeds"));
    double seconds =
        results.rows().stream()
            .flatMap(row -> row.finished().stream())
            .mapToDouble(RunFigures::seconds)
            .sum();
    figures.add(
        new Figures.Figure(
            "Time", String.format(Locale.ROOT, "%.1f h", seconds / 3600), "of all runs"));
    return new Figures(figures);
  }

  private static String percent(double value) {
    return Double.isNaN(value) ? "–" : String.format(Locale.ROOT, "%.2f %%", value);
  }

  // ------------------------------------------------------------------ gains

  private interface OfSeed {
    OptionalDouble difference(StudyResults.Row row, long seed);
  }

  private Gains gains(
      String title,
      String about,
      Function<StudyResults.Row, java.util.Optional<Difference>> of,
      OfSeed ofSeed) {
    List<Gains.Gain> gains = new ArrayList<>();
    for (StudyResults.Row row : results.rows()) {
      of.apply(row)
          .ifPresent(
              difference -> {
                List<Double> values = new ArrayList<>();
                for (long seed : results.plan().study().seeds()) {
                  ofSeed.difference(row, seed).ifPresent(values::add);
                }
                gains.add(
                    new Gains.Gain(
                        row.row().name(),
                        difference.paired().orElse(Double.NaN),
                        difference.deviation().orElse(0),
                        values));
              });
    }
    return new Gains(title, about, "percentage points", gains);
  }

  private static OptionalDouble difference(
      StudyResults.Row row, StudyResults.Row other, long seed) {
    OptionalDouble one = score(row, seed);
    OptionalDouble two = score(other, seed);
    return one.isPresent() && two.isPresent()
        ? OptionalDouble.of(one.getAsDouble() - two.getAsDouble())
        : OptionalDouble.empty();
  }

  private static OptionalDouble score(StudyResults.Row row, long seed) {
    return row.runs().stream()
        .filter(run -> run.seed() == seed)
        .flatMap(run -> run.figures().stream())
        .mapToDouble(RunFigures::score)
        .findFirst();
  }

  // ------------------------------------------------------------------ curves

  /** A chart for each row, with the reference beside it, all on one scale. */
  private void addCurves(
      List<Section> sections, String what, Function<RunFigures.Epoch, OptionalDouble> value) {
    List<Curve> curves = results.rows().stream().map(row -> curve(row, value)).toList();
    double low = Double.POSITIVE_INFINITY;
    double high = Double.NEGATIVE_INFINITY;
    for (Curve curve : curves) {
      for (Spread spread : curve.band()) {
        low = Math.min(low, spread.low());
        high = Math.max(high, spread.high());
      }
    }
    if (low > high) {
      return;
    }
    List<Chart> charts = new ArrayList<>();
    Curve reference = curves.get(results.plan().reference());
    for (int i = 0; i < curves.size(); i++) {
      if (curves.get(i).points().isEmpty()) {
        continue;
      }
      List<Curve> both =
          i == results.plan().reference() ? List.of(reference) : List.of(reference, curves.get(i));
      String title = results.rows().get(i).row().name() + ": " + what;
      charts.add(new Chart(title, "epoch", both, List.of()).covering(low, high));
    }
    sections.add(new Curves(charts));
  }

  /** The mean over the seeds at each epoch, and the least and most of them round it. */
  private static Curve curve(
      StudyResults.Row row, Function<RunFigures.Epoch, OptionalDouble> value) {
    Map<Integer, List<Double>> byEpoch = new TreeMap<>();
    for (RunFigures run : row.finished()) {
      for (RunFigures.Epoch epoch : run.curve()) {
        OptionalDouble at = value.apply(epoch);
        if (at.isPresent() && Double.isFinite(at.getAsDouble())) {
          byEpoch.computeIfAbsent(epoch.epoch(), e -> new ArrayList<>()).add(at.getAsDouble());
        }
      }
    }
    List<Point> points = new ArrayList<>();
    List<Spread> band = new ArrayList<>();
    byEpoch.forEach(
        (epoch, values) -> {
          points.add(new Point(epoch, Sample.of(values).mean()));
          band.add(
              new Spread(
                  epoch,
                  values.stream().mapToDouble(v -> v).min().orElseThrow(),
                  values.stream().mapToDouble(v -> v).max().orElseThrow()));
        });
    return new Curve(row.row().name(), points, band);
  }
}
