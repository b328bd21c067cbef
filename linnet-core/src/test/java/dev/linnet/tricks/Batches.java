package dev.linnet.tricks;

import dev.linnet.base.RandomState;
import dev.linnet.data.Batch;
import dev.linnet.data.Normalization;
import dev.linnet.tensor.DType;
import dev.linnet.tensor.Tensor;

/** Batches of prepared random pictures. */
public final class Batches {
  private Batches() {}

  /** float32 [n, channels, height, width], channels-last, with int64 targets of 5 classes. */
  public static Batch random(RandomState random, int n, int channels, int height, int width) {
    long[] labels = new long[n];
    for (int i = 0; i < n; i++) {
      labels[i] = random.nextInt(5);
    }
    Tensor images =
        Tensor.normal(0, 1, random, DType.FLOAT32, n, channels, height, width).channelsLast();
    return of(images, Tensor.of(labels));
  }

  /** Any pictures and targets of 5 classes. */
  static Batch of(Tensor images, Tensor targets) {
    return Batch.of(images, targets, 5, Normalization.IMAGENET);
  }
}
