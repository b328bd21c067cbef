package dev.linnet.loss.similarity;

import dev.linnet.tensor.Tensor;

/** A loss of pictures and proxies, each of which stands for a class. Any thread. */
@FunctionalInterface
public interface ProxyLoss {
  /**
   * The loss of a batch, a scalar that {@code backward()} can be called on.
   *
   * @param embeddings [N, E], of any floating type; computed in fp32 where that is a 16-bit one
   * @param labels int64 [N], each in [0, K)
   * @param proxies [K, E], of any length: their direction counts
   * @throws IllegalArgumentException if they are not
   */
  Tensor forward(Tensor embeddings, Tensor labels, Tensor proxies);
}
