package dev.linnet.data;

/**
 * A box as an annotation has it, in whole pixels: half-open, counted from 0. It may be empty or
 * leave the picture.
 *
 * @param number of the box in its annotation, counted from 0
 * @param name of its class
 * @param left column of the left edge
 * @param top row of the upper edge
 * @param right column right of the box
 * @param bottom row below the box
 */
record MarkedBox(int number, String name, int left, int top, int right, int bottom) {
  /** Values beyond are no pixels; sums and differences of them stay in range. */
  private static final double MOST = 1e8;

  /** A box whose edges lie between pixels: the smallest of whole pixels that holds it. */
  static MarkedBox of(
      int number, String name, double left, double top, double right, double bottom) {
    boolean isEmpty = right <= left || bottom <= top;
    int x = floor(left);
    int y = floor(top);
    return new MarkedBox(
        number, name, x, y, isEmpty ? x : -floor(-right), isEmpty ? y : -floor(-bottom));
  }

  private static int floor(double value) {
    return (int) Math.floor(Math.max(-MOST, Math.min(MOST, value)));
  }

  boolean isEmpty() {
    return right <= left || bottom <= top;
  }

  /** Number of pixels, also outside the picture. */
  long area() {
    return isEmpty() ? 0 : (long) (right - left) * (bottom - top);
  }

  /** From the first pixel to behind the last, as messages say it. */
  @Override
  public String toString() {
    return "\"%s\" from (%d, %d) to (%d, %d)".formatted(name, left, top, right, bottom);
  }
}
