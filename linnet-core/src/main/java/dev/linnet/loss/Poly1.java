package dev.linnet.loss;

import dev.linnet.base.Check;
import dev.linnet.tensor.Dims;
import dev.linnet.tensor.Tensor;

/**
 * Cross entropy with another first coefficient of its series in 1 − p.
 *
 * <pre>
 *   loss = −Σ_c t_c·log p_c + ε₁·(1 − Σ_c t_c·p_c)      p = softmax(logits)
 * </pre>
 *
 * <p>Leng et al., ICLR 2022, arXiv:2204.12511, Eq. 5. As timm's.
 *
 * @param smoothing of the targets, in both terms
 * @param epsilon ε₁, in [-1, 100]
 */
public record Poly1(Smoothing smoothing, double epsilon) implements Loss {
  public Poly1 {
    Check.that(epsilon >= -1 && epsilon <= 100, "loss.epsilon", epsilon, "in [-1, 100]");
  }

  /**
   * The loss of a batch.
   *
   * @throws IllegalArgumentException if the targets are neither int64 [N] nor float [N, K]
   */
  @Override
  public Tensor forward(Tensor logits, Tensor targets) {
    Pair pair = Pair.of("Poly-1", logits, targets);
    Tensor t = pair.soft(smoothing);
    Tensor logP = pair.logits().logSoftmax(1);
    Tensor right = t.mul(logP.exp()).sum(Dims.of(1));
    Tensor entropy = t.mul(logP).sum(Dims.of(1)).neg();
    return entropy.add(right.neg().add(1).mul(epsilon)).mean();
  }
}
