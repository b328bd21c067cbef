package dev.linnet.recipe;

import dev.linnet.base.DownloadListener;
import dev.linnet.base.LinnetException;
import dev.linnet.base.OrAuto;
import dev.linnet.data.DataOptions;
import dev.linnet.data.DataSource;
import dev.linnet.data.DataSources;
import dev.linnet.data.DrawnIndices;
import dev.linnet.data.Holdout;
import dev.linnet.data.PictureSet;
import dev.linnet.data.Places;
import dev.linnet.data.Split;
import dev.linnet.image.ColorMode;
import dev.linnet.models.Classifier;
import dev.linnet.models.Memory;
import dev.linnet.models.MemoryEstimate;
import dev.linnet.models.ModelCost;
import dev.linnet.models.ModelOptions;
import dev.linnet.models.Zoo;
import dev.linnet.models.ZooModel;
import dev.linnet.tensor.DType;
import dev.linnet.tensor.Device;
import dev.linnet.tensor.Engine;
import dev.linnet.tensor.Processor;
import dev.linnet.tensor.Shape;
import dev.linnet.train.Environment;
import dev.linnet.train.RunFolder;
import dev.linnet.train.Unfreezing;
import dev.linnet.tricks.Sam;
import dev.linnet.weights.Hub;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Supplier;

/**
 * A training that is planned: data opened, every {@code auto} settled, costs counted, nothing
 * trained and nothing written yet. {@link TrainingRun} does it.
 *
 * @param chosen the settled recipe and the reasons
 * @param data what is trained on
 * @param classes names of the classes
 * @param device where it computes
 * @param cost of one picture of the network
 * @param memory of a training step at its peak
 * @param updates of the whole run
 * @param warnings what the user should know before the run
 * @param origin the weights to start from, where they are still to be read
 * @param teachers what tricks learn from
 * @param cache folder for what may be computed again, such as features
 */
