package dev.linnet.recipe;

import dev.linnet.base.OrAuto;
import dev.linnet.image.ColorMode;
import dev.linnet.image.EvalTransform.CropMode;
import dev.linnet.image.Interpolation;
import dev.linnet.image.Orientation;
import dev.linnet.models.Zoo;
import dev.linnet.tensor.DType;
import dev.linnet.train.TestTimeAugmentation;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * Settles what a recipe leaves {@code auto}, by the data and the machine: a pure function, with its
 * reasons in sentences. Every default that depends on the data stands here.
 *
 * <table>
 *   <caption>What {@code auto} becomes</caption>
 *   <tr><th>key</th><th>choice</th></tr>
 *   <tr><td>model</td><td>lenet5 for characters (grey, up to 32 pixels), resnet20 up to 64 pixels,
 *       resnet18 above</td></tr>
 *   <tr><td>size</td><td>28 for lenet5; that of pictures up to 64 pixels; above, 224, or with a
 *       budget the largest of 128, 96 and 64 at which 10 epochs fit</td></tr>
 *   <tr><td>batch</td><td>64 for lenet5 and above 64 pixels, else 128; halved until an epoch has
 *       four steps</td></tr>
 *   <tr><td>epochs</td><td>as many as fit into the budget, but no more than the network needs</td>
 *   </tr>
 *   <tr><td>tricks</td><td>by the length of the run: {@link TrickChooser}</td></tr>
 *   <tr><td>val</td><td>none where tricks are chosen too and the data have a test, but not with
 *       early stopping</td></tr>
 *   <tr><td>evaluation.tta</td><td>flip where training mirrors</td></tr>
 *   <tr><td>lr_per, weight_decay</td><td>128 and 5e-4 up to 64 pixels, 256 and 1e-4 above</td></tr>
 *   <tr><td>augment</td><td>pad, crop, mirror for pictures up to 64 pixels; above, random resized
 *       crop and mirror; characters are moved by 2 pixels and not mirrored</td></tr>
 * </table>
 */
public final class Chooser {
  /** Pictures up to this side, in pixels, count as small. */
  static final int SMALL_SIDE = 64;

  /** Grey pictures up to this side, in pixels, are taken for characters. */
  static final int CHARACTER_SIDE = 32;

  private static final String LENET = "lenet5";
  private static final int PHOTO_SIZE = 224;
  private static final List<Integer> BUDGET_SIZES = List.of(128, 96, 64);
  private static final int FEWEST_EPOCHS = 10;
  private static final int MOST_EPOCHS = 200;

  /** Epochs of a usual run on small pictures. */
  private static final int SMALL_EPOCHS = 30;

  /**
   * Updates below which a smaller batch helps, where the tricks are chosen too. One seed: {@code
   * train --data cifar10 --limit 500 --model resnet20 --epochs 60} gave 72.4 % by 2,100 updates,
   * and with {@code --batch 32 --ema} 74.3 % by 8,400.
   */
  private static final int MANY_UPDATES = 7000;

  /** The smallest batch that is chosen for that: smaller ones cost time. */
  private static final int LEAST_BATCH = 32;

  /** Updates below which more epochs still help, whatever the number of pictures. */
  private static final int ENOUGH_UPDATES = 1500;

  /** Share of the budget that is planned; the rest is for start, files and a wrong estimate. */
  private static final double PLANNED = 0.9;

  /** Seconds of one core to decode a photo for the first time. Estimated. */
  private static final double DECODE = 5e-3;

  /** Fewer training pictures than this, and a network from scratch stays weak. */
  private static final int FEW_SMALL = 500;

  private static final int FEW_PHOTOS = 2000;

  private final Recipe recipe;
  private final DataFacts data;
  private final TrainingSpeed speed;
  private final List<String> reasons = new ArrayList<>();
  private final List<String> warnings = new ArrayList<>();

  private Chooser(Recipe recipe, DataFacts data, TrainingSpeed speed) {
    this.recipe = recipe;
    this.data = data;
    this.speed = speed;
  }

