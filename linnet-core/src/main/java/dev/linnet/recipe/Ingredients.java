package dev.linnet.recipe;

import dev.linnet.base.RandomState;
import dev.linnet.data.DecodedSize;
import dev.linnet.data.Normalization;
import dev.linnet.data.PictureCache;
import dev.linnet.data.PictureLoader;
import dev.linnet.data.PictureLoader.Order;
import dev.linnet.data.PictureLoader.Reading;
import dev.linnet.data.PictureSet;
import dev.linnet.data.RepeatedSampler;
import dev.linnet.data.Sampler;
import dev.linnet.data.TurnedSet;
import dev.linnet.image.ColorMode;
import dev.linnet.image.DecodeOptions;
import dev.linnet.image.ImageSize;
import dev.linnet.image.PictureTransform;
import dev.linnet.image.ScaledDecoding;
import dev.linnet.image.Sequence;
import dev.linnet.loss.Loss;
import dev.linnet.loss.Smoothing;
import dev.linnet.models.Classifier;
import dev.linnet.models.FeatureLevel;
import dev.linnet.models.InputSize;
import dev.linnet.models.ModelOptions;
import dev.linnet.models.Output;
import dev.linnet.models.Preprocessing;
import dev.linnet.nn.Module;
import dev.linnet.nn.Parameter;
import dev.linnet.optim.ConstantAfter;
import dev.linnet.optim.Decay;
import dev.linnet.optim.GradientCentralization;
import dev.linnet.optim.GradientRule;
import dev.linnet.optim.Optimizer;
import dev.linnet.optim.ParameterGroup;
import dev.linnet.optim.ParameterGroups;
import dev.linnet.optim.Schedule;
import dev.linnet.optim.WeightAverage;
import dev.linnet.tensor.Device;
import dev.linnet.train.Averaging;
import dev.linnet.train.Descent;
import dev.linnet.train.Objective;
import dev.linnet.train.PictureTrick;
import dev.linnet.train.Supervised;
import dev.linnet.train.Unfreezing;
import dev.linnet.tricks.AutoAugment;
import dev.linnet.tricks.ProgressiveResizing;
import dev.linnet.tricks.Sam;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;

/** Turns a settled recipe into the objects that the trainer works with. */
final class Ingredients {
  private Ingredients() {}

  static ModelOptions modelOptions(Recipe recipe, int classes, ColorMode color) {
    ModelOptions options =
        ModelOptions.DEFAULT
            .withClasses(
                switch (recipe.task()) {
                  case CLASSIFICATION -> classes;
                  case SIMILARITY -> recipe.embedding();
                })
            .withOutput(output(recipe))
            .withInChannels(channels(color))
            .withDropRate(recipe.modelOptions().dropRate())
            .withDropPathRate(recipe.modelOptions().dropPathRate())
            .withParts(recipe.modelOptions().parts());
    return recipe.tricks().find(ZeroGamma.class).isPresent()
        ? options.withZeroGamma(dev.linnet.models.ZeroGamma.ON)
        : options;
  }

  static Output output(Recipe recipe) {
    return switch (recipe.task()) {
      case CLASSIFICATION -> Output.LOGITS;
      case SIMILARITY -> Output.EMBEDDING;
    };
  }

  /**
   * @param random where what it trains itself starts
   */
  static Objective objective(
      Recipe recipe, PictureSet training, Device device, RandomState random) {
    if (recipe.loss() instanceof SimilarityLossRecipe loss) {
      return loss.objective(training.classes().size(), recipe.embedding(), device, random);
    }
    return new Supervised(loss(recipe, training));
  }

  /** The pictures that are trained on. */
  static PictureSet trained(Recipe recipe, PictureSet set) {
    return recipe.classes().turned() ? TurnedSet.of(set) : set;
  }

  private static Loss loss(Recipe recipe, PictureSet training) {
    Smoothing smoothing =
        recipe
            .tricks()
            .find(LabelSmoothing.class)
            .map(LabelSmoothing::smoothing)
            .orElse(Smoothing.NONE);
    return recipe.loss().over(smoothing, ClassCounts.of(training));
  }

