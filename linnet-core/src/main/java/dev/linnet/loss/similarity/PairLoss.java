package dev.linnet.loss.similarity;

import dev.linnet.tensor.Tensor;

/** A loss of the pairs of a batch. Any thread. */
@FunctionalInterface
public interface PairLoss {
  /**
   * The loss of a batch, a scalar that {@code backward()} can be called on; 0 where it has no pair
   * to compare.
   *
   * @param embeddings [N, E], of any floating type; computed in fp32 where that is a 16-bit one
   * @param labels int64 [N]; pictures with the same label are alike
   * @throws IllegalArgumentException if they are not
   */
  Tensor forward(Tensor embeddings, Tensor labels);
}
