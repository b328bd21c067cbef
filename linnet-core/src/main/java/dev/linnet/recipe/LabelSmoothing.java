package dev.linnet.recipe;

import dev.linnet.base.Check;
import dev.linnet.base.internal.About;

/**
 * Label smoothing: the target is (1 − ε)·onehot + ε/K (Szegedy et al., CVPR 2016, arXiv:1512.00567,
 * §7; PyTorch's convention).
 *
 * @param epsilon ε, in [0, 1)
 */
public record LabelSmoothing(@About("share spread over all classes, in [0, 1)") double epsilon) {
  /** The paper's value. */
  public static final LabelSmoothing DEFAULT = new LabelSmoothing(0.1);

  public LabelSmoothing {
    Check.that(epsilon >= 0 && epsilon < 1, "label_smoothing.epsilon", epsilon, "in [0, 1)");
  }
}
