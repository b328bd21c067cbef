package dev.linnet.search;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.linnet.base.DownloadListener;
import dev.linnet.base.LinnetException;
import dev.linnet.data.Places;
import dev.linnet.image.ImageSize;
import dev.linnet.image.Picture;
import dev.linnet.image.PngWriter;
import dev.linnet.recipe.Experiment;
import dev.linnet.report.MetricsCsv;
import dev.linnet.tensor.Device;
import dev.linnet.train.TrainingListener;
import dev.linnet.weights.Hub;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import javax.xml.parsers.DocumentBuilderFactory;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
final class AblationTest {
  private static final String HEAD =
      """
      title: A <tiny> study
      source: none
      set: {data: digits, limit: 6, model: lenet5, epochs: 2, batch: 16, val: none, threads: 1}
      seeds: [0, 1]
      """;

  private static final String STUDY =
      HEAD
          + """
          design: cumulative
          rows:
            - {name: plain}
            - {name: smoothing | more, set: {tricks: {label_smoothing: 0.1}}, card: label_smoothing}
          """;

  private static final List<String> FILES =
      List.of("runs.csv", "summary.csv", "README.md", "index.html", "command.txt", "study.yaml");

  private static final Experiment.Surroundings AROUND =
      new Experiment.Surroundings(
          Places.of(Map.of()), DownloadListener.NONE, Device.CPU, Hub.of(Map.of()));

  @TempDir private static Path common;
  @TempDir private Path folder;

  private static StudyPlan plan(String yaml, Path at) throws IOException {
    Path file = Files.writeString(at.resolve("study-file.yaml"), yaml, UTF_8);
    return StudyPlan.of(Studies.read(file.toString(), Optional.empty()), StudyPlan.Changes.NONE);
  }

  private static Ablation ablation(StudyPlan plan, Path out, Ablation.Listener listener) {
    return new Ablation(
        plan,
        new StudyFolder(out),
        new Ablation.Setting(AROUND, List.of("linnet", "ablate"), 1, List.of(), w -> {}),
        listener);
  }

  private static Ablation.Outcome run(StudyPlan plan, Path out) {
    return ablation(plan, out, new Ablation.Listener() {}).run();
  }

  /** The whole study, for tests that look at what it left. */
  @BeforeAll
  static void run_once() throws IOException {
    Ablation.Outcome outcome = run(plan(STUDY, common), common.resolve("whole"));
    assertThat(outcome.interrupted()).isFalse();
    assertThat(outcome.failures()).isEmpty();
    assertThat(outcome.done()).isEqualTo(4);
    assertThat(outcome.runs()).isEqualTo(4);
  }

  /** What may not depend on how long anything took. */
  private static List<String> figures(Path study) {
    return MetricsCsv.read(study.resolve("runs.csv")).stream()
        .map(
            row ->
                List.of("row", "seed", "end", "top1", "top5", "loss", "images", "best_epoch")
                    .stream()
                    .map(row::get)
                    .toList()
                    .toString())
        .toList();
  }

  @Test
  void every_row_is_trained_with_every_seed() {
    List<Map<String, String>> runs = MetricsCsv.read(common.resolve("whole/runs.csv"));
    assertThat(runs)
        .extracting(row -> row.get("row") + " " + row.get("seed") + " " + row.get("end"))
        .containsExactly(
            "plain 0 finished",
            "plain 1 finished",
            "smoothing | more 0 finished",
            "smoothing | more 1 finished");
    for (Map<String, String> run : runs) {
      assertThat(run).containsEntry("images", "60").containsEntry("epochs", "2");
      assertThat(run).containsEntry("macs", "416520").containsEntry("parameters", "61706");
      assertThat(run).containsEntry("threads", "1");
      assertThat(Double.parseDouble(run.get("seconds"))).isPositive();
    }
    assertThat(common.resolve("whole/runs/smoothing-more-seed1/summary.json")).exists();
  }

