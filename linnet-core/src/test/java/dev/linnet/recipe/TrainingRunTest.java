package dev.linnet.recipe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.linnet.base.DownloadListener;
import dev.linnet.base.LinnetException;
import dev.linnet.data.BadPictures;
import dev.linnet.data.DataOptions;
import dev.linnet.data.DataSources;
import dev.linnet.data.Places;
import dev.linnet.data.Split;
import dev.linnet.tensor.DType;
import dev.linnet.tensor.Device;
import dev.linnet.tensor.Fusion;
import dev.linnet.train.DivergedException;
import dev.linnet.train.Evaluator;
import dev.linnet.train.Predictor;
import dev.linnet.train.RunFolder;
import dev.linnet.train.TrainingListener;
import dev.linnet.train.TrainingResult;
import dev.linnet.train.TrainingResult.End;
import dev.linnet.weights.Hub;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
class TrainingRunTest {
  @TempDir private Path folder;

  private static Experiment plan(Map<String, String> options, String... sets) {
    LoadedRecipe loaded = RecipeReader.create().read("quick", options, List.of(sets));
    return Experiment.plan(loaded, surroundings());
  }

  private static Experiment.Surroundings surroundings() {
    return new Experiment.Surroundings(
        Places.of(Map.of()), DownloadListener.NONE, Device.CPU, Hub.of(Map.of()));
  }

  private TrainingRun run(Experiment experiment, String name) {
    return new TrainingRun(
        experiment, RunFolder.create(folder.resolve(name)), List.of("test"), w -> {});
  }

  private TrainingRun again(Experiment experiment, String name) {
    return new TrainingRun(
        experiment, RunFolder.open(folder.resolve(name)), List.of("test"), w -> {});
  }

  private byte[] weights(String name) throws IOException {
    return Files.readAllBytes(folder.resolve(name).resolve("model.safetensors"));
  }

  private static TrainingListener stopAt(TrainingRun run, long... updates) {
    return new TrainingListener() {
      @Override
      public void stepped(Step step) {
        for (long update : updates) {
          if (step.update() == update) {
            run.requestStop();
          }
        }
      }
    };
  }

  @Test
  void the_digits_are_learnt_and_the_folder_is_complete() throws IOException {
    Experiment experiment = plan(Map.of("epochs", "2", "limit", "300"));
    TrainingRun.Outcome outcome;
    try (TrainingRun run = run(experiment, "a")) {
      outcome = run.train(TrainingRun.Start.NEW);
    }
    double top1 = outcome.test().orElseThrow().metrics().top1();
    assertThat(top1).isGreaterThan(80);
    try (Stream<Path> files = Files.list(folder.resolve("a"))) {
      assertThat(
              files
                  .map(f -> f.getFileName().toString())
                  .map(f -> f.startsWith("events.out.tfevents") ? "events" : f))
          .containsExactlyInAnyOrder(
              "recipe.yaml",
              "model.safetensors",
              "config.json",
              "summary.json",
              "metrics.csv",
              "metrics.jsonl",
              "environment.json",
              "splits.json",
              "checkpoint",
              "events",
              "report.html");
    }
    JsonNode summary =
        new ObjectMapper().readTree(folder.resolve("a").resolve("summary.json").toFile());
    assertThat(summary.path("test").path("top1").asDouble()).isEqualTo(top1);
    assertThat(summary.path("final").path("images").asInt()).isGreaterThan(0);
    assertThat(summary.path("best").path("epoch").asInt()).isBetween(1, 2);
    List<Evaluator.Answer> doubts = outcome.test().orElseThrow().doubts();
    assertThat(doubts).hasSize(24);
    assertThat(doubts.get(0).confidence()).isLessThan(0.5);
    assertThat(Files.readString(folder.resolve("a").resolve("report.html")))
        .contains("Confusion matrix", "Classes", "Worst mistakes", "Most uncertain")
        .contains("Feature maps by depth", "First filters")
        .contains("linnet explain " + folder.resolve("a") + " --network");
    assertThat(Files.readAllLines(folder.resolve("a").resolve("metrics.csv"))).hasSize(3);
    assertThat(events(folder.resolve("a")))
        .contains("epoch/val_top1", "weights/conv1.bias")
        .containsOnlyOnce("train/pictures");
  }

