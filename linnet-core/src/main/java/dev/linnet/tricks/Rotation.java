package dev.linnet.tricks;

import dev.linnet.base.Check;
import dev.linnet.base.RandomState;
import dev.linnet.base.internal.About;
import dev.linnet.image.ImageSize;
import dev.linnet.image.PictureEdit;
import dev.linnet.image.PictureOperator;
import dev.linnet.image.PictureStep;
import dev.linnet.train.PictureTrick;
import java.util.List;

/**
 * Rotation about the center.
 *
 * <pre>
 *   with chance p: turned by an angle uniform in [−d, d]
 * </pre>
 *
 * <ul>
 *   <li>Source: Simard et al., ICDAR 2003; like torchvision's {@code RandomRotation}.
 *   <li>Default: d = 15°, a common choice; the paper searched its own.
 *   <li>Cost: one warp of the picture. Hurts: where up and down tell classes apart (6 and 9). Card:
 *       docs/tricks/rotation.md.
 * </ul>
 *
 * @param degrees d, in [0, 180]
 * @param probability p, in [0, 1]
 * @param interpolation how it reads
 * @param fill color outside
 */
public record Rotation(
    @About("largest angle, in degrees") double degrees,
    @About("chance that a picture is turned") double probability,
    @About("how it reads between pixels") WarpFilter interpolation,
    @About("levels outside the picture") List<Integer> fill)
    implements PictureTrick {
  /** Up to 15° either way. */
  public static final Rotation DEFAULT = new Rotation(15, 1, WarpFilter.BILINEAR, List.of(0, 0, 0));

  public Rotation {
    fill = List.copyOf(fill);
    Check.that(degrees >= 0 && degrees <= 180, "rotation.degrees", degrees, "in [0, 180]");
    Warping.checkProbability("rotation.probability", probability);
    Warping.checkFill("rotation.fill", fill);
  }

  @Override
  public List<PictureEdit> draw(RandomState random, ImageSize size) {
    if (!random.nextBoolean(probability)) {
      return List.of();
    }
    double angle = random.nextDouble(-degrees, degrees);
    return List.of(
        new PictureStep(
            PictureOperator.ROTATE, angle, new Warping(interpolation, fill).draw(random)));
  }
}
