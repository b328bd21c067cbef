package dev.linnet.tensor;

import java.util.Arrays;

/** The sizes of a tensor's dimensions; immutable. */
public final class Shape {
  private final long[] sizes;

  private Shape(long[] sizes) {
    this.sizes = sizes;
  }

  /**
   * A shape.
   *
   * @param sizes each at least 0; none for a scalar
   * @throws IllegalArgumentException if a size is negative or the product overflows
   */
  public static Shape of(long... sizes) {
    Shape shape = new Shape(sizes.clone());
    shape.count();
    return shape;
  }

  /** The number of dimensions. */
  public int rank() {
    return sizes.length;
  }

  /**
   * One size.
   *
   * @param dim in [−rank, rank); negative counts from the end
   */
  public long dim(int dim) {
    return sizes[dim < 0 ? dim + sizes.length : dim];
  }

  /** The number of elements: the product of the sizes. */
  public long count() {
    long count = 1;
    for (long size : sizes) {
      if (size < 0) {
        throw new IllegalArgumentException("shape: got " + this + "; sizes must be at least 0");
      }
      try {
        count = Math.multiplyExact(count, size);
      } catch (ArithmeticException e) {
        throw new IllegalArgumentException("shape: " + this + " has too many elements", e);
      }
    }
    return count;
  }

  /** A copy of the sizes. */
  public long[] toArray() {
    return sizes.clone();
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Shape shape && Arrays.equals(sizes, shape.sizes);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(sizes);
  }

  /** Such as {@code [64, 3, 7, 7]}. */
  @Override
  public String toString() {
    return Arrays.toString(sizes);
  }
}