  @Test
  void the_summary_is_that_of_the_runs() {
    List<Map<String, String>> runs = MetricsCsv.read(common.resolve("whole/runs.csv"));
    List<Double> top1 = runs.stream().map(row -> Double.parseDouble(row.get("top1"))).toList();
    Map<String, String> second = MetricsCsv.read(common.resolve("whole/summary.csv")).get(1);
    assertThat(second).containsEntry("n", "2").containsEntry("reference", "plain");
    assertThat(second).containsEntry("card", "label_smoothing").containsEntry("over", "plain");
    double difference = (top1.get(2) - top1.get(0) + top1.get(3) - top1.get(1)) / 2;
    assertThat(second)
        .containsEntry("top1_mean", "%.4f".formatted((top1.get(2) + top1.get(3)) / 2))
        .containsEntry("paired_difference", "%.4f".formatted(difference))
        .containsEntry("gain", "%.4f".formatted(difference));
  }

  @Test
  void the_table_for_people_escapes_what_markdown_means() throws IOException {
    assertThat(Files.readString(common.resolve("whole/README.md")))
        .startsWith("# A <tiny> study\n\nAfter: none.\n\n| row | top-1, % | difference |")
        .contains("\n| smoothing \\| more | ")
        .contains("\ncommand: linnet ablate\ndata: digits, at most 6 pictures a class\n")
        .contains("\nseeds: 0, 1\nmeasured: top-1\nmeasured on: 60 pictures\n");
  }

  @Test
  void the_page_is_well_formed_and_loads_nothing() throws Exception {
    String html = Files.readString(common.resolve("whole/index.html"));
    DocumentBuilderFactory.newInstance()
        .newDocumentBuilder()
        .parse(new ByteArrayInputStream(html.replace("<!DOCTYPE html>\n", "").getBytes(UTF_8)));
    assertThat(html)
        .contains("A &lt;tiny&gt; study")
        .contains("<h2>Beside the row above</h2>")
        .contains("smoothing | more: training loss")
        .doesNotContain("<script", "href=", "src=", "NaN");
  }

  @Test
  void with_nothing_left_to_do_it_writes_the_same_bytes() throws IOException {
    Path study = common.resolve("whole");
    List<String> before = new ArrayList<>();
    for (String file : FILES) {
      before.add(Files.readString(study.resolve(file)));
    }
    assertThat(run(plan(STUDY, common), study).done()).isEqualTo(4);
    for (int i = 0; i < FILES.size(); i++) {
      assertThat(study.resolve(FILES.get(i))).content().isEqualTo(before.get(i));
    }
  }

  @Test
  void times_are_compared_between_runs_of_the_same_machine_alone() throws IOException {
    StudyPlan plan = plan(STUDY, folder);
    Path study = folder.resolve("out");
    run(plan, study);
    assertThat(ratio(study)).isNotEmpty();
    changeProcessor(study.resolve("runs/smoothing-more-seed0"));
    run(plan, study);
    double shared = seconds(study, "smoothing-more-seed1");
    double others = (seconds(study, "plain-seed0") + seconds(study, "plain-seed1")) / 2;
    assertThat(Double.parseDouble(ratio(study)))
        .isCloseTo(shared / others, Offset.offset(0.001)); // as it is rounded
    changeProcessor(study.resolve("runs/smoothing-more-seed1"));
    run(plan, study);
    assertThat(ratio(study)).isEmpty();
    assertThat(study.resolve("README.md")).content().doesNotContain("NaN");
  }

  private static String ratio(Path study) {
    return MetricsCsv.read(study.resolve("summary.csv")).get(1).getOrDefault("seconds_ratio", "");
  }

  private static double seconds(Path study, String run) throws IOException {
    return new ObjectMapper()
        .readTree(study.resolve("runs/" + run + "/summary.json").toFile())
        .path("seconds")
        .asDouble();
  }

  private static void changeProcessor(Path run) throws IOException {
    Path file = run.resolve("environment.json");
    String text = Files.readString(file, UTF_8);
    String other = text.replaceFirst("\"processor\" : \"[^\"]*\"", "\"processor\" : \"another\"");
    assertThat(other).isNotEqualTo(text);
    Files.writeString(file, other, UTF_8);
  }

