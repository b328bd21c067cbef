package dev.linnet.image;

import dev.linnet.base.Check;
import dev.linnet.base.RandomState;

/**
 * Mirrors a picture, left to right, with a probability.
 *
 * @param probability in [0, 1]
 */
public record RandomHorizontalFlip(double probability) implements PictureTransform {
  /** Every second picture. */
  public static final RandomHorizontalFlip DEFAULT = new RandomHorizontalFlip(0.5);

  public RandomHorizontalFlip {
    Check.that(probability >= 0 && probability <= 1, "flip", probability, "in [0, 1]");
  }

  @Override
  public Picture apply(Picture picture, RandomState random) {
    return random.nextBoolean(probability) ? picture.flipHorizontal() : picture;
  }
}
