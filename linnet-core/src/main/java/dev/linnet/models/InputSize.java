package dev.linnet.models;

import dev.linnet.base.Check;

/**
 * The size of one picture as a network sees it.
 *
 * @param channels colors, at least 1
 * @param height pixels, at least 1
 * @param width pixels, at least 1
 */
public record InputSize(int channels, int height, int width) {
  public InputSize {
    Check.that(channels >= 1, "input channels", channels, "at least 1");
    Check.that(height >= 1, "input height", height, "at least 1");
    Check.that(width >= 1, "input width", width, "at least 1");
  }

  /** A square picture. */
  public static InputSize square(int channels, int side) {
    return new InputSize(channels, side, side);
  }

  /** Such as {@code 3×224×224}. */
  @Override
  public String toString() {
    return channels + "×" + height + "×" + width;
  }
}
