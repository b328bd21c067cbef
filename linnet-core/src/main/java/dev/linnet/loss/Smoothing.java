package dev.linnet.loss;

import dev.linnet.base.Check;
import dev.linnet.tensor.Tensor;

/**
 * Label smoothing: a share of the target is spread over the classes (Szegedy et al., CVPR 2016,
 * arXiv:1512.00567, §7). Three conventions are in use; t is the target before, K the classes.
 *
 * <pre>
 *   torch:   (1 − ε)·t + ε/K                   the true class has 1 − ε + ε/K; timm's too
 *   paper:   (1 − ε)·t + (1 − t)·ε/(K − 1)     the true class has 1 − ε
 *   classy:  (t + ε/K)/(1 + ε)                 Classy Vision
 * </pre>
 *
 * <p>All are linear in t, so that smoothing before two targets are mixed and after is the same.
 *
 * @param epsilon ε, in [0, 1)
 * @param convention what the share is spread over
 */
public record Smoothing(double epsilon, Convention convention) {
  /** Targets stay as they are. */
  public static final Smoothing NONE = new Smoothing(0, Convention.TORCH);

  /** What ε is spread over. */
  public enum Convention {
    /** All classes, ε/K each. */
    TORCH,
    /** The other classes, ε/(K − 1) each: He et al., CVPR 2019, arXiv:1812.01187, Eq. 4. */
    PAPER,
    /** All classes, ε/K more each, and the sum made 1 again. */
    CLASSY
  }

  public Smoothing {
    Check.that(epsilon >= 0 && epsilon < 1, "label_smoothing.epsilon", epsilon, "in [0, 1)");
  }

  /** PyTorch's convention. */
  public static Smoothing of(double epsilon) {
    return new Smoothing(epsilon, Convention.TORCH);
  }

  /** Returns float targets [N, K] whose rows sum to 1, smoothed; rows still sum to 1. */
  Tensor apply(Tensor targets) {
    long classes = targets.dim(1);
    if (epsilon == 0 || classes == 1) {
      return targets;
    }
    double over = epsilon / classes;
    double others = epsilon / (classes - 1);
    return switch (convention) {
      case TORCH -> targets.mul(1 - epsilon).add(over);
      case PAPER -> targets.mul(1 - epsilon - others).add(others);
      case CLASSY -> targets.add(over).div(1 + epsilon);
    };
  }
}
