package dev.linnet.recipe;

import dev.linnet.base.Check;
import dev.linnet.base.internal.About;

/**
 * Repeated augmentation: an epoch has each of its pictures several times, one after the other, with
 * other draws each time, and as many fewer pictures (Berman et al., 2019, arXiv:1902.05509, §3.2;
 * Hoffer et al., CVPR 2020, arXiv:1901.09335).
 *
 * @param repeats how often, in [2, 100]
 */
public record RepeatedAugmentation(
    @About("how often an epoch has each of its pictures") int repeats) {
  /** The paper's and DeiT's three. */
  public static final RepeatedAugmentation DEFAULT = new RepeatedAugmentation(3);

  public RepeatedAugmentation {
    Check.that(
        repeats >= 2 && repeats <= 100, "repeated_augmentation.repeats", repeats, "in [2, 100]");
  }
}