  /** The event file as characters: its tags are readable. */
  @Test
  void a_network_without_blocks_cannot_compute_them_again() {
    assertThatThrownBy(
            () -> plan(Map.of("model", "lenet5", "memory", "low", "limit", "10", "size", "28")))
        .isInstanceOf(LinnetException.class)
        .hasMessage(
            "memory: got low (--memory); must be usual for lenet5, which has no blocks to compute"
                + " again");
  }

  @Test
  void fused_kernels_train_as_libtorchs_do() throws IOException {
    Map<String, String> options =
        Map.of(
            "epochs",
            "1",
            "limit",
            "10",
            "model",
            "resnet20",
            "batch",
            "20",
            "dtype",
            "fp32",
            "seed",
            "1");
    for (String fused : List.of("auto", "off")) {
      try (TrainingRun run = run(plan(options, "engine.fused=" + fused), fused)) {
        run.train(TrainingRun.Start.NEW);
      }
    }
    ObjectMapper json = new ObjectMapper();
    double loss = 0;
    for (String fused : List.of("auto", "off")) {
      JsonNode found = json.readTree(folder.resolve(fused).resolve("environment.json").toFile());
      assertThat(found.path("fused").asText())
          .isEqualTo(fused.equals("off") ? "off" : Fusion.provider().orElse("none"));
      JsonNode summary = json.readTree(folder.resolve(fused).resolve("summary.json").toFile());
      double now = summary.path("final").path("train_loss").asDouble();
      assertThat(now).isPositive();
      assertThat(fused.equals("auto") ? now : loss).isCloseTo(now, within(1e-3));
      loss = now;
    }
  }

  private static String events(Path run) throws IOException {
    try (Stream<Path> files = Files.list(run)) {
      Path file =
          files
              .filter(f -> f.getFileName().toString().startsWith("events."))
              .findFirst()
              .orElseThrow();
      return Files.readString(file, StandardCharsets.ISO_8859_1);
    }
  }

  @Test
  void a_page_that_cannot_be_written_costs_no_more_than_the_page() throws IOException {
    Experiment experiment = plan(Map.of("epochs", "1", "limit", "20"));
    List<String> warnings = new ArrayList<>();
    Path place = folder.resolve("a");
    try (TrainingRun run =
        new TrainingRun(experiment, RunFolder.create(place), List.of("test"), warnings::add)) {
      Files.createDirectories(place.resolve("report.html/taken"));
      assertThat(run.train(TrainingRun.Start.NEW).test()).isPresent();
    }
    assertThat(warnings)
        .singleElement()
        .asString()
        .startsWith("report.html: not written, all else is: ")
        .doesNotContain("\n");
    assertThat(place.resolve("summary.json")).isRegularFile();
  }

  @Test
  void a_saved_model_evaluates_as_its_summary_says_and_predicts_from_many_threads()
      throws Exception {
    Experiment experiment = plan(Map.of("epochs", "1", "limit", "200"));
    double top1;
    try (TrainingRun run = run(experiment, "a")) {
      top1 = run.train(TrainingRun.Start.NEW).test().orElseThrow().metrics().top1();
    }
    var data = DataSources.open("digits", DataOptions.of(Places.of(Map.of())).withLimit(200));
    SavedModel saved = SavedModel.open(folder.resolve("a"), Device.CPU);
    Evaluator.Report report =
        saved.evaluate(
            data.need(Split.TEST),
            new SavedModel.Computing(Device.CPU, saved.usualType(), 64, 2),
            new BadPictures(BadPictures.Limit.DEFAULT, 2000, w -> {}),
            (done, all) -> {});
    assertThat(report.metrics().top1()).isEqualTo(top1);
    Path png = folder.resolve("digit é.png");
    Files.write(
        png,
        dev.linnet.image.PngWriter.write(
            data.need(Split.TEST).read(3, dev.linnet.image.DecodeOptions.DEFAULT)));
    assertThat(SavedModel.files(folder.resolve("a").toString(), Hub.of(Map.of())))
        .containsExactly(
            folder.resolve("a/config.json"),
            folder.resolve("a/model.safetensors"),
            folder.resolve("a/recipe.yaml"));
    try (Predictor predictor = saved.predictor(Device.CPU, DType.FLOAT32)) {
      Predictor.Prediction alone = predictor.predict(png);
      assertThat(alone.ranked()).hasSize(10);
      assertThat(alone.ranked().stream().mapToDouble(Predictor.Ranked::probability).sum())
          .isCloseTo(1, org.assertj.core.data.Offset.offset(1e-9));
      List<Predictor.Prediction> together =
          Stream.generate(() -> png).limit(64).parallel().map(predictor::predict).toList();
      assertThat(together).containsOnly(alone);
    }
  }

