package dev.linnet.weights;

import dev.linnet.tensor.DType;
import dev.linnet.tensor.Tensor;

/** Numbers that are infinite or NaN. */
final class NotFinite {
  private NotFinite() {}

  /** How many there are; mostly a sum shows in one pass that there are none. */
  static long count(Tensor values) {
    if (!values.dtype().isFloating()) {
      return 0;
    }
    return Double.isFinite(sum(values))
        ? 0
        : values.count() - (long) values.isFinite().to(DType.INT64).sum().item();
  }

  /** Some sum over all; that of the squares, by BLAS, does not wake libtorch's other threads. */
  private static double sum(Tensor values) {
    if (values.dtype() != DType.FLOAT32) {
      return values.sum().item();
    }
    Tensor flat = values.reshape(-1);
    return flat.matmul(flat).item();
  }
}