  @Test
  void stopped_in_the_middle_and_started_again_it_gives_the_same_figures() throws IOException {
    StudyPlan plan = plan(STUDY, folder);
    Path study = folder.resolve("parts");
    List<Ablation> running = new ArrayList<>();
    Consumer<Long> stopAt =
        update -> {
          if (update == 2) {
            running.get(0).requestStop();
          }
        };
    Ablation.Listener listener =
        new Ablation.Listener() {
          @Override
          public TrainingListener started(String row, long seed, int number, int ofRuns) {
            return new TrainingListener() {
              @Override
              public void stepped(Step step) {
                if (number == 2) {
                  stopAt.accept(step.update());
                }
              }
            };
          }
        };
    running.add(ablation(plan, study, listener));
    Ablation.Outcome outcome = running.get(0).run();
    assertThat(outcome.interrupted()).isTrue();
    assertThat(outcome.done()).isEqualTo(1);
    assertThat(study.resolve("runs/smoothing-more-seed0/checkpoint/last.safetensors")).exists();
    assertThat(outcome.summary().statements())
        .contains("The study is not complete: 3 runs are still to be done.");
    assertThat(run(plan, study).interrupted()).isFalse();
    assertThat(figures(study)).isEqualTo(figures(common.resolve("whole")));
  }

  @Test
  void a_run_that_diverges_is_a_result_and_the_study_goes_on() throws IOException {
    StudyPlan plan =
        plan(
            HEAD
                + "rows:\n"
                + "  - {name: high, set: {epochs: 9, schedule: {lr: 1000, lr_per: none,"
                + " warmup_epochs: 0}}}\n"
                + "  - {name: plain}\n"
                + "reference: plain\n",
            folder);
    Path study = folder.resolve("out");
    List<String> ended = new ArrayList<>();
    Ablation.Listener listener =
        new Ablation.Listener() {
          @Override
          public void ended(String row, long seed, Optional<Double> top1, String why) {
            ended.add(row + " " + seed + " " + top1.isPresent() + " " + why.startsWith("the loss"));
          }
        };
    Ablation.Outcome outcome = ablation(plan, study, listener).run();
    assertThat(outcome.failures()).isEmpty();
    assertThat(outcome.done()).isEqualTo(4);
    assertThat(ended)
        .containsExactly(
            "high 0 false true", "plain 0 true false", "high 1 false true", "plain 1 true false");
    assertThat(MetricsCsv.read(study.resolve("summary.csv")).get(0))
        .containsEntry("n", "0")
        .containsEntry("diverged", "2");
    assertThat(outcome.summary().table().get(0).get(1)).isEqualTo("–, 2 diverged");
    assertThat(outcome.summary().statements())
        .anyMatch(line -> line.startsWith("\"high\" with seed 0 diverged: the loss became "));
    ended.clear();
    assertThat(ablation(plan, study, listener).run().done()).isEqualTo(4);
    assertThat(ended).isEmpty();
  }

  @Test
  void a_run_begins_with_the_weights_of_another_row() throws IOException {
    StudyPlan plan =
        plan(
            HEAD.replace("[0, 1]", "[3]")
                + "rows:\n  - {name: first}\n  - {name: second, set: {from: \"row:first\"}}\n",
            folder);
    Path study = folder.resolve("out");
    assertThat(run(plan, study).failures()).isEmpty();
    assertThat(study.resolve("runs/second-seed3/recipe.yaml"))
        .content()
        .contains("from: " + study.resolve("runs/first-seed3").toAbsolutePath());
    assertThat(study.resolve("rows/second.yaml")).content().contains("from: \"row:first\"");
  }

  @Test
  void similarity_is_compared_by_recall() throws IOException {
    StudyPlan plan =
        plan(
            HEAD.replace("[0, 1]", "[3]")
                    .replace("val: none", "val: 0.3")
                    .replace("title", "base: similarity\ntitle")
                + "rows:\n  - {name: nt-xent}\n  - {name: arcface, set: {loss: arcface}}\n",
            folder);
    Path study = folder.resolve("out");
    Ablation.Outcome outcome = run(plan, study);
    assertThat(outcome.failures()).isEmpty();
    assertThat(outcome.summary().head()).contains("recall@1, %");
    List<Map<String, String>> runs = MetricsCsv.read(study.resolve("runs.csv"));
    assertThat(runs).hasSize(2).allSatisfy(row -> assertThat(row).doesNotContainKey("top1"));
    double best = Double.parseDouble(runs.get(0).get("recall_at_1"));
    assertThat(best).isBetween(10.0, 100.0);
    assertThat(Double.parseDouble(runs.get(0).get("recall_at_8"))).isGreaterThanOrEqualTo(best);
    assertThat(MetricsCsv.read(study.resolve("summary.csv")).get(0))
        .containsEntry("recall_at_1_mean", "%.4f".formatted(best));
    assertThat(study.resolve("README.md"))
        .content()
        .contains("\nRecall@1 in percent: ", "\nmeasured: recall@1\n");
    assertThat(study.resolve("index.html")).content().contains("validation recall@1, %");
  }

