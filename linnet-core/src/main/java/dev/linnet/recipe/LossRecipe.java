package dev.linnet.recipe;

import dev.linnet.base.Check;
import dev.linnet.base.OrAuto;
import dev.linnet.base.internal.About;
import dev.linnet.loss.BinaryCrossEntropy;
import dev.linnet.loss.JensenShannon;
import dev.linnet.loss.Loss;
import dev.linnet.loss.SigmoidFocal;
import dev.linnet.loss.Smoothing;
import dev.linnet.loss.SoftmaxFocal;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;

/**
 * What training minimizes. In YAML a name ({@code loss: bce}) or a mapping with one ({@code loss:
 * {name: focal, gamma: 1}}). Label smoothing is a trick of its own, for every loss.
 */
public interface LossRecipe {

  /** The loss of a run. */
  Loss over(Smoothing smoothing, ClassCounts classes);

  /** Weights by class, none, or auto. */
  default OrAuto<OrNone<Map<String, Double>>> classWeights() {
    return OrAuto.of(OrNone.none());
  }

  /** Views of each picture that a batch must have: 1, or more one after the other. */
  default int views() {
    return 1;
  }

  private static OrAuto<OrNone<Map<String, Double>>> checked(
      OrAuto<OrNone<Map<String, Double>>> weights) {
    if (weights.isAuto() || weights.value().isNone()) {
      return weights;
    }
    Map<String, Double> given = new LinkedHashMap<>(weights.value().value());
    given.forEach(
        (name, weight) ->
            Check.that(
                weight >= 0 && weight <= 1e6,
                "loss.class_weights." + name,
                weight,
                "in [0, 1000000]"));
    return OrAuto.of(OrNone.of(Collections.unmodifiableMap(given)));
  }

  private static List<Double> weights(
      OrAuto<OrNone<Map<String, Double>>> weights, ClassCounts classes) {
    if (weights.isAuto()) {
      return classes.inverse();
    }
    return weights.value().given().map(classes::weights).orElse(List.of());
  }

  private static OptionalDouble optional(OrNone<Double> value) {
    return value.isNone() ? OptionalDouble.empty() : OptionalDouble.of(value.value());
  }

  /**
   * Cross entropy of the softmax: {@link dev.linnet.loss.CrossEntropy}.
   *
   * @param classWeights at least 0 each; auto: one by the number of training pictures, mean 1
   */
  record CrossEntropy(
      @About("none; auto: rare classes count more; or a weight by class, 1 for others")
          OrAuto<OrNone<Map<String, Double>>> classWeights)
      implements LossRecipe {
    public CrossEntropy {
      classWeights = checked(classWeights);
    }

    @Override
    public Loss over(Smoothing smoothing, ClassCounts classes) {
      return new dev.linnet.loss.CrossEntropy(smoothing, weights(classWeights, classes));
    }
  }

  /**
   * Binary cross entropy, each class a question of its own: {@link BinaryCrossEntropy}.
   *
   * @param targetThreshold above which a target is 1, in [0, 1)
   * @param sumClasses whether the classes of a picture are summed
   */
  record Bce(
      @About("targets above it become 1, others 0; none: they stay soft")
          OrNone<Double> targetThreshold,
      @About("whether the losses of a picture's classes are summed, not averaged")
          boolean sumClasses)
      implements LossRecipe {
    /** timm's. */
    public static final Bce DEFAULT = new Bce(OrNone.none(), false);

    public Bce {
      Check.that(
          targetThreshold.isNoneOr(share -> share >= 0 && share < 1),
          "loss.target_threshold",
          targetThreshold,
          "in [0, 1), or none");
    }

    @Override
    public Loss over(Smoothing smoothing, ClassCounts classes) {
      BinaryCrossEntropy.Over over =
          sumClasses ? BinaryCrossEntropy.Over.SUM : BinaryCrossEntropy.Over.MEAN;
      return new BinaryCrossEntropy(smoothing, optional(targetThreshold), over);
    }
  }

  /**
   * Focal loss: {@link SoftmaxFocal} or {@link SigmoidFocal}.
   *
   * @param form which of the two
   * @param gamma γ, in [0, 10]
   * @param alpha of the sigmoid form, in (0, 1)
   * @param classWeights of the softmax form
   */
  record Focal(
      @About("softmax, or sigmoid as torchvision's") Form form,
      @About("how little counts what is answered well") double gamma,
      @About("weight of the classes that are there, of the sigmoid form") OrNone<Double> alpha,
      @About("none; auto: rare classes count more; or a weight by class, 1 for others")
          OrAuto<OrNone<Map<String, Double>>> classWeights)
      implements LossRecipe {
    /** The paper's γ. */
    public static final Focal DEFAULT =
        new Focal(Form.SOFTMAX, 2, OrNone.none(), OrAuto.of(OrNone.none()));

    /** What the classes are to each other. */
    public enum Form {
      /** They exclude each other. */
      SOFTMAX,
      /** Each is a question of its own. */
      SIGMOID
    }

    public Focal {
      Check.that(gamma >= 0 && gamma <= 10, "loss.gamma", gamma, "in [0, 10]");
      Check.that(
          alpha.isNoneOr(share -> share > 0 && share < 1 && form == Form.SIGMOID),
          "loss.alpha",
          alpha,
          form == Form.SIGMOID
              ? "in (0, 1), or none"
              : "none with the softmax form, which has class_weights");
      classWeights = checked(classWeights);
      Check.that(
          form == Form.SOFTMAX || (!classWeights.isAuto() && classWeights.value().isNone()),
          "loss.class_weights",
          classWeights,
          "none with the sigmoid form, which has alpha");
    }

    @Override
    public Loss over(Smoothing smoothing, ClassCounts classes) {
      return switch (form) {
        case SOFTMAX -> new SoftmaxFocal(smoothing, gamma, weights(classWeights, classes));
        case SIGMOID -> new SigmoidFocal(smoothing, gamma, optional(alpha));
      };
    }
  }

  /**
   * Poly-1: {@link dev.linnet.loss.Poly1}.
   *
   * @param epsilon ε₁, in [-1, 100]
   */
  record Poly1(@About("what the first coefficient of the series has more") double epsilon)
      implements LossRecipe {
    /** timm's, the paper's for ResNet-50. */
    public static final Poly1 DEFAULT = new Poly1(1);

    public Poly1 {
      Check.that(epsilon >= -1 && epsilon <= 100, "loss.epsilon", epsilon, "in [-1, 100]");
    }

    @Override
    public Loss over(Smoothing smoothing, ClassCounts classes) {
      return new dev.linnet.loss.Poly1(smoothing, epsilon);
    }
  }

  /**
   * Cross entropy of clean pictures and consistency with two augmented views of each: {@link
   * JensenShannon}.
   *
   * @param alpha weight of the consistency, in [0, 1000]
   */
  record Jsd(@About("weight of the consistency of the three views") double alpha)
      implements LossRecipe {
    /** AugMix's. */
    public static final Jsd DEFAULT = new Jsd(12);

    public Jsd {
      Check.that(alpha >= 0 && alpha <= 1000, "loss.alpha", alpha, "in [0, 1000]");
    }

    @Override
    public int views() {
      return JensenShannon.VIEWS;
    }

    @Override
    public Loss over(Smoothing smoothing, ClassCounts classes) {
      return new JensenShannon(smoothing, alpha);
    }
  }
}
