package dev.linnet.train.robustness;

import dev.linnet.metric.Calibration;
import dev.linnet.metric.Separation;
import dev.linnet.report.Chart;
import dev.linnet.report.Curves;
import dev.linnet.report.Facts;
import dev.linnet.report.Figures;
import dev.linnet.report.Notes;
import dev.linnet.report.RunReport;
import dev.linnet.report.Section;
import dev.linnet.report.Table;
import dev.linnet.train.robustness.Robustness.Calibrated;
import dev.linnet.train.robustness.Robustness.Detected;
import dev.linnet.train.robustness.Robustness.Detector;
import dev.linnet.train.robustness.Robustness.Point;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Puts what was measured on the page {@code robustness.html}. */
final class RobustnessPage {
  private final RobustnessReport report;
  private final Robustness robustness;

  RobustnessPage(RobustnessReport report) {
    this.report = report;
    this.robustness = report.robustness();
  }

  RunReport page() {
    List<Section> sections = new ArrayList<>();
    sections.add(figures());
    sections.add(new Curves(charts()));
    sections.add(detections());
    sections.add(meaning());
    sections.add(facts());
    return new RunReport(
        "Robustness of " + report.model(),
        "on "
            + report.data()
            + String.format(Locale.ROOT, ", %,d pictures", robustness.clean().images()),
        sections);
  }

  private Figures figures() {
    List<Figures.Figure> figures = new ArrayList<>();
    figures.add(
        new Figures.Figure(
            "Clean error", RobustnessReport.shown(1 - robustness.clean().top1() / 100), "top-1"));
    figures.add(half("Center occlusion", "hole of %.0f pixels", robustness.center()));
    figures.add(half("Border occlusion", "all but %.0f pixels", robustness.border()));
    figures.add(half("Mixup pairs", "neither class, λ = %.2f", robustness.mixup()));
    if (!robustness.fgsm().isEmpty()) {
      Point last = robustness.fgsm().get(robustness.fgsm().size() - 1);
      figures.add(
          new Figures.Figure(
              "FGSM",
              RobustnessReport.shown(last.error()),
              "top-1 error, ε = " + RobustnessReport.number(last.at()) + "/255"));
    }
    Calibrated calibrated = robustness.calibration();
    figures.add(
        new Figures.Figure(
            "Calibration error",
            RobustnessReport.shown(calibrated.before().error()),
            RobustnessReport.shown(calibrated.after().error())
                + RobustnessReport.format(" with T = %.2f", calibrated.temperature())));
    double auroc =
        robustness.detections().stream()
            .filter(d -> d.detector() == Detector.SOFTMAX)
            .mapToDouble(d -> d.separation().auroc())
            .average()
            .orElse(Double.NaN);
    figures.add(
        new Figures.Figure(
            "Foreign pictures", RobustnessReport.shown(auroc), "AUROC of the confidence, mean"));
    return new Figures(figures);
  }

  /** The point half way. */
  private static Figures.Figure half(String label, String at, List<Point> points) {
    Point middle = points.get((points.size() - 1) / 2);
    return new Figures.Figure(
        label, RobustnessReport.shown(middle.error()), RobustnessReport.format(at, middle.at()));
  }

  private List<Chart> charts() {
    Calibrated calibrated = robustness.calibration();
    return List.of(
        chart(
            "Center occlusion: top-1 error, %",
            "side of the hole, pixels", List.of(curve("error", robustness.center(), 1))),
        chart(
            "Border occlusion: top-1 error, %",
            "side of what is left, pixels", List.of(curve("error", robustness.border(), 1))),
        chart(
            "Pairs: taken for neither class, %",
            "λ, % of the first picture",
            List.of(
                curve("mixup", robustness.mixup(), 100),
                curve("CutMix", rising(robustness.cutmix()), 100))),
        chart("FGSM: top-1 error, %", "ε, levels of 255", List.of(curve("error", attacked(), 1))),
        chart(
            "Reliability: accuracy, %",
            "confidence, %",
            List.of(
                bins("T = 1", calibrated.before().bins()),
                bins(
                    RobustnessReport.format("T = %.2f", calibrated.temperature()),
                    calibrated.after().bins()),
                new Chart.Curve(
                    "as it should be",
                    List.of(new Chart.Point(0, 0), new Chart.Point(100, 100))))));
  }

  private static Chart chart(String title, String x, List<Chart.Curve> curves) {
    return new Chart(title, x, curves, List.of());
  }

