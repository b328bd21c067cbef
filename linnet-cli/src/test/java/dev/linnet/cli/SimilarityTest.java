package dev.linnet.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code train --task similarity}, and what the other verbs say to such a run. */
@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
final class SimilarityTest {
  @TempDir private static Path shared;

  private static String run() {
    return shared.resolve("run").toString();
  }

  @BeforeAll
  static void trainsOnDarkAndBright() {
    Run trained =
        Run.of(
            "train",
            "--task",
            "similarity",
            "--data",
            Pictures.folders(shared.resolve("data"), 20).toString(),
            "--model",
            "resnet20",
            "--size",
            "16",
            "--epochs",
            "2",
            "--batch",
            "8",
            "--out",
            run());
    assertThat(trained.answered())
        .matches(
            "(?s)recall@1 \\S+ %  recall@2 \\S+ %  recall@4 \\S+ %  recall@8 \\S+ %  mAP@R \\S+ % "
                + " on 8 pictures\n"
                + "run: .*\n");
    assertThat(trained.err())
        .containsPattern("validation recall@1 +\\S+ %  mAP@R +\\S+ %")
        .contains("of 2 classes");
  }

  @Test
  void eval_gives_recall_and_mean_average_precision() {
    JsonNode json = Run.of("eval", run(), "--json").json();
    assertThat(json.fieldNames())
        .toIterable()
        .containsExactly(
            "recall_at_1",
            "recall_at_2",
            "recall_at_4",
            "recall_at_8",
            "map_at_r",
            "images",
            "seconds",
            "images_per_s");
    assertThat(json.get("images").asInt()).isEqualTo(8);
    assertThat(Run.of("eval", run()).answered()).doesNotContain("calibration").contains("mAP@R");
  }

  @Test
  void nearest_finds_pictures_by_the_embedding() {
    Path dark = Pictures.write(shared.resolve("asked.png"), 0, 77);
    JsonNode json =
        Run.of(
                "nearest",
                run(),
                dark.toString(),
                "--index",
                shared.resolve("index").toString(),
                "--k",
                "3",
                "--json")
            .json();
    assertThat(json.get("results").get(0).get("nearest").findValuesAsText("class"))
        .containsOnly("dark")
        .hasSize(3);
  }

  @Test
  void predict_says_what_to_use() {
    Run refused = Run.of("predict", run(), shared.resolve("data/dark/d1.png").toString());
    assertThat(refused.code()).isEqualTo(1);
    assertThat(refused.err())
        .endsWith(
            "linnet: resnet20: was trained for similarity and names no classes; linnet embed writes"
                + " its embeddings, linnet nearest finds the pictures most alike\n");
  }

  @Test
  void pictures_are_told_by_one_of_each_class() throws IOException {
    Path run = shared.resolve("runs/run1");
    Pictures.write(run.resolve("known/dark.png"), 0, 5000);
    Pictures.write(run.resolve("known/bright.png"), 150, 5001);
    Pictures.write(run.resolve("asked/1.png"), 0, 5002);
    Pictures.write(run.resolve("asked/2.png"), 150, 5003);
    Files.writeString(
        run.resolve("class_labels.txt"),
        "run1/asked/1.png run1/known/dark.png\nrun1/asked/2.png run1/known/bright.png\n",
        UTF_8);
    String runs = shared.resolve("runs").toString();
    JsonNode json = Run.of("eval", run(), "--one-shot", runs, "--json").json();
    assertThat(json.fieldNames())
        .toIterable()
        .containsExactly("one_shot", "one_shot_by_pixels", "images", "runs");
    assertThat(json.get("images").asInt()).isEqualTo(2);
    assertThat(json.get("one_shot_by_pixels").asDouble()).isEqualTo(100);
    assertThat(json.get("runs").get(0).fieldNames())
        .toIterable()
        .containsExactly("run", "images", "right", "right_by_pixels");
    assertThat(Run.of("eval", run(), "--one-shot", runs).answered())
        .contains("one-shot accuracy ")
        .endsWith(" by pixels 100.00 %  on 2 pictures of 1 run\n");
    Run wrong = Run.of("eval", run(), "--one-shot", runs, "--limit", "3");
    assertThat(wrong.code()).isEqualTo(2);
    assertThat(wrong.err())
        .startsWith(
            "linnet: --one-shot: has pictures of its own; leave --data, --split, --limit and"
                + " --robustness out");
  }

  @Test
  void another_recipe_has_no_loss_for_it() {
    Run wrong = Run.of("train", "--task", "similarity", "--recipe", "plain");
    assertThat(wrong.code()).isEqualTo(2);
    assertThat(wrong.err().replaceAll("plain:\\d+", "plain:N"))
        .startsWith(
            "linnet: loss.name: got cross-entropy (preset plain:N); must be triplet, contrastive,"
                + " nt-xent, arcface or proxy-anchor with task similarity; the recipe"
                + " \"similarity\" has one\n");
  }
}