public record Experiment(
    Chosen chosen,
    DataSource data,
    List<String> classes,
    Device device,
    ModelCost cost,
    MemoryEstimate memory,
    long updates,
    List<String> warnings,
    Optional<Origin> origin,
    Teachers teachers,
    Path cache) {
  /** The data set when none is named. */
  public static final String DEFAULT_DATA = "digits";

  /** Keys of a recipe that may differ between machines that train together. */
  private static final Set<String> OF_A_MACHINE =
      Set.of("data", "from", "weights", "threads", "workers");

  public Experiment {
    classes = List.copyOf(classes);
    warnings = List.copyOf(warnings);
  }

  /**
   * Where an experiment looks and computes.
   *
   * @param places where names of data sets are looked up
   * @param downloads hears how far a download is
   * @param where to compute; asked once the data are open, before any native library is used
   * @param hub where {@code hf://} names are fetched
   */
  public record Surroundings(
      Places places, DownloadListener downloads, Supplier<Device> where, Hub hub) {
    /** On a device that is known. */
    public Surroundings(Places places, DownloadListener downloads, Device device, Hub hub) {
      this(places, downloads, () -> device, hub);
    }

    /** Where to compute. */
    public Device device() {
      return where.get();
    }
  }

  /**
   * Plans a new training.
   *
   * @throws LinnetException if the data cannot be used or the recipe does not fit them
   */
  public static Experiment plan(LoadedRecipe loaded, Surroundings around) {
    return plan(loaded, around, DrawnIndices.NONE, Origin.of(loaded.recipe(), around.hub()));
  }

  /**
   * Plans to go on with a run: its recipe is given, its split is drawn again as it was.
   *
   * @throws LinnetException if the data are others
   */
  public static Experiment planAgain(LoadedRecipe loaded, Surroundings around, RunFolder run) {
    try {
      DrawnIndices drawn =
          Files.exists(run.splits())
              ? DrawnIndices.fromJson(Files.readString(run.splits()), run.splits().toString())
              : DrawnIndices.NONE;
      Optional<Origin> origin =
          run.hasCheckpoint() // which has the weights
              ? Optional.empty()
              : Origin.of(loaded.recipe(), around.hub());
      return plan(loaded, around, drawn, origin);
    } catch (IOException e) {
      throw new LinnetException(run.splits() + ": cannot be read", e);
    }
  }

  private static Experiment plan(
      LoadedRecipe asked, Surroundings around, DrawnIndices drawn, Optional<Origin> origin) {
    Contradictions.refuse(asked);
    checkType(asked, around);
    Teachers teachers = Teachers.of(asked, around.hub());
    Recipe recipe = asked.recipe();
    if (!recipe.model().isAuto()) {
      Zoo.find(recipe.model().value());
    }
    DataSource data =
        DataSources.open(
            recipe.data().isNone() ? DEFAULT_DATA : recipe.data().value(),
            DataOptions.of(around.places())
                .withHoldout(holdout(recipe))
                .withLimit(recipe.limit().isNone() ? DataOptions.ALL : recipe.limit().value())
                .withSeed(recipe.seed())
                .withBoxes(recipe.boxes())
                .withClasses(recipe.classRule())
                .withCutShards(recipe.maxBad().shards())
                .withDrawn(drawn)
                .withDownloads(around.downloads()));
    teachers.check(data.classes());
    checkClasses(asked, data.classes());
    Origin.Settled settled =
        origin
            .map(start -> start.over(asked, data.classes()))
            .orElse(new Origin.Settled(asked, List.of()));
    LoadedRecipe loaded = settled.loaded();
    PictureSet training = Ingredients.trained(loaded.recipe(), data.train());
    Optional<PictureSet> validation = data.choosing();
    DataFacts facts =
        DataLook.at(training, validation.map(PictureSet::size).orElse(0), loaded.recipe());
    MachineFacts machine =
        new MachineFacts(
            Runtime.getRuntime().availableProcessors(),
            around.device().kind() == Device.Kind.CUDA
                ? DType.BFLOAT16
                : Processor.here().trainingType());
    int classes = data.classes().size();
    TrainingSpeed speed =
        TrainingSpeed.of(machine)
            .withMacs(
                (model, size, color) -> cost(model, loaded.recipe(), classes, size, color).macs());
    Chosen chosen =
        Chooser.choose(loaded.with(located(loaded.recipe()), "the data's place"), facts, speed);
    return complete(chosen.after(settled.reasons()), data, around, origin, teachers);
  }

  /** Weights are given by class, so that it is known only now whether there are such classes. */
  private static void checkClasses(LoadedRecipe asked, List<String> classes) {
    List<String> problems = new ArrayList<>();
    OrAuto<OrNone<Map<String, Double>>> ofLoss = asked.recipe().loss().classWeights();
    if (!ofLoss.isAuto()) {
      ofLoss
          .value()
          .given()
          .ifPresent(
              given ->
                  problems.addAll(
                      ClassCounts.unknown("loss.class_weights", given, classes, asked)));
    }
    problems.addAll(
        ClassCounts.unknown(
            "sampling.weights", asked.recipe().sampling().weights(), classes, asked));
    if (!problems.isEmpty()) {
      throw new RecipeException(problems);
    }
  }

  private static Experiment complete(
      Chosen chosen,
      DataSource data,
      Surroundings around,
      Optional<Origin> origin,
      Teachers teachers) {
    Device device = around.device();
    Contradictions.refuse(chosen.loaded());
    teachers.check(chosen.recipe(), data.classes().size());
    Recipe recipe = chosen.recipe();
    ModelCost cost =
        cost(
            recipe.model().value(),
            recipe,
            data.classes().size(),
            recipe.size().value(),
            recipe.color().value());
    long updates =
        (long) recipe.epochs().value()
            * (Ingredients.trained(recipe, data.train()).size()
                / recipe.batch().value()
                / recipe.accumulate());
    checkOptimizer(recipe, data.classes().size(), updates);
    checkFeatures(recipe, data.classes().size());
    checkBlocks(chosen.loaded(), recipe, data.classes().size(), device);
    PictureSet training = Ingredients.trained(recipe, data.train());
    checkGroups(recipe, training);
    List<String> warnings = new ArrayList<>(data.warnings());
    ShardUse.of(recipe, training, data.where()).ifPresent(warnings::add);
    warnings.addAll(chosen.warnings());
    Zoo.advice(recipe.model().value(), recipe.size().value()).ifPresent(warnings::add);
    MemoryEstimate memory = memory(recipe, data.classes().size());
    if (device.kind() == Device.Kind.CPU) {
      checkMemory(recipe, memory, Engine.availableBytes());
    }
    checkSizes(recipe, data.classes().size());
    return new Experiment(
        chosen,
        data,
        data.classes(),
        device,
        cost,
        memory,
        updates,
        warnings,
        origin,
        teachers,
        around.places().cache());
  }

  /** Refuses sizes of training and evaluation that the network cannot take. */
  private static void checkSizes(Recipe recipe, int classes) {
    ModelOptions options = Ingredients.modelOptions(recipe, classes, recipe.color().value());
    Set<Integer> sizes = new TreeSet<>(List.of(Ingredients.evaluationSize(recipe)));
    try (Classifier declared = Zoo.find(recipe.model().value()).declare(options)) {
      sizes.add(Ingredients.trainingSize(recipe, 0, Ingredients.stride(declared)));
    }
    sizes.remove(recipe.size().value()); // which was counted already
    sizes.forEach(size -> Zoo.describe(recipe.model().value(), options, size, size));
  }

  /** Refuses batches that the classes cannot fill. */
  private static void checkGroups(Recipe recipe, PictureSet training) {
    if (recipe.sampling() instanceof SamplingRecipe.Grouped grouped) {
      int filled =
          (int) ClassCounts.of(training).pictures().stream().filter(count -> count > 0).count();
      grouped.sampler(recipe.batch().value()).pictures(filled);
    }
  }

  /** Refuses a trick on features that the network has no place for. */
  private static void checkFeatures(Recipe recipe, int classes) {
    recipe
        .tricks()
        .ofFeatures()
        .ifPresent(
            trick -> {
              ModelOptions options =
                  Ingredients.modelOptions(recipe, classes, recipe.color().value());
              try (Classifier declared = Zoo.find(recipe.model().value()).declare(options)) {
                trick.places(declared);
              }
            });
  }

  /** Refuses to compute again what is not in blocks, or not on the processor. */
  private static void checkBlocks(LoadedRecipe asked, Recipe recipe, int classes, Device device) {
    if (recipe.memory() == Memory.USUAL) {
      return;
    }
    String why = "";
    if (device.kind() != Device.Kind.CPU) {
      why = "usual on " + device + "; blocks are computed again on a processor alone";
    } else {
      ModelOptions options = Ingredients.modelOptions(recipe, classes, recipe.color().value());
      try (Classifier declared = Zoo.find(recipe.model().value()).declare(options)) {
        if (declared.blocks().isEmpty()) {
          why = "usual for " + recipe.model().value() + ", which has no blocks to compute again";
        }
      }
    }
    if (!why.isEmpty()) {
      throw new LinnetException("memory: got low" + asked.at("memory") + "; must be " + why);
    }
  }

  /** Processors have no fast fp16, and bf16 has its size with the range of fp32. */
  private static void checkType(LoadedRecipe asked, Surroundings around) {
    boolean half = !asked.recipe().dtype().isAutoOr(type -> type != DType.FLOAT16);
    if (half && around.device().kind() == Device.Kind.CPU) {
      throw new LinnetException(
          "dtype: got fp16"
              + asked.at("dtype")
              + "; must be fp32, bf16 or auto on a processor; fp16 is for --device cuda");
    }
  }

  /** Copies of the weights that are not the optimizer's. */
  private static int averages(Recipe recipe) {
    return (recipe.ema().isNone() && recipe.swa().isNone() ? 0 : 1)
        + (recipe.tricks().find(Sam.class).isPresent() ? 1 : 0);
  }

  /** Refuses an optimizer that does not fit the network, as it would be refused later. */
  private static void checkOptimizer(Recipe recipe, int classes, long updates) {
    ModelOptions options = Ingredients.modelOptions(recipe, classes, recipe.color().value());
    try (Classifier declared = Zoo.find(recipe.model().value()).declare(options)) {
      Ingredients.optimizer(recipe, declared, updates, Map.of()).close();
    }
  }

  private static MemoryEstimate memory(Recipe recipe, int classes) {
    ModelOptions options = Ingredients.modelOptions(recipe, classes, recipe.color().value());
    int size = recipe.size().value();
    int rows = Math.multiplyExact(recipe.batch().value(), recipe.loss().views());
    Shape pictures = Shape.of(rows, options.inChannels(), size, size);
    Unfreezing unfreezing = Ingredients.unfreezing(recipe);
    ZooModel zoo = Zoo.find(recipe.model().value());
    MemoryEstimate.Weights weights;
    try (Classifier declared = zoo.declare(options)) {
      unfreezing.freezeRest(declared);
      weights = MemoryEstimate.Weights.of(declared);
    }
    return MemoryEstimate.ofTraining(
        zoo.record(
            options,
            pictures,
            model -> {
              unfreezing.freezeRest(model);
              model.keep(recipe.memory());
            }),
        weights,
        recipe.optimizer().copies() + averages(recipe),
        recipe.dtype().value());
  }

  /** Refuses a run that will not fit, and says what would. */
  static void checkMemory(Recipe recipe, MemoryEstimate memory, long available) {
    if (memory.totalBytes() <= available) {
      return;
    }
    int batch = recipe.batch().value();
    int fits = memory.largestBatch(available);
    int parts = fits == 0 ? 0 : (batch + fits - 1) / fits;
    throw new LinnetException(
        String.format(
            Locale.ROOT,
            "batch: got %d; a step of %s at %d pixels takes about %.1f GB of memory, and %.1f GB"
                + " are free; %s",
            batch,
            recipe.model().value(),
            recipe.size().value(),
            memory.totalBytes() / 1e9,
            available / 1e9,
            fits == 0
                ? "not even one picture fits: choose a smaller --model or --size"
                : "--batch "
                    + fits
                    + " would fit (with --accumulate "
                    + recipe.accumulate() * parts
                    + " an update sees as many pictures)"));
  }

  /** The pictures that are trained on: those of the data, turned too where the recipe says so. */
  public PictureSet training() {
    return Ingredients.trained(recipe(), data.train());
  }

  /**
   * What several processes must have alike to train together, by name: versions, the data, the
   * recipe's keys but for those of a machine, and the weights to start from.
   */
  public Map<String, String> identity() {
    Map<String, String> identity = new LinkedHashMap<>();
    identity.put("version of linnet", Environment.version());
    identity.put("version of libtorch", Engine.version());
    identity.put("pictures of data", data.fingerprint());
    identity.put("device", String.valueOf(device.kind()));
    Recipes.flat(recipe())
        .forEach(
            (key, value) -> {
              if (!OF_A_MACHINE.contains(key)) {
                identity.put(key, value);
              }
            });
    origin.ifPresent(start -> identity.put("weights to start from", start.sha256()));
    teachers.identity().ifPresent(sha256 -> identity.put("weights of teachers", sha256));
    return identity;
  }

  /** The settled recipe. */
  public Recipe recipe() {
    return chosen.recipe();
  }

  /** The pictures that are read once at the end, where the data have a test split. */
  public Optional<PictureSet> test() {
    return data.set(Split.TEST);
  }

  private static ModelCost cost(
      String model, Recipe recipe, int classes, int size, ColorMode color) {
    return Zoo.describe(model, Ingredients.modelOptions(recipe, classes, color), size, size);
  }

  private static Holdout holdout(Recipe recipe) {
    return share(recipe).of(recipe.classes().unit(recipe.task()));
  }

  private static Holdout share(Recipe recipe) {
    if (recipe.val().isAuto()) {
      boolean needed = !recipe.tricks().isAuto() || !recipe.earlyStopping().isNone();
      return needed ? Holdout.AUTO : Holdout.UNLESS_TESTED;
    }
    OrNone<Double> share = recipe.val().value();
    return share.isNone() ? Holdout.NONE : Holdout.of(share.value());
  }

  /** Paths are kept absolute, so that the saved recipe works from any folder. */
  private static Recipe located(Recipe recipe) {
    return recipe
        .withData(recipe.data().isNone() ? DEFAULT_DATA : absolute(recipe.data().value()))
        .with("from", located(recipe.from()))
        .with("weights", located(recipe.weights()))
        .withTricks(Teachers.located(recipe.tricks()));
  }

  private static OrNone<String> located(OrNone<String> place) {
    return place.isNone() ? place : OrNone.of(absolute(place.value()));
  }

  static String absolute(String name) {
    return !Hub.isName(name) && Files.exists(Path.of(name))
        ? Path.of(name).toAbsolutePath().normalize().toString()
        : name;
  }
}
