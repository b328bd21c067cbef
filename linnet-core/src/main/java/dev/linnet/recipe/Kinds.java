package dev.linnet.recipe;

import dev.linnet.optim.GradientCentralization;
import dev.linnet.tricks.AttentionTransfer;
import dev.linnet.tricks.AugMix;
import dev.linnet.tricks.AutoAugment;
import dev.linnet.tricks.Blur;
import dev.linnet.tricks.ColorJitter;
import dev.linnet.tricks.CutMix;
import dev.linnet.tricks.Cutout;
import dev.linnet.tricks.Distillation;
import dev.linnet.tricks.Elastic;
import dev.linnet.tricks.FeatureCutMix;
import dev.linnet.tricks.FeatureDistillation;
import dev.linnet.tricks.Grayscale;
import dev.linnet.tricks.Lighting;
import dev.linnet.tricks.ManifoldMixup;
import dev.linnet.tricks.Mixup;
import dev.linnet.tricks.Perspective;
import dev.linnet.tricks.ProgressiveResizing;
import dev.linnet.tricks.RandAugment;
import dev.linnet.tricks.RandomErasing;
import dev.linnet.tricks.Rotation;
import dev.linnet.tricks.Sam;
import dev.linnet.tricks.SelfDistillation;
import dev.linnet.tricks.Shear;
import dev.linnet.tricks.ThreeAugment;
import dev.linnet.tricks.Translation;
import dev.linnet.tricks.TrivialAugment;
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
          new Kind("adam", "Adam", OptimizerRecipe.Adam.class),
          new Kind("adamw", "AdamW", OptimizerRecipe.AdamW.class),
          new Kind("nadam", "NAdam", OptimizerRecipe.NAdam.class),
          new Kind("rmsprop", "RMSProp", OptimizerRecipe.RmsProp.class),
          new Kind("rmsprop_tf", "TensorFlow's RMSProp", OptimizerRecipe.RmsPropTf.class),
          new Kind("adagrad", "Adagrad", OptimizerRecipe.Adagrad.class),
          new Kind("lamb", "LAMB", OptimizerRecipe.Lamb.class),
          new Kind("lion", "Lion", OptimizerRecipe.Lion.class),
          new Kind("muon", "Muon", OptimizerRecipe.Muon.class),
          new Kind("powersign", "PowerSign", OptimizerRecipe.PowerSign.class),
          new Kind("addsign", "AddSign", OptimizerRecipe.AddSign.class));

  static final List<Kind> CLIPS =
      List.of(
          new Kind("norm", "clipping by norm", ClipRecipe.Norm.class),
          new Kind("value", "clipping by value", ClipRecipe.Value.class),
          new Kind("agc", "adaptive clipping", ClipRecipe.Agc.class));

  static final List<Kind> SCHEDULES =
      List.of(
          new Kind("cosine", "cosine", ScheduleRecipe.Cosine.class),
          new Kind("constant", "constant", ScheduleRecipe.Constant.class),
          new Kind("step", "step", ScheduleRecipe.Step.class),
          new Kind("multi-step", "multi-step", ScheduleRecipe.MultiStep.class),
          new Kind("exponential", "exponential", ScheduleRecipe.Exponential.class),
          new Kind("polynomial", "polynomial", ScheduleRecipe.Polynomial.class),
          new Kind("tanh", "tanh", ScheduleRecipe.Tanh.class),
          new Kind("one-cycle", "one-cycle", ScheduleRecipe.OneCycle.class),
          new Kind("flat-cosine", "flat-cosine", ScheduleRecipe.FlatCosine.class),
          new Kind("warm-restarts", "warm restarts", ScheduleRecipe.WarmRestarts.class),
          new Kind("plateau", "plateau", ScheduleRecipe.Plateau.class));

  static final List<Kind> LOSSES =
      List.of(
          new Kind("cross-entropy", "cross entropy", LossRecipe.CrossEntropy.class),
          new Kind("bce", "binary cross entropy", LossRecipe.Bce.class),
          new Kind("focal", "focal loss", LossRecipe.Focal.class),
          new Kind("poly1", "Poly-1", LossRecipe.Poly1.class),
          new Kind("jsd", "Jensen-Shannon", LossRecipe.Jsd.class),
          // with task similarity
          new Kind("triplet", "triplet loss", SimilarityLossRecipe.Triplet.class),
          new Kind("contrastive", "contrastive loss", SimilarityLossRecipe.Contrastive.class),
          new Kind("nt-xent", "NT-Xent", SimilarityLossRecipe.NtXent.class),
          new Kind("arcface", "ArcFace", SimilarityLossRecipe.ArcFace.class),
          new Kind("proxy-anchor", "Proxy-Anchor", SimilarityLossRecipe.ProxyAnchor.class));

  static final List<Kind> SAMPLINGS =
      List.of(
          new Kind("uniform", "uniform sampling", SamplingRecipe.Uniform.class),
          new Kind("balanced", "balanced sampling", SamplingRecipe.Balanced.class),
          new Kind("weighted", "weighted sampling", SamplingRecipe.Weighted.class),
          new Kind("grouped", "grouped sampling", SamplingRecipe.Grouped.class));

  static final List<Kind> AUGMENTS =
      List.of(
          new Kind("auto", "the choice by the data", AugmentRecipe.Auto.class),
          new Kind("none", "no augmentation", AugmentRecipe.None.class),
          new Kind("flip", "mirror images", AugmentRecipe.Flip.class),
          new Kind("pad-crop-flip", "pad, crop, flip", AugmentRecipe.PadCropFlip.class),
          new Kind("resized-crop-flip", "random crop, flip", AugmentRecipe.ResizedCropFlip.class));

  /** Every trick, in the order in which tricks act. */
  static final List<Kind> TRICKS =
      List.of(
          new Kind("zero_gamma", "zero γ", ZeroGamma.class),
          new Kind("label_smoothing", "label smoothing", LabelSmoothing.class),
          new Kind("repeated_augmentation", "repeated augmentation", RepeatedAugmentation.class),
          // pictures one by one, in the order in which they act
          new Kind("auto_augment", "AutoAugment", AutoAugment.class),
          new Kind("rand_augment", "RandAugment", RandAugment.class),
          new Kind("trivial_augment", "TrivialAugment", TrivialAugment.class),
          new Kind("aug_mix", "AugMix", AugMix.class),
          new Kind("three_augment", "3-Augment", ThreeAugment.class),
          new Kind("rotation", "rotation", Rotation.class),
          new Kind("shear", "shear", Shear.class),
          new Kind("translation", "translation", Translation.class),
          new Kind("perspective", "perspective", Perspective.class),
          new Kind("elastic", "elastic deformation", Elastic.class),
          new Kind("color_jitter", "color jitter", ColorJitter.class),
          new Kind("lighting", "PCA lighting", Lighting.class),
          new Kind("grayscale", "greyscale", Grayscale.class),
          new Kind("blur", "blur", Blur.class),
          // batches
          new Kind("cutout", "Cutout", Cutout.class),
          new Kind("random_erasing", "random erasing", RandomErasing.class),
          new Kind("mixup", "mixup", Mixup.class),
          new Kind("cutmix", "CutMix", CutMix.class),
          new Kind("manifold_mixup", "manifold mixup", ManifoldMixup.class),
          new Kind("feature_cutmix", "CutMix on features", FeatureCutMix.class),
          new Kind("distillation", "distillation", Distillation.class),
          new Kind("feature_distillation", "feature distillation", FeatureDistillation.class),
          new Kind("attention_transfer", "attention transfer", AttentionTransfer.class),
          new Kind("self_distillation", "self-distillation", SelfDistillation.class),
          new Kind("progressive_resizing", "progressive resizing", ProgressiveResizing.class),
          new Kind("sam", "sharpness-aware minimization", Sam.class),
          new Kind(
              "gradient_centralization", "gradient centralization", GradientCentralization.class));

  /** Which interface offers which choices. */
  static final Map<Class<?>, List<Kind>> BY_INTERFACE =
      Map.of(
          OptimizerRecipe.class, OPTIMIZERS,
          ClipRecipe.class, CLIPS,
          ScheduleRecipe.class, SCHEDULES,
          LossRecipe.class, LOSSES,
          SamplingRecipe.class, SAMPLINGS,
          AugmentRecipe.class, AUGMENTS);
}
