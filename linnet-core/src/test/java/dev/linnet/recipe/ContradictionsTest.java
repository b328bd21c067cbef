package dev.linnet.recipe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.linnet.base.DownloadListener;
import dev.linnet.base.LinnetException;
import dev.linnet.data.Places;
import dev.linnet.tensor.Device;
import dev.linnet.weights.Hub;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What several keys say together that cannot be, in full lines. */
@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
final class ContradictionsTest {
  @TempDir private Path folder;

  private void assertProblems(String yaml, String... lines) {
    Path file = folder.resolve("my.yaml");
    try {
      Files.writeString(file, yaml);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    RecipeException refused =
        catchThrowableOfType(
            RecipeException.class, () -> RecipeReader.create().read(file.toString()));
    assertThat(refused).isNotNull();
    assertThat(refused.problems().stream().map(line -> line.replace(folder + "/", "")))
        .containsExactly(lines);
  }

  private static void plan(String... sets) {
    LoadedRecipe loaded = RecipeReader.create().read("plain", Map.of("limit", "20"), List.of(sets));
    Experiment.plan(
        loaded,
        new Experiment.Surroundings(
            Places.of(Map.of()), DownloadListener.NONE, Device.CPU, Hub.of(Map.of())));
  }

  @Test
  void two_averages_and_a_start_beyond_the_run() {
    assertProblems(
        "epochs: 5\nema: true\nswa: {start: 6}\ntricks: {sam: {rho: 0}}",
        "swa: got true (my.yaml:3); must be false where ema is on, because one average takes the"
            + " weights' place; switch one off",
        "swa.start: got 6 (my.yaml:3); must be in [1, 5], the epochs of the run, or auto",
        "sam.rho: got 0 (my.yaml:4); must be in (0, 100]; to switch sharpness-aware minimization"
            + " off, remove it from \"tricks\"");
  }

  @Test
  void a_start_beyond_epochs_that_are_chosen_is_refused_too() {
    assertThatThrownBy(() -> plan("epochs=auto", "budget_seconds=1", "swa.start=1000000"))
        .isInstanceOf(RecipeException.class)
        .hasMessageMatching(
            "swa.start: got 1000000 \\(--set swa.start\\); must be in \\[1, \\d+\\], the epochs of"
                + " the run, or auto");
  }

  @Test
  void teachers_that_are_missing_and_averages_that_are_off() {
    assertProblems(
        """
        tricks:
          self_distillation: true
          distillation: {temperature: 0, hard: 2}
          attention_transfer: {beta: 0}
        """,
        "self_distillation: got true (my.yaml:2); must be false where ema is off, whose average is"
            + " the teacher; switch ema on",
        "distillation.temperature: got 0 (my.yaml:3); must be in (0, 1000]; to switch distillation"
            + " off, remove it from \"tricks\"",
        "distillation.hard: got 2 (my.yaml:3); must be in [0, 1]; to switch distillation off,"
            + " remove it from \"tricks\"",
        "attention_transfer.beta: got 0 (my.yaml:4); must be in (0, 1000000]; to switch attention"
            + " transfer off, remove it from \"tricks\"");
    assertThatThrownBy(
            () ->
                plan(
                    "data=/nowhere",
                    "tricks.distillation.temperature=2",
                    "tricks.attention_transfer=/no/run",
                    "tricks.feature_distillation={teacher: lenet5, weights: /no/file}"))
        .isInstanceOf(RecipeException.class)
        .hasMessage(
            "distillation.teacher: got nothing (--set tricks.distillation.temperature); must be a"
                + " run, a folder of weights, hf://OWNER/NAME, or a network's name with"
                + " distillation.weights\n"
                + "feature_distillation.weights: got \"/no/file\" (--set"
                + " tricks.feature_distillation); must be a file with the weights of lenet5\n"
                + "attention_transfer.teacher: got \"/no/run\" (--set tricks.attention_transfer);"
                + " must be a run, a folder of weights, hf://OWNER/NAME, or a network's name with"
                + " attention_transfer.weights");
  }

  @Test
  void a_teacher_does_not_see_mixed_features() {
    assertProblems(
        "tricks: {manifold_mixup: true, distillation: /a/run}",
        "distillation: got true (my.yaml:1); must be false where features are mixed, because the"
            + " teacher sees the pictures, which are not");
  }

  @Test
  void sizes_that_do_not_grow() {
    assertProblems(
        """
        size: 32
        evaluation: {size: 0, tta: twice}
        tricks: {progressive_resizing: {from: 64}}
        """,
        "evaluation.tta: got \"twice\" (my.yaml:2); must be auto, none, flip or ten-crop",
        "evaluation.size: got 0 (my.yaml:2); must be in [1, 8192], or auto",
        "progressive_resizing.from: got 64 (my.yaml:3); must be in [1, 32], up to size, or auto");
  }

  @Test
  void losses_of_similarity_without_the_task() {
    assertProblems(
        "loss: triplet\nclasses: {held_out: classes, turned: true}",
        "loss.name: got triplet (my.yaml:1); must be cross-entropy, bce, focal, poly1 or jsd with"
            + " task classification; for triplet write \"task: similarity\"",
        "classes.held_out: got classes (my.yaml:2); must be pictures or auto with task"
            + " classification, which cannot name classes that it never saw",
        "classes.turned: got true (my.yaml:2); must be false with task classification, which would"
            + " name turned classes too");
  }

  @Test
  void the_task_of_similarity_with_what_names_classes() {
    assertProblems(
        """
        task: similarity
        loss: bce
        model_options: {auxiliary: true}
        evaluation: {tta: flip}
        tricks: {mixup: true, label_smoothing: 0.1, distillation: /a/run}
        """,
        "loss.name: got bce (my.yaml:2); must be triplet, contrastive, nt-xent, arcface or"
            + " proxy-anchor with task similarity; the recipe \"similarity\" has one",
        "model_options.auxiliary: got true (my.yaml:3); must be false with task similarity: heads"
            + " in the middle name classes",
        "evaluation.tta: got flip (my.yaml:4); must be none with task similarity, because"
            + " probabilities of classes are averaged",
        "label_smoothing: got true (my.yaml:5); must be false with task similarity, whose network"
            + " has no logits of classes",
        "mixup: got true (my.yaml:5); must be false with task similarity, whose network has no"
            + " logits of classes",
        "distillation: got true (my.yaml:5); must be false with task similarity, whose network has"
            + " no logits of classes");
  }

  @Test
  void pairs_need_groups() {
    assertProblems(
        "task: similarity\nloss: nt-xent",
        "sampling: got uniform ("
            + PlainLines.of("sampling:")
            + "); must be grouped with loss nt-xent, which compares"
            + " pictures of a class in a batch");
    assertProblems(
        "extends: similarity\ntricks: {repeated_augmentation: 3}",
        "repeated_augmentation: got true (my.yaml:2); must be false with sampling grouped, which"
            + " repeats pictures itself where it must");
  }

  @Test
  void fp16_on_a_processor() {
    assertThatThrownBy(() -> plan("dtype=fp16", "data=/nowhere"))
        .isExactlyInstanceOf(LinnetException.class)
        .hasMessage(
            "dtype: got fp16 (--set dtype); must be fp32, bf16 or auto on a processor; fp16 is for"
                + " --device cuda");
  }
}
