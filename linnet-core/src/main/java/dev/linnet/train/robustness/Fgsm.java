package dev.linnet.train.robustness;

import dev.linnet.tensor.Tensor;

/**
 * The fast gradient sign method, an attack by someone who knows the network.
 *
 * <pre>
 *   x' = clip(x + ε · sign(∇_x L(f(x), y)), 0, 255)
 * </pre>
 *
 * <p>Goodfellow et al., ICLR 2015, arXiv:1412.6572, §4; in levels, so that a whole ε gives a
 * picture that could be stored.
 */
final class Fgsm {
  /** The largest level. */
  static final double LEVELS = 255;

  private Fgsm() {}

  /**
   * Attacks.
   *
   * @param levels [N, C, H, W] in [0, 255]
   * @param gradient of the loss of the right class, of the same shape
   * @param epsilon ε in levels, at least 0
   */
  static Tensor perturb(Tensor levels, Tensor gradient, double epsilon) {
    return levels.add(gradient.sign().mul(epsilon)).clamp(0, LEVELS);
  }
}
