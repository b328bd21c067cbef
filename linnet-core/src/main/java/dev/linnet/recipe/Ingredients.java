package dev.linnet.recipe;

import dev.linnet.data.HeldSet;
import dev.linnet.data.Normalization;
import dev.linnet.data.PictureLoader;
import dev.linnet.data.PictureLoader.Order;
import dev.linnet.data.PictureLoader.Reading;
import dev.linnet.data.PictureSet;
import dev.linnet.image.ColorMode;
import dev.linnet.image.DecodeOptions;
import dev.linnet.image.EvalTransform;
import dev.linnet.image.ImageSize;
import dev.linnet.image.PadCrop;
import dev.linnet.image.PictureTransform;
import dev.linnet.image.RandomHorizontalFlip;
import dev.linnet.image.RandomResizedCrop;
import dev.linnet.image.ScaledDecoding;
import dev.linnet.image.Sequence;
import dev.linnet.loss.CrossEntropy;
import dev.linnet.loss.Loss;
import dev.linnet.models.InputSize;
import dev.linnet.models.ModelOptions;
import dev.linnet.models.Preprocessing;
import dev.linnet.nn.Module;
import dev.linnet.optim.AdamW;
import dev.linnet.optim.Decay;
import dev.linnet.optim.GradientClipping;
import dev.linnet.optim.Optimizer;
import dev.linnet.optim.ParameterGroup;
import dev.linnet.optim.ParameterGroups;
import dev.linnet.optim.Schedule;
import dev.linnet.optim.Sgd;
import dev.linnet.optim.WarmupCosine;
import dev.linnet.optim.WeightAverage;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** Turns a settled recipe into the objects that the trainer works with. */
final class Ingredients {
  private Ingredients() {}

  static ModelOptions modelOptions(Recipe recipe, int classes, ColorMode color) {
    ModelOptions options =
        ModelOptions.DEFAULT
            .withClasses(classes)
            .withInChannels(channels(color))
            .withDropRate(recipe.modelOptions().dropRate())
            .withDropPathRate(recipe.modelOptions().dropPathRate());
    return recipe.tricks().find(ZeroGamma.class).isPresent()
        ? options.withZeroGamma(dev.linnet.models.ZeroGamma.ON)
        : options;
  }

  static Loss loss(Recipe recipe) {
    double epsilon =
        recipe.tricks().find(LabelSmoothing.class).map(LabelSmoothing::epsilon).orElse(0.0);
    return new CrossEntropy(epsilon);
  }

  static Optimizer optimizer(Recipe recipe, Module model) {
    OptimizerRecipe o = recipe.optimizer();
    Decay decay = o.decayNormAndBias() ? Decay.ALL : Decay.WEIGHTS_ONLY;
    List<ParameterGroup> groups = ParameterGroups.of(model, o.weightDecay().value(), decay);
    Optimizer.Config config;
    if (o instanceof OptimizerRecipe.Sgd sgd) {
      config = new Sgd.Config(sgd.momentum(), sgd.nesterov(), 0);
    } else {
      OptimizerRecipe.AdamW adamW = (OptimizerRecipe.AdamW) o;
      config = new AdamW.Config(adamW.betas().get(0), adamW.betas().get(1), adamW.eps());
    }
    return config.over(groups);
  }

  static Schedule schedule(Recipe recipe, long updatesPerEpoch) {
    ScheduleRecipe s = recipe.schedule();
    double lr = s.lrFor(recipe.picturesPerUpdate());
    long total = updatesPerEpoch * recipe.epochs().value();
    long warmup = Math.round(s.warmupEpochs().value() * updatesPerEpoch);
    double floor = ((ScheduleRecipe.Cosine) s).minLr() * lr / s.lr();
    return new WarmupCosine(lr, warmup, total, floor);
  }

  static Optional<WeightAverage> average(Recipe recipe, Module model) {
    if (recipe.ema().isNone()) {
      return Optional.empty();
    }
    Recipe.Ema ema = recipe.ema().value();
    WeightAverage.Warmup warmup = ema.warmup() ? WeightAverage.Warmup.ON : WeightAverage.Warmup.OFF;
    return Optional.of(
        new WeightAverage(
            model, WeightAverage.Config.DEFAULT.withDecay(ema.decay()).withWarmup(warmup)));
  }

  static Optional<GradientClipping> clipping(Recipe recipe) {
    return recipe.clip().isNone()
        ? Optional.empty()
        : Optional.of(new GradientClipping(recipe.clip().value().norm()));
  }

  // ------------------------------------------------------------------ pictures

  static Normalization normalization(Recipe recipe, PictureSet training) {
    return switch (recipe.normalize().value()) {
      case IMAGENET -> Normalization.IMAGENET;
      case DATA -> DataLook.normalization(training, decode(recipe), recipe.color().value());
    };
  }

  static Reading training(Recipe recipe, PictureSet set, Normalization normalization) {
    ImageSize size = size(recipe);
    boolean held = set instanceof HeldSet; // what is held was decoded whole
    return new Reading(
        held ? decode(recipe) : decode(recipe).withScaledDecoding(ScaledDecoding.ALLOWED),
        augment(recipe.augment(), recipe, size),
        size,
        normalization);
  }

  static Reading evaluation(Recipe recipe, Normalization normalization) {
    return new Reading(decode(recipe), evalTransform(recipe), size(recipe), normalization);
  }

  static PictureLoader.Options loader(Recipe recipe, Order order) {
    return new PictureLoader.Options(
        recipe.batch().value(), order, recipe.seed(), recipe.workers().value());
  }

  /** What a picture needs before prediction, as it is saved with the weights. */
  static Preprocessing preprocessing(Recipe recipe, Normalization normalization) {
    return new Preprocessing(
        new InputSize(normalization.channels(), recipe.size().value(), recipe.size().value()),
        recipe.evaluation().interpolation().name().toLowerCase(Locale.ROOT),
        recipe.evaluation().cropPct().value(),
        normalization.mean(),
        normalization.std());
  }

  private static PictureTransform augment(AugmentRecipe augment, Recipe recipe, ImageSize size) {
    if (augment instanceof AugmentRecipe.PadCropFlip crop) {
      return Sequence.of(
          evalTransform(recipe),
          new PadCrop(crop.padding(), size),
          new RandomHorizontalFlip(crop.flip()));
    }
    if (augment instanceof AugmentRecipe.ResizedCropFlip crop) {
      return Sequence.of(
          RandomResizedCrop.of(size)
              .withScale(crop.scale().get(0), crop.scale().get(1))
              .withRatio(crop.ratio().get(0), crop.ratio().get(1))
              .withInterpolation(crop.interpolation()),
          new RandomHorizontalFlip(crop.flip()));
    }
    return evalTransform(recipe);
  }

  private static PictureTransform evalTransform(Recipe recipe) {
    return EvalTransform.of(
        size(recipe), recipe.evaluation().cropPct().value(), recipe.evaluation().interpolation());
  }

  static DecodeOptions decode(Recipe recipe) {
    return DecodeOptions.DEFAULT
        .withColor(recipe.color().value())
        .withOrientation(recipe.orientation().value())
        .withMaxPixels(recipe.maxPixels());
  }

  private static ImageSize size(Recipe recipe) {
    return new ImageSize(recipe.size().value(), recipe.size().value());
  }

  static int channels(ColorMode color) {
    return color == ColorMode.GRAY ? 1 : 3;
  }
}
