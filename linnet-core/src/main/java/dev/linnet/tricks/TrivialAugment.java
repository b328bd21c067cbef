package dev.linnet.tricks;

import dev.linnet.base.RandomState;
import dev.linnet.base.internal.About;
import dev.linnet.image.ImageSize;
import dev.linnet.image.PictureEdit;
import dev.linnet.train.PictureTrick;
import java.util.List;

/**
 * TrivialAugment, wide: one operator and one magnitude, both uniform, for each picture.
 *
 * <pre>
 *   OP uniform over 14 operators, m uniform over 31 bins of wide ranges
 * </pre>
 *
 * <ul>
 *   <li>Paper: Müller and Hutter, ICCV 2021, arXiv:2103.10158, Algorithm 1 and Table 1.
 *   <li>Default: the wide ranges, as torchvision; nothing to tune.
 *   <li>Cost: up to one operator a picture, on the threads that read.
 *   <li>Hurts: short runs; what must not be turned. Card: docs/tricks/trivial_augment.md.
 * </ul>
 *
 * @param interpolation how warps read
 * @param fill color outside
 */
public record TrivialAugment(
    @About("how warps read between pixels") WarpFilter interpolation,
    @About("levels outside the picture") List<Integer> fill)
    implements PictureTrick {
  /** torchvision's: the nearest pixel, black outside. */
  public static final TrivialAugment DEFAULT =
      new TrivialAugment(WarpFilter.NEAREST, List.of(0, 0, 0));

  public TrivialAugment {
    fill = List.copyOf(fill);
    Warping.checkFill("trivial_augment.fill", fill);
  }

  @Override
  public List<PictureEdit> draw(RandomState random, ImageSize size) {
    BinnedMagnitudes wide = BinnedMagnitudes.WIDE;
    String operator = wide.operators().get(random.nextInt(wide.operators().size()));
    int bin = random.nextInt(wide.bins());
    return List.of(wide.step(operator, bin, size, new Warping(interpolation, fill), random));
  }
}
