package dev.linnet.loss;

import dev.linnet.base.Check;
import dev.linnet.tensor.Dims;
import dev.linnet.tensor.Tensor;
import java.util.List;

/**
 * Cross entropy of clean pictures, and consistency with two augmented views of each.
 *
 * <pre>
 *   loss = CE(p₁, t) + α·⅓·Σ_i KL(p_i ‖ M)      M = (p₁ + p₂ + p₃)/3, at least 1e-7
 * </pre>
 *
 * <p>Hendrycks et al., ICLR 2020, arXiv:1912.02781 (AugMix), Eq. 2, α = 12. As timm's {@code
 * JsdCrossEntropy}; the paper does not smooth.
 *
 * @param smoothing of the targets of the cross entropy
 * @param alpha α, in [0, 1000]
 */
public record JensenShannon(Smoothing smoothing, double alpha) implements Loss {
  /** Views of each picture that a batch has: all clean ones, all second ones, all third ones. */
  public static final int VIEWS = 3;

  private static final double LEAST = 1e-7;

  public JensenShannon {
    Check.that(alpha >= 0 && alpha <= 1000, "loss.alpha", alpha, "in [0, 1000]");
  }

  /**
   * The loss of a batch.
   *
   * @param logits [3N, K], the views one after the other
   * @param targets int64 [3N] or float [3N, K], of which the first third counts
   * @throws IllegalArgumentException if the targets are neither, or there are not three views
   */
  @Override
  public Tensor forward(Tensor logits, Tensor targets) {
    Pair pair = Pair.of("Jensen-Shannon", logits, targets);
    if (logits.dim(0) % VIEWS != 0) {
      throw new IllegalArgumentException(
          "Jensen-Shannon: got logits " + logits + "; must be [3N, K], three views of N pictures");
    }
    long n = logits.dim(0) / VIEWS;
    Tensor clean = pair.logits().narrow(0, 0, n);
    Tensor loss =
        new CrossEntropy(smoothing, List.of()).forward(clean, pair.targets().narrow(0, 0, n));
    Tensor logP = pair.logits().logSoftmax(1).reshape(VIEWS, n, logits.dim(1));
    Tensor p = logP.exp();
    Tensor logM = p.mean(Dims.of(0)).clamp(LEAST, 1).log();
    // Σ_i KL(p_i ‖ M) = Σ_i Σ_c p_i·(log p_i − log M), mean over the pictures
    Tensor apart = p.mul(logP.sub(logM.unsqueeze(0))).sum().div((double) n * VIEWS);
    return loss.add(apart.mul(alpha));
  }
}