  /**
   * @param updates of the whole run
   * @param more what is trained beside the network, by name; may be empty
   */
  static Optimizer optimizer(
      Recipe recipe, Classifier model, long updates, Map<String, Parameter> more) {
    OptimizerRecipe.Setting setting =
        new OptimizerRecipe.Setting(Math.max(1, updates), model.headNames());
    List<ParameterGroup> groups = new ArrayList<>(groups(recipe.optimizer(), model));
    if (!more.isEmpty()) {
      double decay = recipe.optimizer().parameters().weightDecay().value();
      double scale = recipe.loss() instanceof SimilarityLossRecipe loss ? loss.lrScale() : 1;
      groups.add(new ParameterGroup(more, decay, scale));
    }
    return recipe.optimizer().config(setting).over(groups);
  }

  /**
   * The network's parameters with the rates and decays that a recipe gives them.
   *
   * @throws LinnetException if a group has no parameters
   */
  static List<ParameterGroup> groups(OptimizerRecipe optimizer, Classifier model) {
    ParameterRules rules = optimizer.parameters();
    Decay decay = rules.decayNormAndBias() ? Decay.ALL : Decay.WEIGHTS_ONLY;
    ParameterGroups groups = ParameterGroups.of(rules.weightDecay().value(), decay);
    if (!rules.layerDecay().isNone()) {
      groups = groups.withLayerDecay(rules.layerDecay().value(), model.layers());
    }
    for (ParameterRules.Group group : rules.groups()) {
      groups = groups.with(rule(group));
    }
    return groups.over(model);
  }

  static ParameterGroups.Rule rule(ParameterRules.Group group) {
    ParameterGroups.Rule rule = ParameterGroups.Rule.of(group.match(), group.lrScale());
    return group.weightDecay().isAuto() ? rule : rule.withWeightDecay(group.weightDecay().value());
  }

  static Schedule schedule(Recipe recipe, long updatesPerEpoch) {
    int epochs = recipe.epochs().value();
    Schedule schedule =
        recipe
            .schedule()
            .over(new ScheduleRecipe.Run(recipe.picturesPerUpdate(), updatesPerEpoch, epochs));
    return recipe
        .swa()
        .given()
        .flatMap(
            swa ->
                swa.lr()
                    .given()
                    .map(
                        lr ->
                            (Schedule)
                                new ConstantAfter(
                                    schedule, swa.startOf(epochs) * updatesPerEpoch, lr)))
        .orElse(schedule);
  }

  static Optional<Averaging> averaging(Recipe recipe, Module model, long updatesPerEpoch) {
    if (recipe.swa().isNone()) {
      return recipe
          .ema()
          .given()
          .map(ema -> Averaging.every(ema.every(), new WeightAverage(model, ema.config())));
    }
    Recipe.Swa swa = recipe.swa().value();
    return Optional.of(
        new Averaging(
            new WeightAverage(model, WeightAverage.EQUAL),
            swa.startOf(recipe.epochs().value()) * updatesPerEpoch,
            swa.every() * updatesPerEpoch,
            Averaging.Statistics.ESTIMATED));
  }

  static Unfreezing unfreezing(Recipe recipe) {
    return new Unfreezing(
        recipe.train().layers(), recipe.unfreeze().given().orElse(Unfreezing.AT_ONCE));
  }

  static Descent descent(Recipe recipe) {
    return recipe.tricks().find(Sam.class).map(sam -> (Descent) sam).orElse(Descent.PLAIN);
  }

  /** What is done to gradients: they are centralized before their length counts. */
  static List<GradientRule> gradientRules(Recipe recipe, Classifier model) {
    List<GradientRule> rules = new ArrayList<>();
    recipe.tricks().find(GradientCentralization.class).ifPresent(rules::add);
    recipe.clip().given().ifPresent(clip -> rules.add(clip.rule(model.headNames())));
    return rules;
  }

  // ------------------------------------------------------------------ pictures

  /**
   * @param weights what the weights to start from want, where the recipe asks for it
   */
  static Normalization normalization(
      Recipe recipe, PictureSet training, Supplier<Preprocessing> weights) {
    return switch (recipe.normalize().value()) {
      case IMAGENET -> Normalization.IMAGENET;
      case WEIGHTS -> {
        Preprocessing wants = weights.get().withChannels(channels(recipe.color().value()));
        yield new Normalization(wants.mean(), wants.std());
      }
      case DATA ->
          DataLook.normalization(training, decode(recipe), Math.max(1, recipe.workers().value()));
    };
  }

