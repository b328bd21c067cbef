package dev.linnet.recipe;

import dev.linnet.base.AtomicFile;
import dev.linnet.base.LinnetException;
import dev.linnet.base.OrAuto;
import dev.linnet.base.Sha256;
import dev.linnet.image.ColorMode;
import dev.linnet.image.DecodeOptions;
import dev.linnet.image.EvalTransform.CropMode;
import dev.linnet.image.Interpolation;
import dev.linnet.image.Orientation;
import dev.linnet.models.InputSize;
import dev.linnet.models.Parts;
import dev.linnet.models.Preprocessing;
import dev.linnet.tensor.Device;
import dev.linnet.train.RunFolder;
import dev.linnet.weights.Hub;
import dev.linnet.weights.Pretrained;
import dev.linnet.weights.WeightsConfig;
import dev.linnet.weights.WeightsFolder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/**
 * Where weights come from: a run's folder, a folder of weights, one of the hub, or a name of the
 * zoo with a file. What lies there is described, not read yet.
 *
 * @param source the folder or the file on this machine
 * @param config network, classes and preprocessing
 * @param orientation whether EXIF turns pictures: as in the run's recipe; ignored with weights from
 *     elsewhere, as timm does
 * @param maxPixels pixels above which a picture is refused by its header
 * @param recipe of the run, where it is one
 */
