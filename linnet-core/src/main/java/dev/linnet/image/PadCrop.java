package dev.linnet.image;

import dev.linnet.base.Check;
import dev.linnet.base.RandomState;

/**
 * Pads a picture with a border of 0 and cuts a random window out of it: the augmentation of small
 * pictures (He et al., CVPR 2016, §4.2: 4 pixels, then 32×32).
 *
 * @param padding border on each side, in pixels, at least 0
 * @param size of the window; a picture that is smaller even with its border is padded further on
 *     both sides, as torchvision's {@code RandomCrop(pad_if_needed=True)}
 */
public record PadCrop(int padding, ImageSize size) implements PictureTransform {
  public PadCrop {
    Check.that(padding >= 0, "padding", padding, "at least 0");
  }

  @Override
  public Picture apply(Picture picture, RandomState random) {
    int top = start(picture.height(), size.height(), random);
    int left = start(picture.width(), size.width(), random);
    return picture.crop(new Box(top, left, size));
  }

  /** Where the window begins, counted from the picture's edge; uniform over all that fit. */
  private int start(int side, int target, RandomState random) {
    int border = padding + Math.max(0, target - side - 2 * padding);
    return random.nextInt(side + 2 * border - target + 1) - border;
  }
}
