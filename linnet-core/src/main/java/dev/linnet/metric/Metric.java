package dev.linnet.metric;

import dev.linnet.tensor.Tensor;

/** Adds up something over batches, each image once. One thread at a time. */
public interface Metric {
  /** Adds a batch. */
  void add(Predictions batch);

  /**
   * Adds a batch; with several metrics read the logits once by {@link Predictions#of}.
   *
   * @param logits [N, K]
   * @param targets int64 [N] in [0, K)
   */
  default void add(Tensor logits, Tensor targets) {
    add(Predictions.of(logits, targets));
  }
}
