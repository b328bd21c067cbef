package dev.linnet.tricks;

import dev.linnet.base.Check;
import dev.linnet.base.RandomState;
import dev.linnet.base.internal.About;
import dev.linnet.image.ImageSize;
import dev.linnet.image.PictureEdit;
import dev.linnet.image.PictureOperator;
import dev.linnet.image.PictureStep;
import dev.linnet.image.Sampling;
import dev.linnet.train.PictureTrick;
import java.util.ArrayList;
import java.util.List;

/**
 * Shear: rows slide along each other, then columns.
 *
 * <pre>
 *   with chance p: x' = x + a·y, then y' = y + b·x;     a uniform in [−sx, sx], b in [−sy, sy]
 * </pre>
 *
 * <ul>
 *   <li>Source: Simard et al., ICDAR 2003; the range and the corner that stays as in AutoAugment
 *       (Cubuk et al., CVPR 2019, arXiv:1805.09501, appendix).
 *   <li>Default: sx = sy = 0.3. Cost: up to two warps of the picture.
 *   <li>Hurts: where the slant is the class. Card: docs/tricks/shear.md.
 * </ul>
 *
 * @param x sx, in [0, 1]; 0 leaves rows where they are
 * @param y sy, in [0, 1]
 * @param probability p, in [0, 1]
 * @param interpolation how it reads
 * @param fill color outside
 */
public record Shear(
    @About("most that rows slide, as a share of the height") double x,
    @About("most that columns slide, as a share of the width") double y,
    @About("chance that a picture is sheared") double probability,
    @About("how it reads between pixels") WarpFilter interpolation,
    @About("levels outside the picture") List<Integer> fill)
    implements PictureTrick {
  /** The range of AutoAugment. */
  public static final Shear DEFAULT = new Shear(0.3, 0.3, 1, WarpFilter.BILINEAR, List.of(0, 0, 0));

  public Shear {
    fill = List.copyOf(fill);
    Check.that(x >= 0 && x <= 1, "shear.x", x, "in [0, 1]");
    Check.that(y >= 0 && y <= 1, "shear.y", y, "in [0, 1]");
    Warping.checkProbability("shear.probability", probability);
    Warping.checkFill("shear.fill", fill);
  }

  @Override
  public List<PictureEdit> draw(RandomState random, ImageSize size) {
    List<PictureEdit> edits = new ArrayList<>();
    if (random.nextBoolean(probability)) {
      Sampling sampling = new Warping(interpolation, fill).draw(random);
      if (x > 0) {
        edits.add(new PictureStep(PictureOperator.SHEAR_X, random.nextDouble(-x, x), sampling));
      }
      if (y > 0) {
        edits.add(new PictureStep(PictureOperator.SHEAR_Y, random.nextDouble(-y, y), sampling));
      }
    }
    return edits;
  }
}
