package dev.linnet.tricks;

import dev.linnet.base.Check;
import dev.linnet.base.RandomState;
import dev.linnet.base.internal.About;
import dev.linnet.image.ImageSize;
import dev.linnet.image.Interpolation;
import dev.linnet.image.PictureEdit;
import dev.linnet.image.PictureOperator;
import dev.linnet.image.PictureStep;
import dev.linnet.image.Sampling;
import dev.linnet.train.PictureTrick;
import java.util.ArrayList;
import java.util.List;

/**
 * Translation by whole pixels.
 *
 * <pre>
 *   with chance p: moved by round(uniform [−tx·W, tx·W]) and round(uniform [−ty·H, ty·H])
 * </pre>
 *
 * <ul>
 *   <li>Source: Simard et al., ICDAR 2003; like torchvision's {@code RandomAffine(translate=…)}.
 *   <li>Default: tx = ty = ⅛, which is the 4 of 32 pixels of He et al., CVPR 2016, §4.2.
 *   <li>Cost: two copies of the picture. Hurts: where the place is the class, and what lies at the
 *       border is lost. Card: docs/tricks/translation.md.
 * </ul>
 *
 * @param x tx, as a share of the width, in [0, 1]
 * @param y ty, as a share of the height, in [0, 1]
 * @param probability p, in [0, 1]
 * @param fill color outside
 */
public record Translation(
    @About("most that it moves aside, as a share of the width") double x,
    @About("most that it moves up or down, as a share of the height") double y,
    @About("chance that a picture is moved") double probability,
    @About("levels outside the picture") List<Integer> fill)
    implements PictureTrick {
  /** An eighth of the sides. */
  public static final Translation DEFAULT = new Translation(0.125, 0.125, 1, List.of(0, 0, 0));

  public Translation {
    fill = List.copyOf(fill);
    Check.that(x >= 0 && x <= 1, "translation.x", x, "in [0, 1]");
    Check.that(y >= 0 && y <= 1, "translation.y", y, "in [0, 1]");
    Warping.checkProbability("translation.probability", probability);
    Warping.checkFill("translation.fill", fill);
  }

  @Override
  public List<PictureEdit> draw(RandomState random, ImageSize size) {
    List<PictureEdit> edits = new ArrayList<>();
    if (random.nextBoolean(probability)) {
      double right = Math.rint(random.nextDouble(-x, x) * size.width());
      double down = Math.rint(random.nextDouble(-y, y) * size.height());
      add(edits, PictureOperator.TRANSLATE_X, right);
      add(edits, PictureOperator.TRANSLATE_Y, down);
    }
    return edits;
  }

  private void add(List<PictureEdit> edits, PictureOperator operator, double pixels) {
    if (pixels != 0) {
      edits.add(new PictureStep(operator, pixels, new Sampling(Interpolation.NEAREST, fill)));
    }
  }
}
