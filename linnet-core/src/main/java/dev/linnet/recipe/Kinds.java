package dev.linnet.recipe;

import dev.linnet.tricks.CutMix;
import dev.linnet.tricks.Cutout;
import dev.linnet.tricks.FeatureCutMix;
import dev.linnet.tricks.ManifoldMixup;
import dev.linnet.tricks.Mixup;
import dev.linnet.tricks.RandomErasing;
import dev.linnet.tricks.Sam;
import java.util.List;
import java.util.Map;

/** What may be chosen under the keys that offer a choice. A new choice adds one line here. */
final class Kinds {
  private Kinds() {}

  /**
   * One choice.
   *
   * @param name its name in YAML
   * @param title its name in a sentence
   * @param type the record whose components are its keys; its {@code DEFAULT}, if any, stands for
   *     what is not given
   */
  record Kind(String name, String title, Class<? extends Record> type) {}

  static final List<Kind> OPTIMIZERS =
      List.of(
          new Kind("sgd", "SGD", OptimizerRecipe.Sgd.class),
          new Kind("adamw", "AdamW", OptimizerRecipe.AdamW.class));

  static final List<Kind> SCHEDULES =
      List.of(new Kind("cosine", "cosine", ScheduleRecipe.Cosine.class));

  static final List<Kind> AUGMENTS =
      List.of(
          new Kind("auto", "the choice by the data", AugmentRecipe.Auto.class),
          new Kind("none", "no augmentation", AugmentRecipe.None.class),
          new Kind("pad-crop-flip", "pad, crop, flip", AugmentRecipe.PadCropFlip.class),
          new Kind("resized-crop-flip", "random crop, flip", AugmentRecipe.ResizedCropFlip.class));

  /** Every trick, in the order in which tricks act. */
  static final List<Kind> TRICKS =
      List.of(
          new Kind("zero_gamma", "zero γ", ZeroGamma.class),
          new Kind("label_smoothing", "label smoothing", LabelSmoothing.class),
          new Kind("cutout", "Cutout", Cutout.class),
          new Kind("random_erasing", "random erasing", RandomErasing.class),
          new Kind("mixup", "mixup", Mixup.class),
          new Kind("cutmix", "CutMix", CutMix.class),
          new Kind("manifold_mixup", "manifold mixup", ManifoldMixup.class),
          new Kind("feature_cutmix", "CutMix on features", FeatureCutMix.class),
          new Kind("sam", "sharpness-aware minimization", Sam.class));

  /** Which interface offers which choices. */
  static final Map<Class<?>, List<Kind>> BY_INTERFACE =
      Map.of(
          OptimizerRecipe.class, OPTIMIZERS,
          ScheduleRecipe.class, SCHEDULES,
          AugmentRecipe.class, AUGMENTS);
}
