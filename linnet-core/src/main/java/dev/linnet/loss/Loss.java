package dev.linnet.loss;

import dev.linnet.tensor.Tensor;

/** What training minimizes. Any thread. */
@FunctionalInterface
public interface Loss {
  /**
   * The loss of a batch, a scalar that {@code backward()} can be called on.
   *
   * @param logits [N, K], of any floating type; computed in fp32 where that is a 16-bit one
   * @param targets int64 [N] class indices, or float [N, K] rows that sum to 1
   */
  Tensor forward(Tensor logits, Tensor targets);
}