public record Origin(
    Path source,
    WeightsConfig config,
    Orientation orientation,
    long maxPixels,
    Optional<Recipe> recipe) {
  private static final String PLACE = "the weights";
  private static final double TRAINED_ON = 10; // what the rate from scratch is divided by

  /**
   * A run's folder, a folder of weights, or one of the hub ({@code hf://OWNER/NAME[@REVISION]}),
   * which is fetched first where the cache lacks it.
   *
   * @throws LinnetException if it is none of these, cannot be fetched, or says what cannot be
   */
  static Origin of(String name, Hub hub) {
    return Hub.isName(name) ? elsewhere(hub.folder(name)) : of(Path.of(name));
  }

  /** A run's folder or a folder of weights. */
  static Origin of(Path folder) {
    if (!Files.isDirectory(folder)) {
      throw new LinnetException(
          folder
              + ": no such folder; give a run's folder, a folder with config.json and"
              + " model.safetensors, or a name of the zoo with --weights FILE");
    }
    RunFolder run = new RunFolder(folder);
    if (!Files.exists(run.recipe())) {
      return elsewhere(folder);
    }
    if (!Files.exists(run.weights())) {
      throw new LinnetException(
          folder
              + ": the run has no weights yet: its first epoch did not end; go on with"
              + " linnet train --resume "
              + folder);
    }
    Recipe recipe =
        RecipeReader.create().read(run.recipe().toString(), Map.of(), List.of()).recipe();
    return new Origin(
        folder,
        WeightsFolder.config(folder),
        recipe.orientation().orElse(Orientation.APPLY),
        recipe.maxPixels(),
        Optional.of(recipe));
  }

  /** A bare file of weights of a network of the zoo. */
  static Origin of(String architecture, Path weights) {
    return published(weights, WeightsFolder.config(architecture, weights));
  }

  /** What a recipe starts from, if anything. */
  static Optional<Origin> of(Recipe recipe, Hub hub) {
    return recipe
        .from()
        .given()
        .map(
            from ->
                recipe.weights().isNone()
                    ? of(from, hub)
                    : of(from, Path.of(recipe.weights().value())));
  }

  private static Origin elsewhere(Path folder) {
    return published(folder, WeightsFolder.config(folder));
  }

  private static Origin published(Path source, WeightsConfig config) {
    return new Origin(
        source, config, Orientation.IGNORE, DecodeOptions.DEFAULT.maxPixels(), Optional.empty());
  }

  /** Reads the network with its weights; the caller closes it. */
  Pretrained load(Device device) {
    return WeightsFolder.load(config, source, device);
  }

  /** SHA-256 of the file of weights, or of the index of its shards, in hexadecimal. */
  String sha256() {
    Path file = WeightsFolder.file(source);
    try {
      return Sha256.of(file);
    } catch (IOException e) {
      throw new LinnetException(file + ": cannot be read (" + AtomicFile.reason(e) + ")", e);
    }
  }

  /**
   * Whether the head of the weights does what a recipe wants: it names the classes of the data, in
   * their order, or makes an embedding of that width.
   */
  boolean knows(Recipe recipe, List<String> classes) {
    if (config.options().output() != Ingredients.output(recipe)) {
      return false;
    }
    return switch (recipe.task()) {
      case CLASSIFICATION -> config.classNames().equals(classes);
      case SIMILARITY -> config.options().classes() == recipe.embedding();
    };
  }

  private String head(Recipe recipe, List<String> classes) {
    boolean known = knows(recipe, classes);
    return switch (recipe.task()) {
      case CLASSIFICATION ->
          known
              ? "head: that of the weights, which know the same classes"
              : ("head: a new one for %d classes, which starts at zero, because the weights know %d"
                      + " others")
                  .formatted(classes.size(), config.options().classes());
      case SIMILARITY ->
          known
              ? "head: that of the weights, whose embedding is as wide"
              : "head: a new one, whose %d numbers are the embedding".formatted(recipe.embedding());
    };
  }

  /**
   * A recipe that trains these weights on, and what that settled, a sentence each.
   *
   * @param loaded what the weights say where the recipe left it open
   */
  record Settled(LoadedRecipe loaded, List<String> reasons) {}

  /**
   * Settles network, input and preprocessing of a recipe by the weights; what the recipe gives
   * stays.
   *
   * @param classes of the data
   * @throws RecipeException if the recipe names another network or other parts of it
   */
  Settled over(LoadedRecipe loaded, List<String> classes) {
    Recipe recipe = loaded.recipe();
    check(loaded);
    Preprocessing wants = config.preprocessing();
    InputSize input = wants.input();
    List<String> reasons = new ArrayList<>();
    if (recipe.model().isAuto()) {
      reasons.add("model " + config.architecture() + ": whose weights they are");
    }
    reasons.add(head(recipe, classes));
    if (recipe.size().isAuto()) {
      reasons.add("size " + input.height() + ": what the weights were trained for");
    }
    Recipe settled =
        recipe
            .withModel(config.architecture())
            .withSize(recipe.size().orElse(input.height()))
            .with("modelOptions", recipe.modelOptions().withParts(parts(recipe)))
            .with(
                "color",
                OrAuto.of(
                    recipe.color().orElse(input.channels() == 1 ? ColorMode.GRAY : ColorMode.RGB)))
            .with("normalize", OrAuto.of(recipe.normalize().orElse(Normalize.WEIGHTS)))
            .with("orientation", OrAuto.of(recipe.orientation().orElse(orientation)))
            .with("evaluation", evaluation(recipe.evaluation(), wants));
    String rate = loaded.sources().getOrDefault("schedule.lr", "");
    if (rate.startsWith("preset ") && !rate.startsWith("preset " + Presets.TRANSFER)) {
      double lr = recipe.schedule().rate().lr() / TRAINED_ON;
      settled = settled.withSchedule(recipe.schedule().withLr(lr));
      reasons.add(
          "lr "
              + Scalars.text(lr)
              + ": a tenth, because the network is trained already (--set schedule.lr= changes"
              + " it)");
    }
    return new Settled(loaded.with(settled, PLACE), reasons);
  }

  private static Recipe.Evaluation evaluation(Recipe.Evaluation given, Preprocessing wants) {
    Interpolation interpolation =
        Interpolation.valueOf(wants.interpolation().toUpperCase(Locale.ROOT));
    CropMode mode = CropMode.valueOf(wants.cropMode().toUpperCase(Locale.ROOT));
    return given.with(
        given.cropPct().orElse(wants.cropPct()),
        given.interpolation().orElse(interpolation),
        given.cropMode().orElse(mode));
  }

  /** Those of the weights; what a recipe drops in training is its own. */
  private Parts parts(Recipe recipe) {
    Parts ours = config.options().parts();
    return recipe.modelOptions().dropBlockRate().given().map(ours::withDropBlockRate).orElse(ours);
  }

  private void check(LoadedRecipe loaded) {
    Recipe recipe = loaded.recipe();
    List<String> problems = new ArrayList<>();
    if (!recipe.model().isAutoOr(config.architecture()::equals)) {
      problems.add(
          "model: got \""
              + recipe.model()
              + "\""
              + loaded.at("model")
              + "; the weights to start from are of "
              + config.architecture()
              + "; leave model out, or start from others");
    }
    Parts ours = config.options().parts();
    Parts asked = recipe.modelOptions().parts();
    for (Parts.Part part : asked.changed()) {
      if (part != Parts.Part.DROP_BLOCK_RATE // which leaves the weights as they are
          && !Objects.equals(asked.value(part), ours.value(part))) {
        problems.add(
            "model_options."
                + part
                + ": got "
                + asked.value(part)
                + loaded.at("model_options." + part)
                + "; the weights to start from have "
                + ours.value(part)
                + "; leave it out, or start from others");
      }
    }
    if (!problems.isEmpty()) {
      throw new RecipeException(problems);
    }
  }
}
