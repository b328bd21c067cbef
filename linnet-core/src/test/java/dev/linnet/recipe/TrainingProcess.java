package dev.linnet.recipe;

import dev.linnet.base.DownloadListener;
import dev.linnet.data.Places;
import dev.linnet.tensor.Device;
import dev.linnet.train.RunFolder;
import dev.linnet.weights.Hub;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/** A training in a process of its own, for tests that kill it. */
final class TrainingProcess {
  private TrainingProcess() {}

  /** Trains into the folder that is given, or goes on there. */
  public static void main(String[] args) {
    Path folder = Path.of(args[0]);
    LoadedRecipe loaded =
        RecipeReader.create()
            .read(
                "quick",
                Map.of("epochs", "6", "limit", "300"),
                List.of("checkpoint.every_seconds=1"));
    Experiment experiment =
        Experiment.plan(
            loaded,
            new Experiment.Surroundings(
                Places.of(Map.of()), DownloadListener.NONE, Device.CPU, Hub.of(Map.of())));
    RunFolder run =
        Files.exists(folder.resolve("recipe.yaml"))
            ? RunFolder.open(folder)
            : new RunFolder(folder);
    try (TrainingRun training = new TrainingRun(experiment, run, List.of("test"), w -> {})) {
      training.train(TrainingRun.Start.RESUME);
    }
    Runtime.getRuntime().halt(0);
  }
}
