package dev.linnet.nn;

import dev.linnet.base.Check;
import dev.linnet.tensor.PoolRounding;
import dev.linnet.tensor.Tensor;

/** Largest value of each square window: [N, C, H, W] to [N, C, H', W']. */
public final class MaxPool2d extends Module {

  /**
   * The description of the layer.
   *
   * @param kernel side of the window in pixels, at least 1
   * @param stride step in pixels, at least 1
   * @param padding border that never wins; at most half of the kernel
   * @param rounding whether windows cut off at the border count
   */
  public record Spec(int kernel, int stride, Padding padding, PoolRounding rounding)
      implements Layer<MaxPool2d> {
    public Spec {
      Check.that(kernel >= 1, "kernel", kernel, "at least 1");
      Check.that(stride >= 1, "stride", stride, "at least 1");
      Check.that(
          padding.height() <= kernel / 2 && padding.width() == padding.height(),
          "padding",
          padding.height(),
          "in [0, kernel / 2], equal on all sides");
    }

    /** Another border. */
    public Spec withPadding(int pixels) {
      return withPadding(Padding.of(pixels));
    }

    /** Another border. */
    public Spec withPadding(Padding value) {
      return new Spec(kernel, stride, value, rounding);
    }

    /** Windows that begin inside and end outside count too. */
    public Spec withCeil() {
      return new Spec(kernel, stride, padding, PoolRounding.CEIL);
    }

    @Override
    public MaxPool2d build() {
      return new MaxPool2d(this);
    }
  }

  private final Spec spec;

  private MaxPool2d(Spec spec) {
    this.spec = spec;
  }

  /** No border, whole windows only. */
  public static Spec of(int kernel, int stride) {
    return new Spec(kernel, stride, Padding.of(0), PoolRounding.FLOOR);
  }

  @Override
  protected Tensor compute(Tensor x) {
    Kernel kernel = Kernel.square(spec.kernel());
    Tensor padded = spec.padding().border(x, kernel, spec.stride(), 1, Double.NEGATIVE_INFINITY);
    int border = spec.padding().pixels(spec.kernel());
    return padded.maxPool2d(spec.kernel(), spec.stride(), border, spec.rounding());
  }
}
