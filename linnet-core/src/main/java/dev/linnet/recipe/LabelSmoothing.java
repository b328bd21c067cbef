package dev.linnet.recipe;

import dev.linnet.base.Check;
import dev.linnet.base.internal.About;
import dev.linnet.loss.Smoothing;
import dev.linnet.loss.Smoothing.Convention;

/**
 * Label smoothing: a share of the target is spread over the classes (Szegedy et al., CVPR 2016,
 * arXiv:1512.00567, §7), in one of three conventions: {@link Smoothing}.
 *
 * @param epsilon ε, in [0, 1)
 * @param convention what it is spread over
 */
public record LabelSmoothing(
    @About("share of the target that is spread, in [0, 1)") double epsilon,
    @About("torch: over all classes; paper: over the others; classy: Classy Vision's")
        Convention convention) {
  /** The paper's value, in PyTorch's convention. */
  public static final LabelSmoothing DEFAULT = new LabelSmoothing(0.1);

  public LabelSmoothing {
    Check.that(epsilon >= 0 && epsilon < 1, "label_smoothing.epsilon", epsilon, "in [0, 1)");
  }

  /** In PyTorch's convention. */
  public LabelSmoothing(double epsilon) {
    this(epsilon, Convention.TORCH);
  }

  Smoothing smoothing() {
    return new Smoothing(epsilon, convention);
  }
}
