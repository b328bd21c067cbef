package dev.linnet.tensor;

import java.util.Arrays;

/**
 * How a convolution's kernel walks over a map: stride, padding and dilation, each for height and
 * width, in pixels.
 */
public final class Window {
  private final long[] stride;
  private final long[] padding;
  private final long[] dilation;

  private Window(long[] stride, long[] padding, long[] dilation) {
    this.stride = stride;
    this.padding = padding;
    this.dilation = dilation;
  }

  /** The same in both directions. */
  public static Window square(int stride, int padding, int dilation) {
    return of(stride, stride, padding, padding).withDilation(dilation);
  }

  /** Height first, then width; no dilation. */
  public static Window of(int strideHeight, int strideWidth, int padHeight, int padWidth) {
    return new Window(
        new long[] {strideHeight, strideWidth},
        new long[] {padHeight, padWidth},
        new long[] {1, 1});
  }

  /** Another dilation in both directions. */
  public Window withDilation(int pixels) {
    return new Window(stride, padding, new long[] {pixels, pixels});
  }

  long[] stride() {
    return stride;
  }

  long[] padding() {
    return padding;
  }

  long[] dilation() {
    return dilation;
  }

  /**
   * The stride of a kernel of one pixel, which sees every so manyth pixel alone; 1 where the kernel
   * is wider or sees more.
   */
  int sparse(Tensor weight) {
    boolean pixel = weight.dim(2) == 1 && weight.dim(3) == 1 && padding[0] == 0 && padding[1] == 0;
    return pixel && stride[0] == stride[1] ? (int) stride[0] : 1;
  }

  /** Such as {@code stride [2, 2] padding [3, 3] dilation [1, 1]}. */
  @Override
  public String toString() {
    return "stride "
        + Arrays.toString(stride)
        + " padding "
        + Arrays.toString(padding)
        + " dilation "
        + Arrays.toString(dilation);
  }
}
