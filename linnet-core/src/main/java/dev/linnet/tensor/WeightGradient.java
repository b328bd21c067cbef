package dev.linnet.tensor;

import org.jspecify.annotations.Nullable;

/** One way to compute the gradient by a convolution's weight. */
interface WeightGradient extends OneDnn.Kernel {
  /**
   * Computes it.
   *
   * @param gradient by the result, [N, K, H', W'], channels-last as x [N, C, H, W] is
   * @param made by the weight, in its order, fp32; written
   * @param byBias [K], fp32, written; null where there is no bias
   */
  void run(Tensor gradient, Tensor x, Tensor made, @Nullable Tensor byBias);
}
