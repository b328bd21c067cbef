package dev.linnet.tensor;

import org.jspecify.annotations.Nullable;

/**
 * A convolution of one shape and its gradients. Maps lie channels-last, weights are in fp32 as the
 * {@link ConvKernels.Key} says.
 */
interface ConvPasses extends OneDnn.Kernel {
  /** Whether all of it runs by fast kernels, but {@link #ontoX}. */
  boolean fits();

  /** Whether {@link #ontoX} does. */
  boolean addsFast();

  /** Whether it runs on tiles (AMX). */
  boolean isOnTiles();

  /**
   * The convolution.
   *
   * @param y [N, K, H', W'], written
   */
  void forward(Tensor x, Tensor weight, @Nullable Tensor bias, Tensor y);

  /**
   * The gradient by x.
   *
   * @param made in the form of x; written
   */
  void byX(Tensor gradient, Tensor weight, Tensor made);

  /** The same added to a sum. */
  void ontoX(Tensor gradient, Tensor weight, Tensor sum);

  /**
   * The gradient by the weight.
   *
   * @param made in the weight's order, fp32; written
   * @param byBias [K], fp32, written; null where there is no bias
   */
  void byWeight(Tensor gradient, Tensor x, Tensor made, @Nullable Tensor byBias);
}
