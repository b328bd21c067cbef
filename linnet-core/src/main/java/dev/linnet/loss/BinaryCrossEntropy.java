package dev.linnet.loss;

import dev.linnet.base.Check;
import dev.linnet.tensor.Tensor;
import java.util.OptionalDouble;

/**
 * Binary cross entropy: each class is a question of its own, answered by a sigmoid.
 *
 * <pre>
 *   loss = mean over batch and classes of −t·log σ(z) − (1 − t)·log(1 − σ(z))
 *   t smoothed, then t ← 1 where t &gt; threshold, else 0
 * </pre>
 *
 * <p>Beyer et al., 2020, arXiv:2006.07159, §5; the threshold, which makes both classes of a mixed
 * picture right, is of Wightman et al., 2021, arXiv:2110.00476 (RSB), §3. As timm's.
 *
 * @param smoothing of the targets
 * @param targetThreshold in [0, 1); empty: targets stay soft
 * @param over what the mean is taken over
 */
public record BinaryCrossEntropy(Smoothing smoothing, OptionalDouble targetThreshold, Over over)
    implements Loss {

  /** What a picture's loss is, of those of its classes. */
  public enum Over {
    /** Their mean, as RSB. */
    MEAN,
    /** Their sum. */
    SUM
  }

  public BinaryCrossEntropy {
    double threshold = targetThreshold.orElse(0);
    Check.that(
        threshold >= 0 && threshold < 1, "loss.target_threshold", threshold, "in [0, 1), or none");
  }

  /**
   * The loss of a batch.
   *
   * @throws IllegalArgumentException if the targets are neither int64 [N] nor float [N, K]
   */
  @Override
  public Tensor forward(Tensor logits, Tensor targets) {
    Pair pair = Pair.of("binary cross entropy", logits, targets);
    Tensor t = pair.soft(smoothing);
    if (targetThreshold.isPresent()) {
      t = t.gt(targetThreshold.getAsDouble()).to(t.dtype());
    }
    Tensor mean = pair.logits().binaryCrossEntropy(t).mean();
    return switch (over) {
      case MEAN -> mean;
      case SUM -> mean.mul((double) pair.logits().dim(1));
    };
  }
}
