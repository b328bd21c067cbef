package dev.linnet.optim;

/** Where weight decay acts. */
public enum Coupling {
  /** In the gradient, {@code g + λθ}, so that it passes through averages and divisors. */
  L2,
  /**
   * On the weight itself, {@code θ(1 − ηλ)}, before the update (Loshchilov and Hutter, ICLR 2019,
   * arXiv:1711.05101).
   */
  DECOUPLED
}
