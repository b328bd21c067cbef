package dev.linnet.tensor;

import java.lang.ref.Cleaner;
import org.jspecify.annotations.Nullable;

/**
 * Memory that the kernels of a thread use in turn. It grows to what the largest needs and is kept,
 * until the thread is gone: memory taken and given back by each kernel leaves holes between what a
 * step keeps (decision 0041).
 */
final class Room {
  /** Bytes beyond which nothing is kept. */
  private static final long LARGE = 64 << 20;

  private static final Cleaner CLEANER = Cleaner.create();

  private final Kept kept = new Kept();

  Room() {
    CLEANER.register(this, kept);
  }

  private static final class Kept implements Runnable {
    private @Nullable Tensor tensor;

    @Override
    public void run() {
      if (tensor != null) {
        tensor.close();
      }
      tensor = null;
    }
  }

  /** Fp32 numbers of so many bytes at least; what was in it is lost. */
  Tensor of(long bytes) {
    if (bytes > LARGE) {
      return made(bytes);
    }
    Tensor tensor = kept.tensor;
    if (tensor == null || tensor.bytes() < bytes) {
      kept.run();
      tensor = made(bytes).unscoped();
      kept.tensor = tensor;
    }
    return tensor;
  }

  private static Tensor made(long bytes) {
    return Tensor.empty(DType.FLOAT32, Device.CPU, (bytes + Float.BYTES - 1) / Float.BYTES);
  }
}
