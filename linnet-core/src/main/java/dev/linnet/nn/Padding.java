package dev.linnet.nn;

import dev.linnet.base.Check;
import dev.linnet.tensor.Tensor;
import dev.linnet.tensor.Window;

/**
 * The border of a map before a convolution or a pooling.
 *
 * @param kind how the border is found
 * @param height pixels above and below, where the kind is FIXED
 * @param width pixels left and right, where the kind is FIXED
 */
public record Padding(Kind kind, int height, int width) {
  /** Half of the kernel's reach on each side: with an odd kernel and stride 1 the size stays. */
  public static final Padding SYMMETRIC = new Padding(Kind.SYMMETRIC, 0, 0);

  /**
   * TensorFlow's {@code SAME}: as much as ⌈size / stride⌉ outputs need, the odd pixel below and
   * right.
   */
  public static final Padding SAME = new Padding(Kind.SAME, 0, 0);

  /** How a border is found. */
  public enum Kind {
    SYMMETRIC,
    SAME,
    FIXED
  }

  public Padding {
    Check.that(height >= 0, "padding", height, "at least 0");
    Check.that(width >= 0, "padding", width, "at least 0");
  }

  /** The same number of pixels on all four sides. */
  public static Padding of(int pixels) {
    return new Padding(Kind.FIXED, pixels, pixels);
  }

  /** Pixels above and below, and pixels left and right. */
  public static Padding of(int height, int width) {
    return new Padding(Kind.FIXED, height, width);
  }

  /** The window of a kernel; SAME brings its border itself, by {@link #border}. */
  Window window(Kernel kernel, int stride, int dilation) {
    int above = 0;
    int left = 0;
    if (kind == Kind.SYMMETRIC) {
      above = dilation * (kernel.height() - 1) / 2;
      left = dilation * (kernel.width() - 1) / 2;
    } else if (kind == Kind.FIXED) {
      above = height;
      left = width;
    }
    return Window.of(stride, stride, above, left).withDilation(dilation);
  }

  /** Pixels above a square kernel without dilation; SAME brings its border itself. */
  int pixels(int kernel) {
    return kind == Kind.SYMMETRIC ? (kernel - 1) / 2 : height;
  }

  /** x [N, C, H, W] with the border of SAME, whose pixels have a value; else x itself. */
  Tensor border(Tensor x, Kernel kernel, int stride, int dilation, double value) {
    if (kind != Kind.SAME) {
      return x;
    }
    long rows = missing(x.dim(2), kernel.height(), stride, dilation);
    long columns = missing(x.dim(3), kernel.width(), stride, dilation);
    if (rows == 0 && columns == 0) {
      return x;
    }
    long above = rows / 2;
    long left = columns / 2;
    return x.pad(value, new long[] {left, columns - left, above, rows - above});
  }

  private static long missing(long size, int kernel, int stride, int dilation) {
    long outputs = (size + stride - 1) / stride;
    return Math.max(0, (outputs - 1) * stride + (long) dilation * (kernel - 1) + 1 - size);
  }
}
