package dev.linnet.recipe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.linnet.base.DownloadListener;
import dev.linnet.base.LinnetException;
import dev.linnet.base.RandomState;
import dev.linnet.data.BadPictures;
import dev.linnet.data.PictureSet;
import dev.linnet.data.Places;
import dev.linnet.data.Split;
import dev.linnet.image.ImageSize;
import dev.linnet.image.Picture;
import dev.linnet.image.PngWriter;
import dev.linnet.models.Output;
import dev.linnet.tensor.DType;
import dev.linnet.tensor.Device;
import dev.linnet.tensor.Dims;
import dev.linnet.tensor.Scope;
import dev.linnet.tensor.Tensor;
import dev.linnet.train.EpochMetrics;
import dev.linnet.train.Evaluator;
import dev.linnet.train.FeatureExtractor;
import dev.linnet.train.RunFolder;
import dev.linnet.train.SimilarityMetrics;
import dev.linnet.train.TrainingListener;
import dev.linnet.weights.Hub;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Training with {@code task: similarity}, on twelve classes of a color each. */
@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
final class SimilarityRunTest {
  private static final int SIDE = 12;

  @TempDir private static Path data;

  @TempDir private Path folder;

  @BeforeAll
  static void pictures() throws IOException {
    for (int c = 0; c < 12; c++) {
      RandomState color = RandomState.of(c);
      int[] levels = {color.nextInt(200), color.nextInt(200), color.nextInt(200)};
      for (int i = 0; i < 6; i++) {
        RandomState noise = RandomState.of(100 * c + i);
        byte[] pixels = new byte[SIDE * SIDE * 3];
        for (int p = 0; p < pixels.length; p++) {
          pixels[p] = (byte) (levels[p % 3] + noise.nextInt(55));
        }
        Path file = data.resolve("c%02d/%d.png".formatted(c, i));
        Files.createDirectories(file.getParent());
        Files.write(file, PngWriter.write(Picture.of(ImageSize.square(SIDE), 3, pixels)));
      }
    }
  }

  private static Experiment plan(String... sets) {
    List<String> all =
        new ArrayList<>(
            List.of("model=resnet20", "size=12", "batch=16", "workers=0", "embedding=16"));
    all.addAll(List.of(sets));
    LoadedRecipe loaded =
        RecipeReader.create()
            .read("similarity", Map.of("data", data.toString(), "dtype", "fp32"), all);
    return Experiment.plan(
        loaded,
        new Experiment.Surroundings(
            Places.of(Map.of()), DownloadListener.NONE, Device.CPU, Hub.of(Map.of())));
  }

  private TrainingRun run(Experiment experiment, String name) {
    return new TrainingRun(
        experiment, RunFolder.create(folder.resolve(name)), List.of("test"), w -> {});
  }

  static List<String> losses() {
    return SimilarityLossRecipe.names();
  }

  @ParameterizedTest
  @MethodSource("losses")
  void training_lowers_every_loss(String name) {
    Experiment experiment = plan("loss=" + name, "epochs=3", "val=none");
    try (TrainingRun run = run(experiment, "a")) {
      List<EpochMetrics> rows = run.train(TrainingRun.Start.NEW).result().epochs();
      assertThat(rows).hasSize(3);
      assertThat(rows.get(2).trainLoss()).isLessThan(rows.get(0).trainLoss());
      assertThat(rows.get(2).trainTop1()).isGreaterThan(20);
    }
  }

  @Test
  void classes_that_were_held_out_are_found_and_the_saved_run_says_the_same() throws IOException {
    Experiment experiment = plan("epochs=2", "loss=nt-xent");
    PictureSet val = experiment.data().need(Split.VAL);
    assertThat(labels(val)).hasSize(2).doesNotContainAnyElementsOf(labels(experiment.training()));
    TrainingRun.Outcome outcome;
    try (TrainingRun run = run(experiment, "a")) {
      outcome = run.train(TrainingRun.Start.NEW);
    }
    SimilarityMetrics measured = outcome.test().orElseThrow().metrics().similarity().orElseThrow();
    assertThat(measured.recallAt1()).isGreaterThan(90);
    Path run = folder.resolve("a");
    assertThat(Files.readAllLines(run.resolve("metrics.csv")).get(0))
        .isEqualTo(
            "epoch,update,lr,train_loss,train_top1,val_recall_at_1,val_recall_at_2,"
                + "val_recall_at_4,val_recall_at_8,val_map_at_r,seconds,images_per_s,data_wait,best");
    JsonNode summary = new ObjectMapper().readTree(run.resolve("summary.json").toFile());
    assertThat(summary.path("test").fieldNames())
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
    JsonNode config = new ObjectMapper().readTree(run.resolve("config.json").toFile());
    assertThat(config.path("task").asText()).isEqualTo("similarity");
    assertThat(config.path("num_classes").asInt()).isEqualTo(16);
    assertThat(Files.readString(run.resolve("report.html")))
        .contains("Recall@1")
        .contains("mAP@R")
        .doesNotContain("Calibration error");

    try (SavedModel saved = SavedModel.open(run, Device.CPU)) {
      assertThat(saved.isSimilarity()).isTrue();
      Evaluator.Report report =
          saved.evaluate(
              val,
              new SavedModel.Computing(Device.CPU, saved.usualType(), 16, 0),
              new BadPictures(BadPictures.Limit.DEFAULT, val.size(), w -> {}),
              (done, all) -> {});
      assertThat(report.metrics().similarity().orElseThrow()).isEqualTo(measured);
      assertThat(report.confusion().classes()).isEqualTo(12);
      lengths(saved);
      assertThatThrownBy(() -> saved.predictor(Device.CPU, DType.FLOAT32))
          .isInstanceOf(LinnetException.class)
          .hasMessage(
              "resnet20: was trained for similarity and names no classes; linnet embed writes its"
                  + " embeddings, linnet nearest finds the pictures most alike");
    }
  }

