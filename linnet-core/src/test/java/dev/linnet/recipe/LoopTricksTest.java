package dev.linnet.recipe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.linnet.base.DownloadListener;
import dev.linnet.base.LinnetException;
import dev.linnet.data.Places;
import dev.linnet.tensor.Device;
import dev.linnet.tensor.Scope;
import dev.linnet.train.EpochMetrics;
import dev.linnet.train.LearningRateCurve;
import dev.linnet.train.LearningRateFinder;
import dev.linnet.train.RunFolder;
import dev.linnet.train.TestTimeAugmentation;
import dev.linnet.train.TrainingListener;
import dev.linnet.train.TrainingResult;
import dev.linnet.train.TrainingResult.End;
import dev.linnet.weights.Hub;
import dev.linnet.weights.SafeTensors;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Tricks that change the loop, in whole small runs: stopped and resumed equals never stopped. */
@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
final class LoopTricksTest {
  @TempDir private Path folder;

  private static Experiment plan(List<String> sets) {
    Map<String, String> options =
        Map.of("limit", "24", "epochs", "3", "batch", "60", "dtype", "fp32", "val", "0.2");
    List<String> all = new ArrayList<>(List.of("schedule.lr_per=none"));
    all.addAll(sets);
    LoadedRecipe loaded = RecipeReader.create().read("plain", options, all);
    return Experiment.plan(
        loaded,
        new Experiment.Surroundings(
            Places.of(Map.of()), DownloadListener.NONE, Device.CPU, Hub.of(Map.of())));
  }

  private byte[] weights(String name) throws IOException {
    return Files.readAllBytes(folder.resolve(name).resolve("model.safetensors"));
  }

  /** Gives the result of the run that was not stopped. */
  private TrainingResult resumedEqualsWhole(String... sets) throws IOException {
    Experiment experiment = plan(List.of(sets));
    TrainingResult whole;
    try (TrainingRun run = run(experiment, RunFolder.create(folder.resolve("whole")))) {
      whole = run.train(TrainingRun.Start.NEW).result();
    }
    try (TrainingRun run = run(experiment, RunFolder.create(folder.resolve("parts")))) {
      run.listen(stopAt(run, experiment.updates() / 2));
      assertThat(run.train(TrainingRun.Start.NEW).result().end()).isEqualTo(End.INTERRUPTED);
    }
    try (TrainingRun run = run(experiment, RunFolder.open(folder.resolve("parts")))) {
      run.listen(stopAt(run, experiment.updates() - 1));
      assertThat(run.train(TrainingRun.Start.RESUME).result().end()).isEqualTo(End.INTERRUPTED);
    }
    try (TrainingRun run = run(experiment, RunFolder.open(folder.resolve("parts")))) {
      assertThat(run.train(TrainingRun.Start.RESUME).result().end()).isEqualTo(End.FINISHED);
    }
    assertThat(weights("parts")).isEqualTo(weights("whole"));
    return whole;
  }

  private static TrainingRun run(Experiment experiment, RunFolder folder) {
    return new TrainingRun(experiment, folder, List.of("test"), w -> {});
  }

  private static TrainingListener stopAt(TrainingRun run, long update) {
    return new TrainingListener() {
      @Override
      public void stepped(Step step) {
        if (step.update() == update) {
          run.requestStop();
        }
      }
    };
  }

  @Test
  void a_plateau_that_fell_is_as_low_after_resuming() throws IOException {
    TrainingResult whole =
        resumedEqualsWhole(
            "schedule={name: plateau, patience: 0, threshold: 1, factor: 0.5, warmup_epochs: 0}");
    assertThat(whole.epochs())
        .extracting(EpochMetrics::lr)
        .startsWith(0.1, 0.1)
        .last()
        .isEqualTo(0.05);
  }

  @Test
  void balanced_sampling_repeated_augmentation_and_binary_cross_entropy() throws IOException {
    resumedEqualsWhole(
        "sampling=balanced",
        "tricks={repeated_augmentation: 2, label_smoothing: {convention: paper}}",
        "loss={name: bce, sum_classes: true}");
  }

  @Test
  void three_views_count_as_one_picture() throws IOException {
    TrainingResult whole = resumedEqualsWhole("loss=jsd", "tricks={aug_mix: true}");
    assertThat(whole.epochs().get(0).trainTop1()).isBetween(0.0, 100.0);
  }

