package dev.linnet.optim;

/** Which parameters weight decay shrinks. */
public enum Decay {
  /** All of them. */
  ALL,
  /**
   * Not those of at most one dimension (γ and β of norms, biases), nor those whose name ends in
   * {@code .bias}, nor those that the network itself leaves out ({@link
   * dev.linnet.nn.Parameter#decays}): timm's rule, and "no bias decay" of He et al., CVPR 2019,
   * arXiv:1812.01187, §3.1.
   */
  WEIGHTS_ONLY
}
