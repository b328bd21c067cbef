package dev.linnet.tensor;

/** Whether a pooling window that is cut off at the border counts. */
public enum PoolRounding {
  /** Only whole windows. */
  FLOOR,
  /** Also windows that begin inside and end outside. */
  CEIL
}
