package dev.linnet.loss;

import dev.linnet.tensor.Dims;
import dev.linnet.tensor.Tensor;
import java.util.List;

/**
 * Focal loss of classes that exclude each other, mean over the batch.
 *
 * <pre>
 *   loss = −Σ_c w_c·t_c·(1 − p_c)^γ·log p_c      p = softmax(logits)
 * </pre>
 *
 * <p>Lin et al., ICCV 2017, arXiv:1708.02002, Eq. 4 and 5, with the softmax in place of the
 * sigmoid; w in place of α. The sum over the batch is divided by its size, whatever the weights.
 *
 * @param smoothing of the targets
 * @param gamma γ, in [0, 10]; 0 is the cross entropy
 * @param classWeights w, one a class, at least 0; empty for 1 each
 */
public record SoftmaxFocal(Smoothing smoothing, double gamma, List<Double> classWeights)
    implements Loss {
  public SoftmaxFocal {
    SigmoidFocal.checkGamma(gamma);
    classWeights = List.copyOf(classWeights);
    CrossEntropy.checkWeights(classWeights);
  }

  /**
   * The loss of a batch.
   *
   * @throws IllegalArgumentException if the targets are neither int64 [N] nor float [N, K]
   */
  @Override
  public Tensor forward(Tensor logits, Tensor targets) {
    Pair pair = Pair.of("focal loss", logits, targets);
    Tensor t = pair.soft(smoothing);
    Tensor logP = pair.logits().logSoftmax(1);
    Tensor weighted = t.mul(SigmoidFocal.modulation(logP.exp().neg().add(1), gamma));
    if (!classWeights.isEmpty()) {
      weighted = weighted.mul(pair.weights("focal loss", classWeights));
    }
    return weighted.mul(logP).sum(Dims.of(1)).mean().neg();
  }
}
