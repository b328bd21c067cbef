package dev.linnet.tricks;

import dev.linnet.base.Check;
import dev.linnet.base.RandomState;
import dev.linnet.base.internal.About;
import dev.linnet.image.ImageSize;
import dev.linnet.image.PerspectiveWarp;
import dev.linnet.image.PerspectiveWarp.Corner;
import dev.linnet.image.PictureEdit;
import dev.linnet.train.PictureTrick;
import java.util.List;

/**
 * Perspective: the four corners move inwards, each on its own.
 *
 * <pre>
 *   with chance p: each corner by uniform whole pixels of [0, d·W/2] and [0, d·H/2]
 * </pre>
 *
 * <ul>
 *   <li>Source: torchvision's {@code RandomPerspective}.
 *   <li>Default: d = ½, p = ½, as there. Cost: one warp of the picture.
 *   <li>Hurts: where the shape is the class; much of the picture is fill. Card:
 *       docs/tricks/perspective.md.
 * </ul>
 *
 * @param distortion d, in [0, 1]
 * @param probability p, in [0, 1]
 * @param interpolation how it reads
 * @param fill color outside
 */
public record Perspective(
    @About("most that a corner moves, as a share of half the sides") double distortion,
    @About("chance that a picture is changed") double probability,
    @About("how it reads between pixels") WarpFilter interpolation,
    @About("levels outside the picture") List<Integer> fill)
    implements PictureTrick {
  /** The values of torchvision. */
  public static final Perspective DEFAULT =
      new Perspective(0.5, 0.5, WarpFilter.BILINEAR, List.of(0, 0, 0));

  public Perspective {
    fill = List.copyOf(fill);
    Check.that(
        distortion >= 0 && distortion <= 1, "perspective.distortion", distortion, "in [0, 1]");
    Warping.checkProbability("perspective.probability", probability);
    Warping.checkFill("perspective.fill", fill);
  }

  /** A picture with sides below 4 pixels, whose corners could meet, is left as it is. */
  @Override
  public List<PictureEdit> draw(RandomState random, ImageSize size) {
    if (!random.nextBoolean(probability) || size.width() < 4 || size.height() < 4) {
      return List.of();
    }
    int right = size.width() - 1;
    int bottom = size.height() - 1;
    Corner topLeft = move(random, size);
    Corner topRight = move(random, size);
    Corner bottomRight = move(random, size);
    Corner bottomLeft = move(random, size);
    List<Corner> corners =
        List.of(
            topLeft,
            new Corner(right - topRight.x(), topRight.y()),
            new Corner(right - bottomRight.x(), bottom - bottomRight.y()),
            new Corner(bottomLeft.x(), bottom - bottomLeft.y()));
    return List.of(new PerspectiveWarp(corners, new Warping(interpolation, fill).draw(random)));
  }

  /** How far a corner moves inwards; at most so far that opposite ones do not meet. */
  private Corner move(RandomState random, ImageSize size) {
    return new Corner(inwards(random, size.width()), inwards(random, size.height()));
  }

  private int inwards(RandomState random, int side) {
    int half = (side - 1) / 2;
    return random.nextInt((int) (distortion * half) + 1);
  }
}