  @Test
  void trying_learning_rates_leaves_everything_as_it_was() throws IOException {
    Experiment experiment = plan(List.of("model=resnet20", "loss.class_weights=auto"));
    try (TrainingRun run = run(experiment, RunFolder.create(folder.resolve("plain")))) {
      run.train(TrainingRun.Start.NEW);
    }
    try (TrainingRun run = run(experiment, RunFolder.create(folder.resolve("tried")))) {
      Map<String, String> before = state(run);
      LearningRateCurve curve = run.tryRates(new LearningRateFinder.Range(1e-6, 10, 20, 4));
      assertThat(curve.points()).hasSizeBetween(2, 20);
      assertThat(state(run)).isEqualTo(before);
      run.train(TrainingRun.Start.NEW);
    }
    assertThat(weights("tried")).isEqualTo(weights("plain"));
  }

  /** Every tensor of the network, running statistics included, as text. */
  private static Map<String, String> state(TrainingRun run) {
    Map<String, String> state = new LinkedHashMap<>();
    Scope.run(
        "state",
        () ->
            run.model()
                .state()
                .forEach(
                    (name, p) -> state.put(name, Arrays.toString(p.value().detach().toDoubles()))));
    return state;
  }

  @Test
  void sharpness_aware_minimization() throws IOException {
    TrainingResult result =
        resumedEqualsWhole("tricks.sam.rho=0.1", "accumulate=2", "batch=20", "clip=norm");
    assertThat(result.updates()).isEqualTo(12);
  }

  @Test
  void stochastic_weight_averaging() throws IOException {
    resumedEqualsWhole("swa.start=2", "swa.lr=0.01", "model=resnet20", "batch=16", "limit=8");
  }

  private Path teacher(String... sets) {
    List<String> all = new ArrayList<>(List.of("limit=4", "epochs=1", "model=resnet20"));
    all.addAll(List.of(sets));
    Path path = folder.resolve("teacher");
    try (TrainingRun run = run(plan(all), RunFolder.create(path))) {
      run.train(TrainingRun.Start.NEW);
    }
    return path;
  }

  @Test
  void distillation_with_its_hints_and_attention_from_one_teacher() throws IOException {
    Path teacher = teacher("batch=10");
    resumedEqualsWhole(
        "limit=12",
        "batch=24",
        "tricks.distillation={teacher: " + teacher + ", temperature: 4}",
        "tricks.feature_distillation={teacher: " + teacher + ", weight: 0.1}",
        "tricks.attention_transfer={teacher: " + teacher + ", beta: 10}",
        "tricks.mixup=0.2");
    try (SafeTensors saved = SafeTensors.open(folder.resolve("whole/model.safetensors"))) {
      assertThat(saved.names()).noneMatch(name -> name.contains("adapter"));
    }
    Files.move(teacher, folder.resolve("elsewhere")); // the student needs it no more
    try (SavedModel model = SavedModel.open(folder.resolve("whole"), Device.CPU)) {
      assertThat(model.pretrained().model().architecture()).isEqualTo("lenet5");
    }
  }

  @Test
  void self_distillation() throws IOException {
    resumedEqualsWhole("limit=12", "batch=24", "ema.decay=0.9", "tricks.self_distillation=true");
  }

  @Test
  void a_teacher_with_other_classes_is_refused() throws IOException {
    Path teacher = teacher("batch=10");
    Path config = teacher.resolve("config.json");
    Files.writeString(config, Files.readString(config).replace("\"3\"", "\"cat\""));
    assertThatThrownBy(() -> plan(List.of("tricks.distillation=" + teacher)))
        .isExactlyInstanceOf(LinnetException.class)
        .hasMessage(
            "distillation.teacher: the data have the class \"3\", which the network does not know;"
                + " it knows 0, 1, 2, cat, 4 and 5 more");
  }

  @Test
  void small_pictures_first_larger_ones_at_the_end_and_averaged_views() throws IOException {
    resumedEqualsWhole(
        "model=resnet20",
        "limit=8",
        "batch=16",
        "size=24",
        "evaluation.size=32",
        "evaluation.tta=ten-crop",
        "tricks.progressive_resizing=true",
        "tricks.cutmix=true");
    String config = Files.readString(folder.resolve("whole/config.json"));
    assertThat(config).contains("\"input_size\" : [ 1, 24, 24 ]");
    assertThat(config).contains("\"test_input_size\" : [ 1, 32, 32 ]");
    try (SavedModel model = SavedModel.open(folder.resolve("whole"), Device.CPU)) {
      assertThat(model.pretrained().preprocessing().input().height()).isEqualTo(32);
      assertThat(model.usualAugmentation()).isEqualTo(TestTimeAugmentation.TEN_CROP);
    }
  }
}
