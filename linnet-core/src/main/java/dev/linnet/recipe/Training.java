package dev.linnet.recipe;

import dev.linnet.base.DownloadListener;
import dev.linnet.data.Places;
import dev.linnet.tensor.Device;
import dev.linnet.train.RunFolder;
import dev.linnet.train.TrainingListener;
import dev.linnet.weights.Hub;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Trains a classifier in a few lines; {@code linnet train} does the same.
 *
 * <pre>{@code
 * TrainingRun.Outcome outcome =
 *     Training.on("pictures").with("epochs", "5").train(Path.of("runs/mine"));
 * }</pre>
 *
 * @param recipe a preset's name or a file
 * @param options top-level keys of the recipe, as on the command line
 * @param listeners what watches the training
 */
public record Training(
    String recipe, Map<String, String> options, List<TrainingListener> listeners) {
  public Training {
    options = Map.copyOf(options);
    listeners = List.copyOf(listeners);
  }

  /**
   * On a data set, with the recipe {@code quick}.
   *
   * @param data a folder, a file or a name
   */
  public static Training on(String data) {
    return new Training("quick", Map.of("data", data), List.of());
  }

  /** Another recipe: a preset's name or a file. */
  public Training withRecipe(String nameOrFile) {
    return new Training(nameOrFile, options, listeners);
  }

  /** One key of the recipe, such as {@code with("epochs", "5")}. */
  public Training with(String key, String value) {
    Map<String, String> more = new LinkedHashMap<>(options);
    more.put(key, value);
    return new Training(recipe, more, listeners);
  }

  /** One more that watches. */
  public Training withListener(TrainingListener listener) {
    List<TrainingListener> more = new ArrayList<>(listeners);
    more.add(listener);
    return new Training(recipe, options, more);
  }

  /**
   * Trains on the processor, and writes the run into a new folder.
   *
   * @throws dev.linnet.base.LinnetException if recipe or data are wrong, or the folder exists
   */
  public TrainingRun.Outcome train(Path folder) {
    LoadedRecipe loaded = RecipeReader.create().read(recipe, options, List.of());
    Experiment experiment =
        Experiment.plan(
            loaded,
            new Experiment.Surroundings(
                Places.of(System.getenv()),
                DownloadListener.NONE,
                Device.CPU,
                Hub.of(System.getenv())));
    System.Logger log = System.getLogger(Training.class.getName());
    experiment.warnings().forEach(w -> log.log(System.Logger.Level.WARNING, w));
    List<String> command = List.of("Training.on", String.valueOf(options.get("data")));
    try (TrainingRun run =
        new TrainingRun(
            experiment,
            RunFolder.create(folder),
            command,
            w -> log.log(System.Logger.Level.WARNING, w))) {
      listeners.forEach(run::listen);
      return run.train(TrainingRun.Start.NEW);
    }
  }
}
