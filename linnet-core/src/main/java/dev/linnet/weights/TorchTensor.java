package dev.linnet.weights;

import dev.linnet.tensor.DType;
import dev.linnet.tensor.Shape;
import java.util.List;

/**
 * A tensor as a pickle describes it: a strided part of a storage whose bytes lie elsewhere.
 *
 * @param storage the storage's key
 * @param dtype of the elements
 * @param offset of the first element in the storage, in elements
 * @param shape sizes of the dimensions
 * @param strides steps in elements from one index to the next in each dimension
 */
record TorchTensor(String storage, DType dtype, long offset, Shape shape, List<Long> strides) {
  /** As many elements may come from few by strides of 0: 64 MiB of them. */
  private static final long MOST_REPEATED = 1 << 26;

  private static final int MOST_DIMENSIONS = 64;

  TorchTensor {
    strides = List.copyOf(strides);
  }

  /**
   * A storage as a pickle names it, or a view of one.
   *
   * @param key of the root
   * @param dtype of the elements
   * @param begin of the view in the root, in elements
   * @param count elements of the view
   */
  record Storage(String key, DType dtype, long begin, long count) {}

  /**
   * Checks that every element lies in the storage.
   *
   * @throws IllegalArgumentException with the reason if not
   */
  static TorchTensor of(Storage storage, long offset, List<Long> sizes, List<Long> strides) {
    if (sizes.size() != strides.size() || sizes.size() > MOST_DIMENSIONS) {
      throw new IllegalArgumentException(
          "a tensor has " + sizes.size() + " sizes and " + strides.size() + " strides");
    }
    String what = "a tensor of sizes " + sizes + " and strides " + strides + " from " + offset;
    long last = offset;
    long count;
    try {
      for (int i = 0; i < sizes.size(); i++) {
        if (sizes.get(i) < 0 || strides.get(i) < 0) {
          throw new IllegalArgumentException(what + " counts below 0");
        }
        last =
            Math.addExact(last, Math.multiplyExact(Math.max(0, sizes.get(i) - 1), strides.get(i)));
      }
      count = TensorFile.bytes(storage.dtype(), sizes) / storage.dtype().bytes();
    } catch (ArithmeticException e) {
      throw new IllegalArgumentException(what + " has too many elements", e);
    }
    if (offset < 0 || (count > 0 && last >= storage.count())) {
      throw new IllegalArgumentException(
          what + " does not lie in its storage of " + storage.count() + " elements");
    }
    if (count > storage.count() && count * storage.dtype().bytes() > MOST_REPEATED) {
      throw new IllegalArgumentException(
          what + " repeats " + storage.count() + " elements too often");
    }
    long[] shape = sizes.stream().mapToLong(Long::longValue).toArray();
    return new TorchTensor(
        storage.key(),
        storage.dtype(),
        Math.addExact(storage.begin(), count == 0 ? 0 : offset),
        Shape.of(shape),
        strides);
  }

  /** Elements from the first to the last, both counted. */
  long span() {
    if (shape.count() == 0) {
      return 0;
    }
    long last = 0;
    for (int i = 0; i < strides.size(); i++) {
      last += (shape.dim(i) - 1) * strides.get(i);
    }
    return last + 1;
  }

  /** True if the elements lie row-major without gaps. */
  boolean isContiguous() {
    long step = 1;
    for (int i = strides.size() - 1; i >= 0; i--) {
      if (shape.dim(i) != 1 && strides.get(i) != step) {
        return shape.count() == 0;
      }
      step *= shape.dim(i);
    }
    return true;
  }
}
