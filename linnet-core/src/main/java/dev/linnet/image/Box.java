package dev.linnet.image;

import dev.linnet.base.Check;

/**
 * A rectangle of whole pixels; its top left corner may lie outside the picture.
 *
 * @param top row of the upper edge
 * @param left column of the left edge
 * @param size height and width
 */
public record Box(int top, int left, ImageSize size) {
  public Box {
    Check.that((long) top + size.height() <= Integer.MAX_VALUE, "top", top, "below 2^31 - height");
    Check.that((long) left + size.width() <= Integer.MAX_VALUE, "left", left, "below 2^31 - width");
  }

  /** The whole of a picture. */
  public static Box all(ImageSize size) {
    return new Box(0, 0, size);
  }

  /** The row below the box. */
  public int bottom() {
    return top + size.height();
  }

  /** The column right of the box. */
  public int right() {
    return left + size.width();
  }

  /** Whether every pixel of the box is one of the picture's. */
  public boolean isInside(ImageSize picture) {
    return top >= 0
        && left >= 0
        && (long) top + size.height() <= picture.height()
        && (long) left + size.width() <= picture.width();
  }

  /** The pixels that both boxes have as a share of those that one of them has: IoU, in [0, 1]. */
  public double overlap(Box other) {
    long height = Math.min(bottom(), other.bottom()) - (long) Math.max(top, other.top());
    long width = Math.min(right(), other.right()) - (long) Math.max(left, other.left());
    long both = Math.max(0, height) * Math.max(0, width);
    return (double) both / (size.area() + other.size.area() - both);
  }

  /** The smallest box that holds this one in a picture whose sides are divided, rounded up. */
  Box dividedBy(int denominator) {
    int newTop = Math.floorDiv(top, denominator);
    int newLeft = Math.floorDiv(left, denominator);
    return new Box(
        newTop,
        newLeft,
        new ImageSize(
            -Math.floorDiv(-bottom(), denominator) - newTop,
            -Math.floorDiv(-right(), denominator) - newLeft));
  }
}