  @Test
  void a_run_that_was_stopped_inside_an_epoch_and_resumed_gives_the_same_bytes()
      throws IOException {
    Experiment experiment = plan(Map.of("epochs", "2", "limit", "100"));
    try (TrainingRun run = run(experiment, "whole")) {
      run.train(TrainingRun.Start.NEW);
    }
    try (TrainingRun run = run(experiment, "parts")) {
      run.listen(stopAt(run, 5));
      assertThat(run.train(TrainingRun.Start.NEW).result().end()).isEqualTo(End.INTERRUPTED);
    }
    try (TrainingRun run = again(experiment, "parts")) {
      run.listen(stopAt(run, 17));
      assertThat(run.train(TrainingRun.Start.RESUME).result().end()).isEqualTo(End.INTERRUPTED);
    }
    try (TrainingRun run = again(experiment, "parts")) {
      TrainingResult result = run.train(TrainingRun.Start.RESUME).result();
      assertThat(result.end()).isEqualTo(End.FINISHED);
      assertThat(result.epochs()).hasSize(2);
    }
    assertThat(weights("parts")).isEqualTo(weights("whole"));
    List<String> rows = Files.readAllLines(folder.resolve("parts").resolve("metrics.jsonl"));
    assertThat(rows).hasSameSizeAs(Files.readAllLines(folder.resolve("whole/metrics.jsonl")));
  }

  @Test
  void the_number_of_workers_does_not_change_a_byte() throws IOException {
    for (String workers : List.of("0", "1", "3")) {
      Experiment experiment = plan(Map.of("epochs", "1", "limit", "100", "workers", workers));
      try (TrainingRun run = run(experiment, workers)) {
        run.train(TrainingRun.Start.NEW);
      }
    }
    assertThat(weights("0")).isEqualTo(weights("1")).isEqualTo(weights("3"));
  }

  @Test
  void accumulated_gradients_clipping_and_adamw_work_together() throws IOException {
    Experiment experiment =
        plan(
            Map.of("epochs", "1", "limit", "100", "batch", "16", "accumulate", "4"),
            "clip.name=norm",
            "optimizer.name=adamw",
            "schedule.lr=0.002");
    try (TrainingRun run = run(experiment, "a")) {
      TrainingResult result = run.train(TrainingRun.Start.NEW).result();
      assertThat(result.updates()).isEqualTo(experiment.updates());
      assertThat(result.epochs().get(0).trainTop1()).isGreaterThan(20);
    }
  }

  @Test
  void a_learning_rate_that_ruins_the_loss_stops_with_the_last_good_checkpoint() {
    Experiment experiment =
        plan(
            Map.of("epochs", "3", "limit", "100"),
            "schedule.lr=900",
            "schedule.warmup_epochs=0",
            "ema=false");
    try (TrainingRun run = run(experiment, "a")) {
      assertThatThrownBy(() -> run.train(TrainingRun.Start.NEW))
          .isInstanceOf(DivergedException.class)
          .hasMessageMatching(
              "the loss became (NaN|Infinity) at update \\d+ \\(epoch \\d, learning rate"
                  + " [\\d.]+\\); training stopped and the last good checkpoint is kept; try a"
                  + " lower schedule.lr, a longer warm-up or clip");
    }
  }

