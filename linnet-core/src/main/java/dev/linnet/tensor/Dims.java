package dev.linnet.tensor;

/** Dimensions to reduce over, and whether they stay with size 1. */
public final class Dims {
  private final long[] dims;
  private final boolean keep;

  private Dims(long[] dims, boolean keep) {
    this.dims = dims;
    this.keep = keep;
  }

  /** Dimensions that go. */
  public static Dims of(long... dims) {
    return new Dims(dims.clone(), false);
  }

  /** Dimensions that stay with size 1. */
  public static Dims keeping(long... dims) {
    return new Dims(dims.clone(), true);
  }

  long[] dims() {
    return dims;
  }

  boolean keep() {
    return keep;
  }
}
