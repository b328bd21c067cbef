package dev.linnet.train.robustness;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.linnet.base.AtomicFile;
import dev.linnet.metric.Separation;
import dev.linnet.report.Csv;
import dev.linnet.train.robustness.Robustness.Detected;
import dev.linnet.train.robustness.Robustness.Point;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * What was measured as JSON, CSV, a page and a short table. All shares are in percent there.
 *
 * @param model what the network is called
 * @param data what its pictures are called
 * @param plan what was asked
 */
public record RobustnessReport(
    String model, String data, RobustnessPlan plan, Robustness robustness) {
  private static final List<String> COLUMNS = List.of("measure", "data", "at", "percent");

  /** The JSON that is written, as maps and lists. */
  public Map<String, Object> json() {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("center_occlusion", points(robustness.center(), "hole"));
    json.put("border_occlusion", points(robustness.border(), "hole"));
    json.put("mixup_pairs", points(robustness.mixup(), "lambda"));
    json.put("cutmix_pairs", points(robustness.cutmix(), "lambda"));
    json.put("fgsm", points(robustness.fgsm(), "epsilon"));
    Robustness.Calibrated calibrated = robustness.calibration();
    Map<String, Object> calibration = new LinkedHashMap<>();
    calibration.put("images", calibrated.images());
    calibration.put("ece", 100 * calibrated.before().error());
    calibration.put("loss", calibrated.before().loss());
    calibration.put("temperature", calibrated.temperature());
    calibration.put("fitted_on", calibrated.fittedOn());
    calibration.put("fitted_images", calibrated.fitted());
    calibration.put("ece_scaled", 100 * calibrated.after().error());
    calibration.put("loss_scaled", calibrated.after().loss());
    json.put("calibration", calibration);
    json.put("ood", robustness.detections().stream().map(RobustnessReport::json).toList());
    return json;
  }

  private static List<Map<String, Object>> points(List<Point> points, String name) {
    List<Map<String, Object>> list = new ArrayList<>();
    for (Point point : points) {
      Map<String, Object> json = new LinkedHashMap<>();
      json.put(name, point.at());
      json.put("error", 100 * point.error());
      list.add(json);
    }
    return list;
  }

  private static Map<String, Object> json(Detected detected) {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("data", detected.data());
    json.put("detector", name(detected));
    json.put("images", detected.images());
    figures(detected.separation()).forEach((key, share) -> json.put(key, 100 * share));
    return json;
  }

  private static Map<String, Double> figures(Separation separation) {
    Map<String, Double> figures = new LinkedHashMap<>();
    figures.put("auroc", separation.auroc());
    figures.put("aupr_in", separation.auprIn());
    figures.put("aupr_out", separation.auprOut());
    figures.put("tnr_at_tpr95", separation.tnrAtTpr95());
    figures.put("detection_error", separation.error());
    return figures;
  }

  static String name(Detected detected) {
    return detected.detector().name().toLowerCase(Locale.ROOT);
  }

  /** One figure a line: what, of which foreign pictures, at which hole, λ or ε, percent. */
  public String csv() {
    List<List<String>> rows = new ArrayList<>();
    rows.add(List.of("clean", "", "", String.valueOf(100 - robustness.clean().top1())));
    add(rows, "center_occlusion", robustness.center());
    add(rows, "border_occlusion", robustness.border());
    add(rows, "mixup_pairs", robustness.mixup());
    add(rows, "cutmix_pairs", robustness.cutmix());
    add(rows, "fgsm", robustness.fgsm());
    Robustness.Calibrated calibrated = robustness.calibration();
    rows.add(List.of("calibration_error", "", "1.0", percent(calibrated.before().error())));
    rows.add(
        List.of(
            "calibration_error",
            "",
            String.valueOf(calibrated.temperature()),
            percent(calibrated.after().error())));
    for (Detected detected : robustness.detections()) {
      figures(detected.separation())
          .forEach(
              (key, share) ->
                  rows.add(
                      List.of(name(detected) + "_" + key, detected.data(), "", percent(share))));
    }
    return Csv.text(COLUMNS, rows);
  }

  private static void add(List<List<String>> rows, String measure, List<Point> points) {
    for (Point point : points) {
      rows.add(List.of(measure, "", String.valueOf(point.at()), percent(point.error())));
    }
  }

  private static String percent(double share) {
    return String.valueOf(100 * share);
  }

  /** A few lines for people: what, at which point, the figure. The first is the head. */
  public List<List<String>> table() {
    List<List<String>> rows = new ArrayList<>();
    rows.add(List.of("measure", "at", "figure", "value"));
    rows.add(List.of("clean", "", "top-1 error", shown(1 - robustness.clean().top1() / 100)));
    some(rows, "center occlusion", "hole of %.0f", "top-1 error", robustness.center());
    some(rows, "border occlusion", "all but %.0f", "top-1 error", robustness.border());
    some(rows, "mixup pairs", "λ = %.2f", "neither class", robustness.mixup());
    some(rows, "CutMix pairs", "λ = %.2f", "neither class", robustness.cutmix());
    for (Point point : robustness.fgsm()) {
      rows.add(
          List.of(
              "FGSM", "ε = " + number(point.at()) + "/255", "top-1 error", shown(point.error())));
    }
    Robustness.Calibrated calibrated = robustness.calibration();
    rows.add(List.of("calibration", "T = 1", "ECE", shown(calibrated.before().error())));
    rows.add(
        List.of(
            "",
            format("T = %.3f", calibrated.temperature()),
            "ECE",
            shown(calibrated.after().error())));
    for (Detected detected : robustness.detections()) {
      String detector = name(detected);
      Separation found = detected.separation();
      rows.add(List.of(detected.data(), detector, "AUROC", shown(found.auroc())));
      rows.add(List.of("", "", "TNR at TPR 95 %", shown(found.tnrAtTpr95())));
      rows.add(List.of("", "", "detection error", shown(found.error())));
    }
    return rows;
  }

  /** The points nearest to a quarter, a half and three quarters of the way. */
  private static void some(
      List<List<String>> rows, String measure, String at, String figure, List<Point> points) {
    int last = points.size() - 1;
    points.stream()
        .filter(
            point -> {
              int i = points.indexOf(point);
              return i == last / 4 || i == last / 2 || i == last - last / 4;
            })
        .forEach(
            point ->
                rows.add(List.of(measure, format(at, point.at()), figure, shown(point.error()))));
  }

  static String shown(double share) {
    return format("%.2f %%", 100 * share);
  }

  /** Without a decimal point where it is whole. */
  static String number(double value) {
    return value == Math.rint(value) ? format("%.0f", value) : String.valueOf(value);
  }

  static String format(String form, double value) {
    return String.format(Locale.ROOT, form, value);
  }

  /**
   * Writes page, JSON and CSV, each over one that may be there.
   *
   * @param folder made where it is not there
   * @param stem of the files' names, such as {@code robustness}
   * @throws dev.linnet.base.LinnetException if the folder cannot be written
   */
  public void write(Path folder, String stem) {
    AtomicFile.write(folder.resolve(stem + ".json"), text());
    AtomicFile.write(folder.resolve(stem + ".csv"), csv());
    new RobustnessPage(this).page().write(folder.resolve(stem + ".html"));
  }

  private String text() {
    Map<String, Object> all = new LinkedHashMap<>();
    all.put("model", model);
    all.put("data", data);
    all.put("seed", plan.seed());
    all.put("images", robustness.clean().images());
    all.put("top1", robustness.clean().top1());
    all.put("top5", robustness.clean().top5());
    all.put("loss", robustness.clean().loss());
    all.putAll(json());
    try {
      return new ObjectMapper().writerWithDefaultPrettyPrinter().writeValueAsString(all) + "\n";
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("figures are maps, lists, numbers and texts", e);
    }
  }
}