  /** The usual features are the embedding, of length 1. */
  private static void lengths(SavedModel saved) {
    assertThat(saved.pretrained().model().output()).isEqualTo(Output.EMBEDDING);
    assertThat(saved.pretrained().classNames()).isEmpty();
    Scope.run(
        "test",
        () -> {
          Tensor images = Tensor.normal(0, 1, RandomState.of(1), DType.FLOAT32, 5, 3, SIDE, SIDE);
          Tensor rows =
              new FeatureExtractor(saved.pretrained().model(), Device.CPU, DType.BFLOAT16)
                  .rows(images)
                  .values()
                  .iterator()
                  .next();
          assertThat(rows.dim(1)).isEqualTo(16);
          for (double length : rows.norm(Dims.of(1)).toDoubles()) {
            assertThat(length).isCloseTo(1, Offset.offset(1e-5));
          }
        });
  }

  private static Set<Integer> labels(PictureSet set) {
    Set<Integer> labels = new TreeSet<>();
    for (int i = 0; i < set.size(); i++) {
      labels.add(set.label(i));
    }
    return labels;
  }

  @Test
  void proxies_are_part_of_the_state_of_a_run() throws IOException {
    String[] sets = {"loss=arcface", "epochs=2", "classes.turned=true", "batch=64"};
    try (TrainingRun whole = run(plan(sets), "whole")) {
      whole.train(TrainingRun.Start.NEW);
    }
    try (TrainingRun stopped = run(plan(sets), "parts")) {
      stopped.listen(
          new TrainingListener() {
            @Override
            public void stepped(Step step) {
              if (step.update() == 2) {
                stopped.requestStop();
              }
            }
          });
      stopped.train(TrainingRun.Start.NEW);
    }
    RunFolder folders = RunFolder.open(folder.resolve("parts"));
    LoadedRecipe loaded =
        RecipeReader.create().read(folders.recipe().toString(), Map.of(), List.of());
    Experiment again =
        Experiment.planAgain(
            loaded,
            new Experiment.Surroundings(
                Places.of(Map.of()), DownloadListener.NONE, Device.CPU, Hub.of(Map.of())),
            folders);
    assertThat(again.training().classes()).hasSize(48);
    try (TrainingRun run = new TrainingRun(again, folders, List.of("test"), w -> {})) {
      run.train(TrainingRun.Start.RESUME);
    }
    assertThat(Files.readAllBytes(folder.resolve("parts/model.safetensors")))
        .isEqualTo(Files.readAllBytes(folder.resolve("whole/model.safetensors")));
  }

  @Test
  void a_batch_that_the_classes_cannot_fill_is_refused_before_the_run() {
    assertThatThrownBy(() -> plan("sampling={name: grouped, pictures: 2}", "batch=32"))
        .isInstanceOf(LinnetException.class)
        .hasMessage(
            "batch: got 32, which takes 16 classes of 2 pictures (sampling.pictures), but only 10"
                + " have training pictures; must be at most 20, or more pictures of a class");
  }

  @Test
  void another_run_for_similarity_goes_on_with_its_head_and_one_of_classes_gets_a_new_one() {
    try (TrainingRun run = run(plan("epochs=1"), "a")) {
      run.train(TrainingRun.Start.NEW);
    }
    String from = "from=" + folder.resolve("a");
    assertThat(plan(from).chosen().reasons())
        .contains("head: that of the weights, whose embedding is as wide");
    assertThat(plan(from, "embedding=8").chosen().reasons())
        .contains("head: a new one, whose 8 numbers are the embedding");
  }
}
