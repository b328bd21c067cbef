package dev.linnet.train.robustness;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.linnet.metric.Calibration;
import dev.linnet.metric.Separation;
import dev.linnet.train.Metrics;
import dev.linnet.train.robustness.Robustness.Calibrated;
import dev.linnet.train.robustness.Robustness.Detected;
import dev.linnet.train.robustness.Robustness.Detector;
import dev.linnet.train.robustness.Robustness.Point;
import dev.linnet.train.robustness.Robustness.Side;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
final class RobustnessReportTest {
  @TempDir private Path folder;

  private static RobustnessReport report() {
    List<Point> curve = List.of(new Point(0, 0.125), new Point(14, 0.5), new Point(28, 0.75));
    List<Point> pairs = List.of(new Point(0, 0.125), new Point(0.5, 0.25), new Point(1, 0.125));
    List<Calibration.Bin> bins =
        List.of(new Calibration.Bin(0, 0.5, 0, 0, 0), new Calibration.Bin(0.5, 1, 8, 0.875, 0.75));
    return new RobustnessReport(
        "runs/<mine>",
        "digits",
        RobustnessPlan.DEFAULT,
        new Robustness(
            new Metrics(87.5, 100, 0.25, 8, 1.5),
            curve,
            curve,
            pairs,
            pairs,
            List.of(new Point(1, 0.25), new Point(2.5, 0.5)),
            new Calibrated(
                0.5,
                40,
                "the validation split",
                8,
                new Side(0.125, 0.5, bins),
                new Side(0, 0.25, bins)),
            List.of(
                new Detected(
                    "my, own",
                    Detector.SOFTMAX,
                    8,
                    new Separation(0.75, 0.5, 0.625, 0.25, 0.375)))));
  }

  @Test
  void the_csv_has_one_figure_a_line() {
    assertThat(report().csv())
        .isEqualTo(
            """
            measure,data,at,percent
            clean,,,12.5
            center_occlusion,,0.0,12.5
            center_occlusion,,14.0,50.0
            center_occlusion,,28.0,75.0
            border_occlusion,,0.0,12.5
            border_occlusion,,14.0,50.0
            border_occlusion,,28.0,75.0
            mixup_pairs,,0.0,12.5
            mixup_pairs,,0.5,25.0
            mixup_pairs,,1.0,12.5
            cutmix_pairs,,0.0,12.5
            cutmix_pairs,,0.5,25.0
            cutmix_pairs,,1.0,12.5
            fgsm,,1.0,25.0
            fgsm,,2.5,50.0
            calibration_error,,1.0,12.5
            calibration_error,,0.5,0.0
            softmax_auroc,"my, own",,75.0
            softmax_aupr_in,"my, own",,50.0
            softmax_aupr_out,"my, own",,62.5
            softmax_tnr_at_tpr95,"my, own",,25.0
            softmax_detection_error,"my, own",,37.5
            """);
  }

  @Test
  void the_table_has_a_few_points_of_each_curve() {
    assertThat(report().table())
        .contains(
            List.of("measure", "at", "figure", "value"),
            List.of("clean", "", "top-1 error", "12.50 %"),
            List.of("center occlusion", "hole of 14", "top-1 error", "50.00 %"),
            List.of("mixup pairs", "λ = 0.50", "neither class", "25.00 %"),
            List.of("FGSM", "ε = 1/255", "top-1 error", "25.00 %"),
            List.of("FGSM", "ε = 2.5/255", "top-1 error", "50.00 %"),
            List.of("calibration", "T = 1", "ECE", "12.50 %"),
            List.of("", "T = 0.500", "ECE", "0.00 %"),
            List.of("my, own", "softmax", "AUROC", "75.00 %"));
  }

  @Test
  void the_files_hold_the_figures() throws Exception {
    report().write(folder.resolve("new"), "robustness");
    JsonNode json = new ObjectMapper().readTree(folder.resolve("new/robustness.json").toFile());
    assertThat(json.fieldNames())
        .toIterable()
        .containsExactly(
            "model",
            "data",
            "seed",
            "images",
            "top1",
            "top5",
            "loss",
            "center_occlusion",
            "border_occlusion",
            "mixup_pairs",
            "cutmix_pairs",
            "fgsm",
            "calibration",
            "ood");
    assertThat(json.get("center_occlusion").get(1).toString())
        .isEqualTo("{\"hole\":14.0,\"error\":50.0}");
    assertThat(json.get("mixup_pairs").get(1).toString())
        .isEqualTo("{\"lambda\":0.5,\"error\":25.0}");
    assertThat(json.get("fgsm").get(1).toString()).isEqualTo("{\"epsilon\":2.5,\"error\":50.0}");
    assertThat(json.get("calibration").toString())
        .isEqualTo(
            "{\"images\":8,\"ece\":12.5,\"loss\":0.5,\"temperature\":0.5,\"fitted_on\":\"the"
                + " validation"
                + " split\",\"fitted_images\":40,\"ece_scaled\":0.0,\"loss_scaled\":0.25}");
    assertThat(json.get("ood").get(0).toString())
        .isEqualTo(
            "{\"data\":\"my, own\",\"detector\":\"softmax\",\"images\":8,\"auroc\":75.0,"
                + "\"aupr_in\":50.0,\"aupr_out\":62.5,\"tnr_at_tpr95\":25.0,"
                + "\"detection_error\":37.5}");
    assertThat(folder.resolve("new/robustness.csv")).hasContent(report().csv());
  }

  @Test
  void the_page_is_well_formed_and_says_when_the_temperature_is_little_more_than_chance()
      throws Exception {
    report().write(folder, "robustness");
    String page = page();
    DocumentBuilderFactory.newInstance()
        .newDocumentBuilder()
        .parse(
            new ByteArrayInputStream(
                page.replace("<!DOCTYPE html>\n", "").getBytes(StandardCharsets.UTF_8)));
    assertThat(page)
        .contains("Robustness of runs/&lt;mine&gt;")
        .contains("T was fitted on 40 pictures only and may be far off.")
        .contains("Center occlusion: top-1 error, %")
        .contains("<td class=\"name\">my, own</td><td class=\"name\">softmax</td>");
  }

  private String page() throws IOException {
    return Files.readString(folder.resolve("robustness.html"));
  }
}