  static Reading training(Recipe recipe, PictureSet set, Normalization normalization) {
    ImageSize size = square(recipe.size().value());
    PictureTransform crop = recipe.augment().over(recipe.evaluation().over(recipe.size().value()));
    List<PictureTransform> tricks =
        pictureTricks(recipe).stream().map(PictureTrick::transform).toList();
    boolean views = recipe.loss().views() > 1; // of which the first is cropped only
    List<PictureTransform> steps = new ArrayList<>(List.of(crop));
    steps.addAll(views ? List.of() : tricks);
    return new Reading(
        decode(recipe).withScaledDecoding(scaledDecoding(recipe, set)),
        steps.size() == 1 ? crop : new Sequence(steps),
        new Sequence(tricks),
        size,
        normalization);
  }

  /**
   * Small sets are decoded whole, whether they are kept or not; of others, training may decode
   * JPEGs at a part of their size, and what is kept of them serves where it does not.
   */
  private static ScaledDecoding scaledDecoding(Recipe recipe, PictureSet set) {
    return DecodedSize.isSmall(set, recipe.color().value())
        ? ScaledDecoding.NEVER
        : ScaledDecoding.ALLOWED;
  }

  /**
   * @param caches the folder of all caches
   * @param processes that train; they may all be on this machine
   */
  static PictureCache cache(Recipe recipe, Path caches, int processes) {
    return new PictureCache(
        new PictureCache.Options(recipe.cache(), recipe.cacheSize(), caches),
        decode(recipe),
        processes);
  }

  /**
   * The size of the training pictures of an epoch, counted from 0.
   *
   * @param stride of the network's last maps
   */
  static int trainingSize(Recipe recipe, int epoch, int stride) {
    int full = recipe.size().value();
    return recipe
        .tricks()
        .find(ProgressiveResizing.class)
        .map(trick -> trick.size(epoch, recipe.epochs().value(), full, stride))
        .orElse(full);
  }

  /** How often the last maps of a network divide the picture's side. */
  static int stride(Classifier model) {
    List<FeatureLevel> levels = model.levels();
    return levels.isEmpty() ? 1 : levels.get(levels.size() - 1).stride();
  }

  /** What changes training pictures after crop and mirror, in the order in which it acts. */
  static List<PictureTrick> pictureTricks(Recipe recipe) {
    List<PictureTrick> tricks = new ArrayList<>();
    for (Record trick : recipe.tricks().list()) {
      if (trick instanceof AutoAugment auto && auto.policy().isAuto()) {
        boolean small = recipe.size().value() <= Chooser.SMALL_SIDE;
        tricks.add(auto.withPolicy(Policies.named(small ? "cifar10" : "imagenet")));
      } else if (trick instanceof PictureTrick picture) {
        tricks.add(picture);
      }
    }
    return tricks;
  }

  static Reading evaluation(Recipe recipe, Normalization normalization) {
    int size = evaluationSize(recipe);
    return new Reading(decode(recipe), recipe.evaluation().over(size), square(size), normalization);
  }

  static PictureLoader.Options loader(Recipe recipe, Order order) {
    PictureLoader.Options options =
        new PictureLoader.Options(
            recipe.batch().value(), order, recipe.seed(), recipe.workers().value());
    return order == Order.SHUFFLED
        ? options.withSampler(sampler(recipe)).withViews(recipe.loss().views())
        : options;
  }

  private static Sampler sampler(Recipe recipe) {
    Sampler sampler = recipe.sampling().sampler(recipe.batch().value());
    return recipe
        .tricks()
        .find(RepeatedAugmentation.class)
        .<Sampler>map(trick -> new RepeatedSampler(sampler, trick.repeats()))
        .orElse(sampler);
  }

  /** What a picture needs before prediction, as it is saved with the weights. */
  static Preprocessing preprocessing(Recipe recipe, Normalization normalization) {
    return new Preprocessing(
        new InputSize(normalization.channels(), recipe.size().value(), recipe.size().value()),
        recipe.evaluation().interpolation().value().name().toLowerCase(Locale.ROOT),
        recipe.evaluation().cropPct().value(),
        recipe.evaluation().cropMode().value().name().toLowerCase(Locale.ROOT),
        normalization.mean(),
        normalization.std());
  }

  /** Height and width of the pictures of an evaluation. */
  static int evaluationSize(Recipe recipe) {
    return recipe.evaluation().size().orElse(recipe.size().value());
  }

  static DecodeOptions decode(Recipe recipe) {
    return DecodeOptions.DEFAULT
        .withColor(recipe.color().value())
        .withOrientation(recipe.orientation().value())
        .withMaxPixels(recipe.maxPixels());
  }

  private static ImageSize square(int side) {
    return new ImageSize(side, side);
  }

  static int channels(ColorMode color) {
    return color == ColorMode.GRAY ? 1 : 3;
  }
}