  /**
   * Settles a recipe.
   *
   * @throws RecipeException if a value that is given does not fit the data
   */
  public static Chosen choose(LoadedRecipe loaded, DataFacts data, TrainingSpeed speed) {
    return new Chooser(loaded.recipe(), data, speed).choose(loaded);
  }

  private Chosen choose(LoadedRecipe loaded) {
    checkBatch(loaded);
    ColorMode color = recipe.color().orElse(data.color());
    DType dtype = recipe.dtype().orElse(speed.machine().dtype());
    String model = model(color);
    int size = size(model, color, dtype);
    int batch = batch(model, size);
    double rate = speed.picturesPerSecond(model, size, color, dtype);
    double epochSeconds = speed.epochSeconds(data, rate);
    int epochs = epochs(model, size, batch, rate, epochSeconds);
    Tricks tricks =
        recipe.tricks().isAuto() ? TrickChooser.choose(data, epochs, reasons) : recipe.tricks();
    warnAboutFewPictures();
    boolean small = size <= SMALL_SIDE && data.side() <= SMALL_SIDE;
    AugmentRecipe augment = augment(small);
    Recipe chosen =
        recipe
            .withModel(model)
            .withSize(size)
            .withBatch(batch)
            .withEpochs(epochs)
            .withDtype(dtype)
            .withTricks(tricks)
            .withOptimizer(optimizer(size))
            .withSchedule(schedule(size, epochs))
            .withAugment(augment)
            .with("color", OrAuto.of(color))
            .with("normalize", OrAuto.of(recipe.normalize().orElse(normalize(small, color))))
            .with("val", validation())
            .with("orientation", OrAuto.of(recipe.orientation().orElse(Orientation.APPLY)))
            .with("evaluation", evaluation(small, size, augment))
            .with("workers", OrAuto.of(recipe.workers().orElse(speed.machine().cores())))
            .with("threads", OrAuto.of(recipe.threads().orElse(speed.machine().cores())));
    double seconds = epochs * epochSeconds + decodeSeconds();
    return new Chosen(loaded.with(chosen, "chosen for the data"), reasons, warnings, seconds);
  }

  private void checkBatch(LoadedRecipe loaded) {
    if (!recipe.batch().isAutoOr(given -> given <= data.training())) {
      throw new RecipeException(
          List.of(
              "batch: got "
                  + recipe.batch()
                  + loaded.at("batch")
                  + "; must be at most "
                  + data.training()
                  + ", the number of training pictures"));
    }
  }

  private String model(ColorMode color) {
    if (!recipe.model().isAuto()) {
      return recipe.model().value();
    }
    String pictures = data.median().width() + "×" + data.median().height();
    if (data.characters() && data.side() <= CHARACTER_SIDE && color == ColorMode.GRAY) {
      reasons.add("model lenet5: the pictures are grey, " + pictures + ", like characters");
      return LENET;
    }
    if (data.side() <= SMALL_SIDE) {
      reasons.add("model resnet20: the pictures are small, " + pictures);
      return "resnet20";
    }
    reasons.add("model resnet18: the pictures are photos, about " + pictures);
    return "resnet18";
  }

  private int size(String model, ColorMode color, DType dtype) {
    if (!recipe.size().isAuto()) {
      return recipe.size().value();
    }
    int made = Zoo.find(model).published().preprocessing().input().height();
    if (model.equals(LENET)) {
      return made;
    }
    if (data.side() <= SMALL_SIDE) {
      reasons.add("size " + data.side() + ": that of the pictures");
      return data.side();
    }
    if (made <= SMALL_SIDE) {
      reasons.add("size " + made + ": what " + model + " is made for");
      return made;
    }
    if (recipe.budgetSeconds().isNone() || !recipe.epochs().isAuto()) {
      reasons.add("size " + PHOTO_SIZE + ": what is usual for photos");
      return PHOTO_SIZE;
    }
    for (int size : BUDGET_SIZES) {
      double rate = speed.picturesPerSecond(model, size, color, dtype);
      if (plannedSeconds() / speed.epochSeconds(data, rate) >= FEWEST_EPOCHS) {
        reasons.add(
            "size " + size + ": so that the time is enough for many epochs; larger is slower");
        return size;
      }
    }
    int smallest = BUDGET_SIZES.get(BUDGET_SIZES.size() - 1);
    reasons.add("size " + smallest + ": the smallest for photos, because there are many of them");
    return smallest;
  }

