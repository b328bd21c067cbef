package dev.linnet.loss;

import dev.linnet.base.Check;
import dev.linnet.tensor.DType;
import dev.linnet.tensor.Tensor;

/**
 * Cross entropy of softmax probabilities, mean over the batch, with label smoothing.
 *
 * <pre>
 *   loss = −Σ_c t_c·log p_c      p = softmax(logits)
 *   t ← (1 − ε)·t + ε/K          the true class has 1 − ε + ε/K
 * </pre>
 *
 * <p>Label smoothing: Szegedy et al., CVPR 2016, arXiv:1512.00567, §7, the convention of PyTorch
 * and timm; the Bag of Tricks paper gives the true class 1 − ε and the others ε/(K − 1).
 *
 * @param labelSmoothing ε in [0, 1)
 */
public record CrossEntropy(double labelSmoothing) implements Loss {
  public CrossEntropy {
    Check.that(
        labelSmoothing >= 0 && labelSmoothing < 1, "label_smoothing", labelSmoothing, "in [0, 1)");
  }

  /**
   * The loss of a batch.
   *
   * @throws IllegalArgumentException if the targets are neither int64 [N] nor float [N, K]
   */
  @Override
  public Tensor forward(Tensor logits, Tensor targets) {
    boolean indices = targets.dtype() == DType.INT64 && targets.rank() == 1;
    boolean soft = targets.dtype().isFloating() && targets.rank() == 2;
    if (logits.rank() != 2
        || !logits.dtype().isFloating()
        || !(indices || soft)
        || targets.dim(0) != logits.dim(0)
        || (soft && targets.dim(1) != logits.dim(1))) {
      throw new IllegalArgumentException(
          "cross entropy: got logits "
              + logits
              + " and targets "
              + targets
              + "; must be float [N, K] with int64 [N] or float [N, K]");
    }
    Tensor wide = is16Bit(logits.dtype()) ? logits.to(DType.FLOAT32) : logits;
    Tensor t = soft ? targets.to(wide.dtype()) : targets;
    return wide.crossEntropy(t, null, labelSmoothing);
  }

  private static boolean is16Bit(DType dtype) {
    return dtype == DType.BFLOAT16 || dtype == DType.FLOAT16;
  }
}
