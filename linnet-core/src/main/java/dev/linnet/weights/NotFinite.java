package dev.linnet.weights;

import dev.linnet.tensor.DType;
import dev.linnet.tensor.Tensor;

/** Numbers that are infinite or NaN. */
final class NotFinite {
  private NotFinite() {}

  /** How many there are; a sum shows in one pass that there are none. */
  static long count(Tensor values) {
    if (!values.dtype().isFloating()) {
      return 0;
    }
    return Double.isFinite(values.sum().item())
        ? 0
        : values.count() - (long) values.isFinite().to(DType.INT64).sum().item();
  }
}
