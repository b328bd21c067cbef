package dev.linnet.recipe;

import dev.linnet.train.PictureTrick;
import dev.linnet.train.TestTimeAugmentation;
import dev.linnet.tricks.CutMix;
import dev.linnet.tricks.Cutout;
import dev.linnet.tricks.FeatureCutMix;
import dev.linnet.tricks.ManifoldMixup;
import dev.linnet.tricks.Mixup;
import dev.linnet.tricks.ProgressiveResizing;
import dev.linnet.tricks.SelfDistillation;
import dev.linnet.tricks.TeacherTrick;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.function.Predicate;

/**
 * What several keys of a recipe say together that cannot be: every such rule stands here. What one
 * value may be is checked by the record that holds it.
 *
 * <p>{@link RecipeReader} says all of them at once, each with its place; so does {@link Experiment}
 * once the data have settled what was {@code auto}.
 */
final class Contradictions {
  private static final String TRICKS = "tricks.";

  /** Tricks on the labels of classes or on what depends on them. */
  private static final Set<String> OF_CLASSES =
      Set.of(
          "label_smoothing",
          "mixup",
          "cutmix",
          "manifold_mixup",
          "feature_cutmix",
          "self_distillation");

  /** An optimizer has momentum in each run or in none. */
  private static final OptimizerRecipe.Setting ANY_RUN = new OptimizerRecipe.Setting(1, Set.of());

  private final Recipe recipe;
  private final List<Found> found = new ArrayList<>();

  /**
   * One of them.
   *
   * @param key dotted, such as {@code swa.start} or {@code tricks.sam.rho}
   * @param got what the key says
   * @param must what it must be, and why
   */
  record Found(String key, String got, String must) {
    /**
     * The line for the user.
     *
     * @param place of the key, such as {@code (my.yaml:3)} after a space; may be empty
     */
    String line(String place) {
      String name = key.startsWith(TRICKS) ? key.substring(TRICKS.length()) : key;
      return name + ": got " + got + place + "; must be " + must;
    }
  }

  private Contradictions(Recipe recipe) {
    this.recipe = recipe;
  }

  /** All that a recipe has, in the order of the rules. */
  static List<Found> in(Recipe recipe) {
    Contradictions contradictions = new Contradictions(recipe);
    contradictions.layers();
    contradictions.averages();
    contradictions.mixing();
    contradictions.teachers();
    contradictions.sizes();
    contradictions.plateau();
    contradictions.momentum();
    contradictions.views();
    contradictions.task();
    return contradictions.found;
  }

  /**
   * Refuses a recipe that has any.
   *
   * @throws RecipeException with all of them
   */
  static void refuse(LoadedRecipe loaded) {
    List<String> lines =
        in(loaded.recipe()).stream().map(f -> f.line(loaded.near(f.key()))).toList();
    if (!lines.isEmpty()) {
      throw new RecipeException(lines);
    }
  }

  // ------------------------------------------------------------------ the rules

  private void layers() {
    refuseIf(
        recipe.from().isNone() && !recipe.train().equals(TrainedLayers.ALL),
        "train",
        recipe.train(),
        "all where from is none, because layers that nobody trained must be trained");
    refuseIf(
        recipe.from().isNone() && !recipe.unfreeze().isNone(),
        "unfreeze",
        recipe.unfreeze(),
        "none where from is none, because layers that nobody trained must be trained");
    refuseIf(
        !recipe.unfreeze().isNone() && recipe.train().equals(TrainedLayers.HEAD),
        "unfreeze",
        recipe.unfreeze(),
        "none where train is head, because no other layer is to be trained");
  }

  private void averages() {
    if (recipe.swa().isNone()) {
      return;
    }
    Recipe.Swa swa = recipe.swa().value();
    refuseIf(
        !recipe.ema().isNone(),
        "swa",
        "true",
        "false where ema is on, because one average takes the weights' place; switch one off");
    refuseIf(
        !swa.start().isAuto()
            && !recipe.epochs().isAuto()
            && swa.start().value() > recipe.epochs().value(),
        "swa.start",
        swa.start(),
        "in [1, " + recipe.epochs() + "], the epochs of the run, or auto");
  }

  private void mixing() {
    Tricks tricks = recipe.tricks();
    int cutout = tricks.find(Cutout.class).map(Cutout::size).orElse(0);
    refuseIf(
        tricks.find(CutMix.class).isPresent() && !recipe.size().isAutoOr(pixels -> pixels >= 2),
        "size",
        recipe.size(),
        "at least 2 where cutmix is on, which cuts a box out of each picture");
    refuseIf(
        !recipe.size().isAutoOr(pixels -> pixels >= cutout),
        "size",
        recipe.size(),
        "at least " + cutout + ", which is cutout.size");
    refuseIf(
        tricks.find(ManifoldMixup.class).isPresent()
            && tricks.find(FeatureCutMix.class).isPresent(),
        "tricks.feature_cutmix",
        "true",
        "false where manifold_mixup is on, because a batch is mixed at one place");
  }

  private void teachers() {
    refuseIf(
        recipe.tricks().find(SelfDistillation.class).isPresent() && recipe.ema().isNone(),
        "tricks.self_distillation",
        "true",
        "false where ema is off, whose average is the teacher; switch ema on");
    boolean mixesFeatures = recipe.tricks().ofFeatures().isPresent();
    for (Record trick : recipe.tricks().list()) {
      boolean teaches = trick instanceof TeacherTrick || trick instanceof SelfDistillation;
      refuseIf(
          teaches && mixesFeatures,
          "tricks." + Tricks.nameOf(trick),
          "true",
          "false where features are mixed, because the teacher sees the pictures, which are not");
    }
  }