  private int batch(String model, int size) {
    if (!recipe.batch().isAuto()) {
      return recipe.batch().value();
    }
    int usual = model.equals(LENET) || size > SMALL_SIDE ? 64 : 128;
    int batch = usual;
    while (recipe.tricks().isAuto() && batch > LEAST_BATCH && updates(batch) < MANY_UPDATES) {
      batch /= 2;
    }
    int forUpdates = batch;
    while (batch > 2 && data.training() / batch < 4) {
      batch /= 2;
    }
    batch = Math.min(batch, data.training());
    if (batch < forUpdates) {
      reasons.add("batch " + batch + ": so that an epoch has several steps");
    } else if (batch < usual) {
      String made = String.format(Locale.ROOT, "%,d", updates(batch));
      reasons.add("batch " + batch + ": so that the run has " + made + " updates");
    }
    return batch;
  }

  /** Updates of a run with that batch, of one of the usual length where it is still open. */
  private long updates(int batch) {
    int epochs = recipe.epochs().orElse(SMALL_EPOCHS);
    return (long) epochs * (data.training() / batch / recipe.accumulate());
  }

  private int epochs(String model, int size, int batch, double rate, double epochSeconds) {
    if (!recipe.epochs().isAuto()) {
      return recipe.epochs().value();
    }
    int perUpdate = Math.multiplyExact(batch, recipe.accumulate());
    int updates = Math.max(1, data.training() / perUpdate);
    int usual = model.equals(LENET) ? 15 : size <= SMALL_SIDE ? SMALL_EPOCHS : 60;
    int enough = Math.max(usual, Math.min(MOST_EPOCHS, ENOUGH_UPDATES / updates));
    int fit = (int) Math.min(enough, plannedSeconds() / epochSeconds);
    int epochs = Math.max(1, fit);
    String pace =
        String.format(
            Locale.ROOT, "%,d pictures at about %,d a second", data.training(), Math.round(rate));
    String time = duration(epochs * epochSeconds + decodeSeconds());
    reasons.add(
        "epochs "
            + epochs
            + ": "
            + pace
            + ", about "
            + time
            + " in all"
            + (fit < enough ? "; more would help" : "")
            + " (change it with --epochs or --budget-seconds)");
    if (fit < 1) {
      warnings.add(
          "one epoch takes about "
              + duration(epochSeconds)
              + ", more than the budget of "
              + duration(recipe.budgetSeconds().value())
              + "; take fewer pictures with --limit or a smaller --size");
    }
    return epochs;
  }

  private double plannedSeconds() {
    return Math.max(0, PLANNED * recipe.budgetSeconds().value() - decodeSeconds());
  }

  private double decodeSeconds() {
    int pictures = data.side() <= SMALL_SIDE ? 0 : data.training() + data.validation();
    return pictures * DECODE / speed.machine().cores();
  }

  private void warnAboutFewPictures() {
    int few = data.side() <= SMALL_SIDE ? FEW_SMALL : FEW_PHOTOS;
    if (data.training() < few && recipe.from().isNone()) {
      warnings.add(
          String.format(
              Locale.ROOT,
              "%,d training pictures are few: a network trained from scratch stays weak; published"
                  + " weights as a start (--from) do well with so few",
              data.training()));
    }
  }

  private OptimizerRecipe optimizer(int size) {
    OptimizerRecipe optimizer = recipe.optimizer();
    return optimizer.weightDecay().isAuto()
        ? optimizer.withWeightDecay(OrAuto.of(weightDecay(optimizer, size)))
        : optimizer;
  }

