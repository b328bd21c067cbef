package dev.linnet.tensor;

import dev.linnet.base.Check;

/**
 * A rectangle of pixels of the last two dimensions.
 *
 * @param top first row, at least 0
 * @param left first column, at least 0
 * @param height rows, at least 0
 * @param width columns, at least 0
 */
public record Box(int top, int left, int height, int width) {
  public Box {
    Check.that(
        top >= 0 && left >= 0 && height >= 0 && width >= 0,
        "box",
        "[" + top + ", " + left + ", " + height + ", " + width + "]",
        "at least 0 in each part");
  }

  /** Pixels inside. */
  public long area() {
    return (long) height * width;
  }
}