  @Test
  void going_on_with_another_model_or_other_data_is_refused() {
    try (TrainingRun run = run(plan(Map.of("epochs", "1", "limit", "50")), "a")) {
      run.train(TrainingRun.Start.NEW);
    }
    Path checkpoint = folder.resolve("a").resolve("checkpoint").resolve("last.safetensors");
    Experiment other = plan(Map.of("epochs", "2", "limit", "50", "model", "resnet20"));
    try (TrainingRun run = again(other, "a")) {
      assertThatThrownBy(() -> run.train(TrainingRun.Start.RESUME))
          .isInstanceOf(LinnetException.class)
          .hasMessage(
              checkpoint
                  + ": the run has the model lenet5, but resnet20 was asked for; resume with the"
                  + " same, or start a new run");
    }
    Experiment more = plan(Map.of("epochs", "2", "limit", "60"));
    try (TrainingRun run = again(more, "a")) {
      assertThatThrownBy(() -> run.train(TrainingRun.Start.RESUME))
          .isInstanceOf(LinnetException.class)
          .hasMessageContaining(": the run has the data ")
          .hasMessageEndingWith(" was asked for; resume with the same, or start a new run");
    }
  }

  @Test
  void a_finished_run_trains_on_with_more_epochs() {
    try (TrainingRun run = run(plan(Map.of("epochs", "1", "limit", "50")), "a")) {
      run.train(TrainingRun.Start.NEW);
    }
    try (TrainingRun run = again(plan(Map.of("epochs", "3", "limit", "50")), "a")) {
      assertThat(run.train(TrainingRun.Start.RESUME).result().epochs()).hasSize(3);
    }
  }

  @Test
  void early_stopping_ends_a_run_that_no_longer_gains() {
    Experiment experiment =
        plan(
            Map.of("epochs", "30", "limit", "30"),
            "early_stopping.patience=1",
            "early_stopping.min_delta=99");
    try (TrainingRun run = run(experiment, "a")) {
      TrainingResult result = run.train(TrainingRun.Start.NEW).result();
      assertThat(result.end()).isEqualTo(End.EARLY_STOPPED);
      assertThat(result.epochs()).hasSize(2);
    }
  }

  @Test
  void an_explicit_batch_larger_than_the_data_is_refused_before_anything_is_written() {
    assertThatThrownBy(() -> plan(Map.of("limit", "5", "batch", "100")))
        .isInstanceOf(LinnetException.class)
        .hasMessageContaining("batch: got 100")
        .hasMessageContaining("must be at most 40, the number of training pictures");
  }

  @Test
  void a_run_that_does_not_fit_into_memory_says_the_batch_that_would() {
    Experiment experiment = plan(Map.of("limit", "200", "batch", "512", "model", "resnet20"));
    long activations = experiment.memory().activationBytes();
    long available = experiment.memory().totalBytes() - activations / 2;
    assertThatThrownBy(
            () -> Experiment.checkMemory(experiment.recipe(), experiment.memory(), available))
        .isInstanceOf(LinnetException.class)
        .hasMessageMatching(
            "batch: got 512; a step of resnet20 at 28 pixels takes about [\\d.]+ GB of memory, and"
                + " [\\d.]+ GB are free; --batch 25[56] would fit \\(with --accumulate [23] an"
                + " update sees as many pictures\\)");
    assertThatThrownBy(() -> Experiment.checkMemory(experiment.recipe(), experiment.memory(), 9))
        .hasMessageEndingWith("not even one picture fits: choose a smaller --model or --size");
  }

  @Test
  void an_out_folder_that_exists_is_refused() throws IOException {
    Path out = Files.createDirectory(folder.resolve("full"));
    Files.writeString(out.resolve("x"), "x");
    assertThatThrownBy(() -> RunFolder.create(out))
        .hasMessage(
            "--out: "
                + out
                + " exists already; choose another name, or go on with --resume "
                + out);
  }
}