  private void sizes() {
    recipe
        .tricks()
        .find(ProgressiveResizing.class)
        .ifPresent(
            trick ->
                refuseIf(
                    !trick.from().isAuto()
                        && !recipe.size().isAutoOr(pixels -> pixels >= trick.from().value()),
                    "tricks.progressive_resizing.from",
                    trick.from(),
                    "in [1, " + recipe.size() + "], up to size, or auto"));
  }

  private void plateau() {
    refuseIf(
        recipe.schedule() instanceof ScheduleRecipe.Plateau
            && !recipe.val().isAutoOr(part -> !part.isNone()),
        "schedule.name",
        "plateau",
        "another where val is none, because plateau watches the validation pictures");
  }

  private void momentum() {
    refuseIf(
        recipe.schedule() instanceof ScheduleRecipe.OneCycle cycle
            && cycle.cycleMomentum()
            && !recipe.optimizer().config(ANY_RUN).hasMomentum(),
        "schedule.cycle_momentum",
        "true",
        "false with optimizer "
            + nameOf(Kinds.OPTIMIZERS, recipe.optimizer())
            + ", which has no momentum here");
  }

  private void views() {
    Tricks tricks = recipe.tricks();
    boolean mixes =
        tricks.find(Mixup.class).isPresent()
            || tricks.find(CutMix.class).isPresent()
            || tricks.find(ManifoldMixup.class).isPresent()
            || tricks.find(FeatureCutMix.class).isPresent();
    refuseIf(
        recipe.loss().views() > 1 && mixes,
        "loss.name",
        "jsd",
        "another with mixup and cutmix, which would mix the views of different pictures");
    refuseIf(
        recipe.loss().views() > 1
            && tricks.list().stream().noneMatch(trick -> trick instanceof PictureTrick),
        "loss.name",
        "jsd",
        "another without a trick such as aug_mix, because all views of a picture would be alike");
  }

  private void task() {
    switch (recipe.task()) {
      case CLASSIFICATION -> classification();
      case SIMILARITY -> similarity();
    }
  }

  private void classification() {
    List<String> similar = SimilarityLossRecipe.names();
    refuseIf(
        recipe.loss() instanceof SimilarityLossRecipe,
        "loss.name",
        lossName(),
        or(lossNames(name -> !similar.contains(name)))
            + " with task classification; for "
            + lossName()
            + " write \"task: similarity\"");
    refuseIf(
        recipe
            .classes()
            .heldOut()
            .given()
            .filter(ClassesRecipe.HeldOut.CLASSES::equals)
            .isPresent(),
        "classes.held_out",
        "classes",
        "pictures or auto with task classification, which cannot name classes that it never saw");
    refuseIf(
        recipe.classes().turned(),
        "classes.turned",
        "true",
        "false with task classification, which would name turned classes too");
  }

  private void similarity() {
    List<String> similar = SimilarityLossRecipe.names();
    refuseIf(
        !(recipe.loss() instanceof SimilarityLossRecipe),
        "loss.name",
        lossName(),
        or(lossNames(similar::contains))
            + " with task similarity; the recipe \"similarity\" has one");
    boolean grouped = recipe.sampling() instanceof SamplingRecipe.Grouped;
    refuseIf(
        recipe.loss() instanceof SimilarityLossRecipe loss && loss.needsGroups() && !grouped,
        "sampling",
        nameOf(Kinds.SAMPLINGS, recipe.sampling()),
        "grouped with loss " + lossName() + ", which compares pictures of a class in a batch");
    for (Record trick : recipe.tricks().list()) {
      String name = Tricks.nameOf(trick);
      refuseIf(
          OF_CLASSES.contains(name) || trick instanceof TeacherTrick,
          TRICKS + name,
          "true",
          "false with task similarity, whose network has no logits of classes");
      refuseIf(
          grouped && trick instanceof RepeatedAugmentation,
          TRICKS + name,
          "true",
          "false with sampling grouped, which repeats pictures itself where it must");
    }
    refuseIf(
        recipe.modelOptions().auxiliary().orElse(false),
        "model_options.auxiliary",
        "true",
        "false with task similarity: heads in the middle name classes");
    refuseIf(
        !recipe.evaluation().tta().isAutoOr(views -> views == TestTimeAugmentation.NONE),
        "evaluation.tta",
        recipe.evaluation().tta().orElse(TestTimeAugmentation.NONE).name().toLowerCase(Locale.ROOT),
        "none with task similarity, because probabilities of classes are averaged");
  }

  private String lossName() {
    return nameOf(Kinds.LOSSES, recipe.loss());
  }

  static String nameOf(List<Kinds.Kind> kinds, Object choice) {
    return kinds.stream()
        .filter(kind -> kind.type().isInstance(choice))
        .map(Kinds.Kind::name)
        .findFirst()
        .orElseThrow();
  }

  private static List<String> lossNames(Predicate<String> wanted) {
    return Kinds.LOSSES.stream().map(Kinds.Kind::name).filter(wanted).toList();
  }

  private static String or(List<String> words) {
    int last = words.size() - 1;
    return String.join(", ", words.subList(0, last)) + " or " + words.get(last);
  }

  private void refuseIf(boolean wrong, String key, Object got, String must) {
    if (wrong) {
      found.add(new Found(key, String.valueOf(got), must));
    }
  }
}
