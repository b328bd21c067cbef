package dev.linnet.nn;

import dev.linnet.base.Check;

/**
 * The area that a convolution or a pooling looks at.
 *
 * @param height in pixels, at least 1
 * @param width in pixels, at least 1
 */
public record Kernel(int height, int width) {
  public Kernel {
    Check.that(height >= 1, "kernel", height, "at least 1");
    Check.that(width >= 1, "kernel", width, "at least 1");
  }

  /** As high as wide. */
  public static Kernel square(int side) {
    return new Kernel(side, side);
  }

  /** Its pixels. */
  public int area() {
    return height * width;
  }
}