  /** The curve begins at the clean error. */
  private List<Point> attacked() {
    List<Point> points = new ArrayList<>();
    if (robustness.fgsm().stream().noneMatch(point -> point.at() == 0)) {
      points.add(new Point(0, 1 - robustness.clean().top1() / 100));
    }
    points.addAll(robustness.fgsm());
    return rising(points);
  }

  private static List<Point> rising(List<Point> points) {
    return points.stream().sorted((a, b) -> Double.compare(a.at(), b.at())).toList();
  }

  private static Chart.Curve curve(String name, List<Point> points, double scale) {
    return new Chart.Curve(
        name, points.stream().map(p -> new Chart.Point(scale * p.at(), 100 * p.error())).toList());
  }

  private static Chart.Curve bins(String name, List<Calibration.Bin> bins) {
    return new Chart.Curve(
        name,
        bins.stream()
            .filter(bin -> bin.images() > 0)
            .map(bin -> new Chart.Point(100 * bin.confidence(), 100 * bin.accuracy()))
            .toList());
  }

  private Table detections() {
    List<List<String>> rows = new ArrayList<>();
    for (Detected detected : robustness.detections()) {
      Separation found = detected.separation();
      rows.add(
          List.of(
              detected.data(),
              RobustnessReport.name(detected),
              String.format(Locale.ROOT, "%,d", detected.images()),
              RobustnessReport.shown(found.auroc()),
              RobustnessReport.shown(found.tnrAtTpr95()),
              RobustnessReport.shown(found.error()),
              RobustnessReport.shown(found.auprIn()),
              RobustnessReport.shown(found.auprOut())));
    }
    return new Table(
        "Foreign pictures",
        "How well the confidence (softmax) and ODIN tell them from the pictures above.",
        List.of(
            "data",
            "detector",
            "pictures",
            "AUROC",
            "TNR at TPR 95 %",
            "detection error",
            "AUPR in",
            "AUPR out"),
        rows);
  }

  private Notes meaning() {
    List<String> notes = new ArrayList<>();
    notes.add(
        "Occlusion: a part is covered with the mean color. How far the error rises says how much"
            + " hangs on one part of the picture; covered pictures are none that a camera takes.");
    notes.add(
        "Pairs: two pictures of different classes, blended (mixup) or the second inside the first"
            + " (CutMix); wrong is an answer that is neither. Without mixing in training a network"
            + " is not meant to do well here.");
    notes.add(
        "FGSM: one step of someone who knows the network. A low error here is no defense: attacks"
            + " of many steps are far stronger.");
    notes.add(
        "Calibration: whether answers of 80 % confidence are right four times of five. T was fitted"
            + " on "
            + robustness.calibration().fittedOn()
            + ", never on the pictures that are measured.");
    notes.add(
        "Foreign pictures: AUROC 50 % is a guess. Noise is easy to tell, or should be; turned"
            + " pictures and enlarged parts are not always foreign (a turned 0 is a 0). Name your"
            + " own with --ood.");
    if (robustness.calibration().fitted() < FEW) {
      notes.add(
          "T was fitted on %d pictures only and may be far off."
              .formatted(robustness.calibration().fitted()));
    }
    return new Notes(notes);
  }

  /** Below so many pictures a temperature is little more than chance. */
  private static final int FEW = 100;

  private Facts facts() {
    Calibrated calibrated = robustness.calibration();
    Map<String, String> facts = new LinkedHashMap<>();
    facts.put("network", report.model());
    facts.put("data", report.data());
    facts.put("pictures", String.valueOf(robustness.clean().images()));
    facts.put("seed", String.valueOf(report.plan().seed()));
    facts.put(
        "temperature",
        RobustnessReport.format("%.4f", calibrated.temperature())
            + ", fitted on "
            + calibrated.fittedOn()
            + " ("
            + calibrated.fitted()
            + " pictures), measured on "
            + calibrated.images());
    facts.put(
        "loss",
        RobustnessReport.format("%.4f", calibrated.before().loss())
            + RobustnessReport.format(", with the temperature %.4f", calibrated.after().loss()));
    facts.put(
        "ODIN",
        "T = "
            + RobustnessReport.number(report.plan().odin().temperature())
            + ", ε = "
            + RobustnessReport.number(report.plan().odin().epsilon()));
    return new Facts("How it was measured", facts);
  }
}
