package dev.linnet.image;

import dev.linnet.base.Check;

/**
 * Height and width of a picture, in pixels.
 *
 * @param height rows, at least 1
 * @param width columns, at least 1
 */
public record ImageSize(int height, int width) {
  public ImageSize {
    Check.that(height >= 1, "height", height, "at least 1");
    Check.that(width >= 1, "width", width, "at least 1");
  }

  /** A square. */
  public static ImageSize square(int side) {
    return new ImageSize(side, side);
  }

  /** Number of pixels. */
  public long area() {
    return (long) height * width;
  }

  /** Height and width exchanged. */
  public ImageSize transposed() {
    return new ImageSize(width, height);
  }

  /** Both sides divided, rounded up: what a JPEG decoded at a part of its size has. */
  public ImageSize dividedBy(int denominator) {
    return new ImageSize(ceilDivide(height, denominator), ceilDivide(width, denominator));
  }

  private static int ceilDivide(int side, int denominator) {
    return (int) ((side + denominator - 1L) / denominator);
  }

  /** Width first, as people say it: {@code 640x480}. */
  @Override
  public String toString() {
    return width + "x" + height;
  }
}
