package dev.linnet.loss;

import dev.linnet.tensor.DType;
import dev.linnet.tensor.Tensor;
import java.util.List;

/**
 * Logits and targets that fit each other, wide enough to compute with.
 *
 * @param logits [N, K] of at least 32 bits
 * @param targets int64 [N], or [N, K] of the logits' type
 */
record Pair(Tensor logits, Tensor targets) {

  /**
   * @param loss its name in messages
   * @throws IllegalArgumentException if the targets are neither int64 [N] nor float [N, K]
   */
  static Pair of(String loss, Tensor logits, Tensor targets) {
    boolean indices = targets.dtype() == DType.INT64 && targets.rank() == 1;
    boolean soft = targets.dtype().isFloating() && targets.rank() == 2;
    if (logits.rank() != 2
        || !logits.dtype().isFloating()
        || !(indices || soft)
        || targets.dim(0) != logits.dim(0)
        || (soft && targets.dim(1) != logits.dim(1))) {
      throw new IllegalArgumentException(
          loss
              + ": got logits "
              + logits
              + " and targets "
              + targets
              + "; must be float [N, K] with int64 [N] or float [N, K]");
    }
    Tensor wide = is16Bit(logits.dtype()) ? logits.to(DType.FLOAT32) : logits;
    return new Pair(wide, soft ? targets.to(wide.dtype()) : targets);
  }

  private static boolean is16Bit(DType dtype) {
    return dtype == DType.BFLOAT16 || dtype == DType.FLOAT16;
  }

  /** The targets as [N, K], smoothed. */
  Tensor soft(Smoothing smoothing) {
    Tensor soft =
        targets.rank() == 2
            ? targets
            : targets.oneHot(Math.toIntExact(logits.dim(1))).to(logits.dtype());
    return smoothing.apply(soft);
  }

  /**
   * Class weights [K] in the logits' type, on their device.
   *
   * @throws IllegalArgumentException if there are not as many as classes
   */
  Tensor weights(String loss, List<Double> weights) {
    if (weights.size() != logits.dim(1)) {
      throw new IllegalArgumentException(
          loss + ": has " + weights.size() + " class weights for logits " + logits);
    }
    double[] values = weights.stream().mapToDouble(Double::doubleValue).toArray();
    return Tensor.of(values, values.length).to(logits.dtype()).to(logits.device());
  }
}
