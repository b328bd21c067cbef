package dev.linnet.image;

import dev.linnet.base.Check;
import dev.linnet.base.RandomState;

/**
 * torchvision's {@code Resize} with one number: the shorter side becomes that long, the longer
 * int(side · long / short).
 *
 * @param side of the result's shorter side, in pixels, at least 1
 * @param interpolation the filter
 */
public record ResizeShorter(int side, Interpolation interpolation) implements PictureTransform {
  public ResizeShorter {
    Check.that(side >= 1, "side", side, "at least 1");
  }

  @Override
  public Picture apply(Picture picture, RandomState random) {
    return Resize.apply(picture, target(picture.size(), side), interpolation);
  }

  static ImageSize target(ImageSize from, int side) {
    int shorter = Math.min(from.height(), from.width());
    int longer = Math.max(from.height(), from.width());
    int scaled = Math.toIntExact((long) ((double) ((long) side * longer) / shorter));
    return from.width() <= from.height()
        ? new ImageSize(scaled, side)
        : new ImageSize(side, scaled);
  }
}