  /**
   * λ where a recipe leaves it {@code auto}: that of the optimizer, or where it has none, as SGD,
   * 5e-4 up to 64 pixels and 1e-4 above.
   */
  static double weightDecay(OptimizerRecipe optimizer, int size) {
    return Records.defaultOf(optimizer.getClass())
        .map(usual -> ((OptimizerRecipe) usual).weightDecay())
        .orElse(OrAuto.auto())
        .orElse(size <= SMALL_SIDE ? 5e-4 : 1e-4);
  }

  private ScheduleRecipe schedule(int size, int epochs) {
    ScheduleRecipe schedule = recipe.schedule();
    OrNone<Integer> usual = OrNone.of(size <= SMALL_SIDE ? 128 : 256);
    return schedule.settled(usual, Math.min(5, epochs / 10.0));
  }

  private AugmentRecipe augment(boolean small) {
    if (!(recipe.augment() instanceof AugmentRecipe.Auto auto)) {
      return recipe.augment();
    }
    boolean characters = data.characters();
    if (recipe.train().equals(TrainedLayers.HEAD)) {
      double flip = auto.flip().orElse(characters ? 0 : AugmentRecipe.Flip.DEFAULT.flip());
      reasons.add(
          "augment %s: so that features are computed once, because the head alone is trained"
              .formatted(flip > 0 ? "flip" : "none"));
      return flip > 0 ? new AugmentRecipe.Flip(flip) : AugmentRecipe.None.DEFAULT;
    }
    if (auto.flip().isAuto() && characters) {
      reasons.add(
          "no mirror images: those of characters are other characters"
              + " (--set augment.flip=0.5 mirrors)");
    }
    if (small) {
      AugmentRecipe.PadCropFlip crop = AugmentRecipe.PadCropFlip.DEFAULT;
      int padding = characters ? 2 : crop.padding();
      double flip = auto.flip().orElse(characters ? 0 : crop.flip());
      return new AugmentRecipe.PadCropFlip(padding, flip);
    }
    AugmentRecipe.ResizedCropFlip crop = AugmentRecipe.ResizedCropFlip.DEFAULT;
    return crop.withFlip(auto.flip().orElse(characters ? 0 : crop.flip()));
  }

  private static Normalize normalize(boolean small, ColorMode color) {
    return small || color == ColorMode.GRAY ? Normalize.DATA : Normalize.IMAGENET;
  }

  /** None where nothing was held out: the saved recipe must give the same training pictures. */
  private OrAuto<OrNone<Double>> validation() {
    if (!recipe.tricks().isAuto() || !recipe.val().isAuto() || data.validation() > 0) {
      return recipe.val();
    }
    reasons.add(
        "val none: every picture trains; the learning rate ends at 0, so that the last weights are"
            + " the best (--val 0.1 holds a tenth out)");
    return OrAuto.of(OrNone.none());
  }

  private Recipe.Evaluation evaluation(boolean small, int size, AugmentRecipe augment) {
    Recipe.Evaluation evaluation = recipe.evaluation();
    TestTimeAugmentation views = TestTimeAugmentation.NONE;
    boolean names = recipe.task() == Task.CLASSIFICATION;
    if (evaluation.tta().isAuto() && augment.mirrors() && names) {
      views = TestTimeAugmentation.FLIP;
      reasons.add("evaluation.tta flip: training mirrors, so the mirror image is asked too");
    }
    double crop = evaluation.cropPct().orElse(small ? 1.0 : 0.875);
    return evaluation
        .withSize(evaluation.size().orElse(size))
        .with(
            crop,
            evaluation.interpolation().orElse(Interpolation.BILINEAR),
            evaluation.cropMode().orElse(CropMode.CENTER))
        .withTta(evaluation.tta().orElse(views));
  }

  private static String duration(double seconds) {
    if (seconds < 90) {
      return Math.max(1, Math.round(seconds)) + " s";
    }
    return String.format(Locale.ROOT, "%,d min", Math.round(seconds / 60));
  }
}
