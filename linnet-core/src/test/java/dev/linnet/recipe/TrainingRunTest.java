package dev.linnet.recipe;

import static org.assertj.core.api.Assertions.assertThat;

import dev.linnet.data.DownloadListener;
import dev.linnet.data.Places;
import dev.linnet.tensor.Device;
import dev.linnet.train.RunFolder;
import dev.linnet.train.TrainingListener;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
class TrainingRunTest {
  @TempDir private Path folder;

  private static Experiment plan(Map<String, String> options, String... sets) {
    LoadedRecipe loaded = RecipeReader.create().read("quick", options, List.of(sets));
    return Experiment.plan(
        loaded,
        new Experiment.Surroundings(Places.of(Map.of()), DownloadListener.NONE, Device.CPU));
  }

  private TrainingRun run(Experiment experiment, String name) {
    return new TrainingRun(
        experiment, RunFolder.create(folder.resolve(name)), List.of("test"), w -> {});
  }

  private byte[] weights(String name) throws Exception {
    return Files.readAllBytes(folder.resolve(name).resolve("model.safetensors"));
  }

  @Test
  void the_digits_are_learnt_in_an_epoch() throws Exception {
    Experiment experiment = plan(Map.of("epochs", "2", "limit", "200"));
    try (TrainingRun run = run(experiment, "a")) {
      TrainingRun.Outcome outcome = run.train(TrainingRun.Start.NEW);
      assertThat(outcome.test().orElseThrow().metrics().top1()).isGreaterThan(70);
    }
  }

  @Test
  void a_run_that_was_stopped_and_resumed_gives_the_same_bytes() throws Exception {
    Experiment experiment = plan(Map.of("epochs", "2", "limit", "100"));
    try (TrainingRun run = run(experiment, "whole")) {
      run.train(TrainingRun.Start.NEW);
    }
    try (TrainingRun run = run(experiment, "parts")) {
      run.listen(
          new TrainingListener() {
            @Override
            public void stepped(Step step) {
              if (step.update() == 20) {
                run.requestStop();
              }
            }
          });
      run.train(TrainingRun.Start.NEW);
    }
    RunFolder again = RunFolder.open(folder.resolve("parts"));
    try (TrainingRun run = new TrainingRun(experiment, again, List.of("test"), w -> {})) {
      run.train(TrainingRun.Start.RESUME);
    }
    assertThat(weights("parts")).isEqualTo(weights("whole"));
  }

  @Test
  void the_number_of_workers_does_not_change_a_byte() throws Exception {
    for (String workers : List.of("0", "3")) {
      Experiment experiment = plan(Map.of("epochs", "1", "limit", "100", "workers", workers));
      try (TrainingRun run = run(experiment, workers)) {
        run.train(TrainingRun.Start.NEW);
      }
    }
    assertThat(weights("0")).isEqualTo(weights("3"));
  }
}
