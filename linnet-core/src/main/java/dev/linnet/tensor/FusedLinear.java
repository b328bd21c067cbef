package dev.linnet.tensor;

/**
 * A linear layer by kernels of {@link OneDnn}, forward and back: to them its rows are the pixels of
 * a map, and the layer is a 1×1 convolution. libtorch's own product in fp32 is OpenBLAS's, which
 * the launcher leaves one core (decision 0010).
 *
 * <p>Inputs: x [N, in], [N, T, in] or [N, H, W, in], weight [out, in], and bias [out] where there
 * is one.
 */
final class FusedLinear extends FusedConv {
  /** Multiply-adds from which it is faster; by measurement (decision 0040). */
  private static final long LARGE = 8_000_000;

  FusedLinear(ConvKernels.Key key) {
    super("linear", key);
  }

  /** Whether it is faster than libtorch's. */
  static boolean pays(Tensor x, Tensor weight) {
    return x.count() * weight.dim(0) >= LARGE;
  }

  /** Whether rows are the pixels of a map as they lie. */
  static boolean has(Tensor x, Tensor weight) {
    int rank = x.rank();
    return rank >= 2
        && rank <= 4
        && weight.rank() == 2
        && x.dim(-1) == weight.dim(1)
        && x.isContiguous()
        && weight.isContiguous();
  }

  /** As {@link ConvKernels} finds it. */
  static ConvKernels.Key key(Tensor x, Tensor weight, boolean biased) {
    Tensor kernel = weight.detach().reshape(weight.dim(0), weight.dim(1), 1, 1);
    return ConvKernels.Key.of(plane(x), kernel, Window.square(1, 0, 1), biased);
  }

  /**
   * Rows as a map [N, C, H, W]: the sides of x where it has any, else all rows below each other.
   */
  private static Tensor plane(Tensor rows) {
    Tensor plain = rows.detach().contiguous();
    int rank = plain.rank();
    long pictures = rank == 2 ? 1 : plain.dim(0);
    long height = rank == 2 ? plain.dim(0) : plain.dim(1);
    long width = rank == 4 ? plain.dim(2) : 1;
    return plain.reshape(pictures, height, width, plain.dim(-1)).permute(0, 3, 1, 2);
  }

  @Override
  Tensor map(Tensor rows) {
    return plane(rows);
  }

  @Override
  Tensor room(ConvKernels.Key of, Tensor x) {
    long[] sizes = x.shape().toArray();
    sizes[sizes.length - 1] = of.form().out();
    return Tensor.empty(x.dtype(), Device.CPU, sizes);
  }

  @Override
  protected long macs(Tensor[] inputs, Tensor[] results) {
    return results[0].count() * inputs[WEIGHT].dim(1);
  }
}
