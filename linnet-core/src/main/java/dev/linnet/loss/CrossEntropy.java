package dev.linnet.loss;

import dev.linnet.base.Check;
import dev.linnet.loss.Smoothing.Convention;
import dev.linnet.tensor.Tensor;
import java.util.List;

/**
 * Cross entropy of softmax probabilities, mean over the batch, with label smoothing and class
 * weights.
 *
 * <pre>
 *   loss = −Σ_c w_c·t_c·log p_c      p = softmax(logits), t smoothed: {@link Smoothing}
 * </pre>
 *
 * <p>With class weights PyTorch's two means: of class indices (without smoothing or with its own
 * convention) the sum over the batch is divided by the sum of the targets' weights, of soft targets
 * by the batch's size.
 *
 * @param smoothing of the targets
 * @param classWeights w, one a class, at least 0; empty for 1 each
 */
public record CrossEntropy(Smoothing smoothing, List<Double> classWeights) implements Loss {
  public CrossEntropy {
    classWeights = List.copyOf(classWeights);
    checkWeights(classWeights);
  }

  /** Without class weights, smoothed by PyTorch's convention. */
  public CrossEntropy(double labelSmoothing) {
    this(Smoothing.of(labelSmoothing), List.of());
  }

  static void checkWeights(List<Double> weights) {
    boolean some = weights.stream().anyMatch(weight -> weight > 0);
    boolean none = weights.stream().anyMatch(w -> !(w >= 0 && w < Double.POSITIVE_INFINITY));
    Check.that(
        weights.isEmpty() || (some && !none),
        "class_weights",
        weights,
        "at least 0 each, and one of them above");
  }

  /**
   * The loss of a batch.
   *
   * @throws IllegalArgumentException if the targets are neither int64 [N] nor float [N, K]
   */
  @Override
  public Tensor forward(Tensor logits, Tensor targets) {
    Pair pair = Pair.of("cross entropy", logits, targets);
    Tensor weights = classWeights.isEmpty() ? null : pair.weights("cross entropy", classWeights);
    if (smoothing.convention() == Convention.TORCH || smoothing.epsilon() == 0) {
      return pair.logits().crossEntropy(pair.targets(), weights, smoothing.epsilon());
    }
    return pair.logits().crossEntropy(pair.soft(smoothing), weights, 0);
  }
}
