package dev.linnet.tricks;

import dev.linnet.base.OrAuto;
import dev.linnet.base.RandomState;
import dev.linnet.base.internal.About;
import dev.linnet.image.ImageSize;
import dev.linnet.image.PictureEdit;
import dev.linnet.train.PictureTrick;
import java.util.List;

/**
 * AutoAugment: for each picture one of 25 pairs of operators, which a search has found.
 *
 * <pre>
 *   OP1(p1, m1) → OP2(p2, m2), drawn from the policy; each acts with its chance p
 * </pre>
 *
 * <ul>
 *   <li>Paper: Cubuk et al., CVPR 2019, arXiv:1805.09501; the policies of its appendix.
 *   <li>Default: the policy of CIFAR-10 up to 64 pixels, of ImageNet above.
 *   <li>Cost: up to two operators a picture, on the threads that read.
 *   <li>Hurts: where the policy was found on other data: inverting digits, turning characters.
 *       Card: docs/tricks/auto_augment.md.
 * </ul>
 *
 * @param policy a published one or one's own; auto: by the size of the input
 * @param interpolation how warps read; auto: as the policy's convention has it
 * @param fill color outside; auto: as the policy's convention has it
 */
public record AutoAugment(
    @About("cifar10, imagenet, svhn, one of timm's, or a file") OrAuto<Policy> policy,
    @About("how warps read between pixels") OrAuto<WarpFilter> interpolation,
    @About("levels outside the picture") OrAuto<List<Integer>> fill)
    implements PictureTrick {
  /** The policy by the size of the input. */
  public static final AutoAugment DEFAULT =
      new AutoAugment(OrAuto.auto(), OrAuto.auto(), OrAuto.auto());

  public AutoAugment {
    fill = Warping.copy(fill);
    Warping.checkFill("auto_augment.fill", fill);
  }

  /** This trick with another policy. */
  public AutoAugment withPolicy(Policy policy) {
    return new AutoAugment(OrAuto.of(policy), interpolation, fill);
  }

  /**
   * {@inheritDoc}
   *
   * @throws IllegalStateException if the policy is still auto
   */
  @Override
  public List<PictureEdit> draw(RandomState random, ImageSize size) {
    Warping warping = policy.value().convention().warping().with(interpolation, fill);
    return policy.value().draw(random, size, warping);
  }
}