  @Test
  void data_of_which_nothing_is_held_back_are_refused_before_anything_is_trained()
      throws IOException {
    for (String name : List.of("a/1.png", "a/2.png", "b/1.png", "b/2.png")) {
      Path file = folder.resolve("pictures/train").resolve(name);
      Files.createDirectories(file.getParent());
      Files.write(file, PngWriter.write(Picture.filled(ImageSize.square(8), 90, 60, 30)));
    }
    StudyPlan plan =
        plan(
            HEAD.replace("digits, limit: 6", folder.resolve("pictures").toString())
                    .replace("batch: 16", "batch: 4")
                + "rows: [{name: plain}]\n",
            folder);
    Path study = folder.resolve("out");
    assertThat(run(plan, study).failures())
        .hasSize(2)
        .contains(
            "\"plain\" with seed 0: "
                + folder.resolve("pictures")
                + ": has no pictures to measure on, and a study compares what was measured; give"
                + " --val a share, such as --val 0.1, or leave --val none out");
    assertThat(study.resolve("runs/plain-seed0/metrics.csv")).doesNotExist();
  }

  @Test
  void rows_of_two_tasks_are_refused() {
    assertThatThrownBy(
            () ->
                plan(
                    HEAD
                        + "rows:\n  - {name: one}\n  - {name: two, set: {task: similarity, loss:"
                        + " arcface}}\n",
                    folder))
        .isInstanceOf(LinnetException.class)
        .hasMessage(
            "row \"two\": has task similarity, and row \"one\" task classification; the rows of a"
                + " study are measured alike");
  }

  @Test
  void what_needs_a_run_that_is_not_there_fails_and_says_so() throws IOException {
    StudyPlan plan =
        plan(
            HEAD.replace("[0, 1]", "[3]")
                + "rows:\n"
                + "  - {name: first, set: {epochs: 9, schedule: {lr: 1000, lr_per: none,"
                + " warmup_epochs: 0}}}\n"
                + "  - {name: second, set: {from: \"row:first\"}}\n",
            folder);
    assertThat(run(plan, folder.resolve("out")).failures())
        .containsExactly(
            "\"second\" with seed 3: needs the run of \"first\" with the same seed, which has no"
                + " summary");
  }

  @Test
  void the_folder_of_another_study_is_refused() throws IOException {
    StudyPlan other = plan(STUDY.replace("0.1", "0.2"), folder);
    Path study = common.resolve("whole");
    assertThatThrownBy(() -> run(other, study))
        .isInstanceOf(LinnetException.class)
        .hasMessage(
            "--out: "
                + study
                + " holds another study: its row \"smoothing | more\" has"
                + " tricks.label_smoothing.epsilon: 0.1, here 0.2; choose another folder, or"
                + " delete that one to start over");
  }

  @Test
  void a_folder_with_other_files_is_refused() throws IOException {
    Files.writeString(folder.resolve("notes.txt"), "mine");
    StudyPlan plan = plan(STUDY, common);
    assertThatThrownBy(() -> run(plan, folder))
        .hasMessage("--out: " + folder + " holds other files, and no study; choose another folder");
    assertThatThrownBy(() -> run(plan, folder.resolve("notes.txt")))
        .hasMessage("--out: " + folder.resolve("notes.txt") + " is a file; choose a folder");
  }

  @Test
  void an_estimate_tells_what_is_open() throws IOException {
    StudyPlan plan = plan(STUDY.replace("[0, 1]", "[0, 1, 2]"), common);
    StudyEstimate estimate =
        StudyEstimate.of(plan, new StudyFolder(common.resolve("whole")), AROUND);
    assertThat(estimate.rows()).extracting(StudyEstimate.Row::runs).containsExactly(3, 3);
    assertThat(estimate.rows()).extracting(StudyEstimate.Row::open).containsExactly(1, 1);
    assertThat(estimate.openSeconds()).isPositive();
    StudyEstimate fresh = StudyEstimate.of(plan, new StudyFolder(folder.resolve("new")), AROUND);
    assertThat(fresh.rows()).extracting(StudyEstimate.Row::open).containsExactly(3, 3);
    assertThat(folder.resolve("new")).doesNotExist();
  }
}
