package dev.linnet.tensor;

/** Whether a pooling window that is cut off at the border counts. */
public enum PoolRounding {
  /** Only whole windows. */
  FLOOR,
  /** Also windows that begin inside and end outside. */
  CEIL;

  /** Windows along a side of a map, as libtorch counts them: each begins inside. */
  long windows(long side, int kernel, int stride, int padding) {
    long reach = side + 2L * padding - kernel;
    if (this == FLOOR || reach < 0) {
      return Math.floorDiv(reach, stride) + 1;
    }
    long count = -Math.floorDiv(-reach, stride) + 1;
    return (count - 1) * stride >= side + padding ? count - 1 : count;
  }
}
