package dev.linnet.tensor;

import java.util.Optional;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The tensors of a batch normalization, each [C].
 *
 * @param weight γ
 * @param bias β
 * @param runningMean mean that evaluation uses
 * @param runningVar unbiased variance that evaluation uses
 */
public record BatchNorm(Tensor weight, Tensor bias, Tensor runningMean, Tensor runningVar) {
  private static final ThreadLocal<ProcessGroup> OVER =
      ThreadLocal.withInitial(ProcessGroup::single);

  /**
   * Runs work in which norms in training normalize with the mean and the variance of the pictures
   * of all processes; the switch is the thread's own. Peng et al., CVPR 2018, arXiv:1711.07240.
   */
  public static <T> T over(ProcessGroup group, Supplier<T> work) {
    ProcessGroup before = OVER.get();
    OVER.set(group);
    try {
      return work.get();
    } finally {
      OVER.set(before);
    }
  }

  /** The processes over whose pictures this thread's norms in training normalize. */
  static ProcessGroup group() {
    return OVER.get();
  }

  /**
   * Batch norm, residual add and activation of [N, C, H, W]: act(bn(x) + residual).
   *
   * <p>Ioffe and Szegedy, ICML 2015, arXiv:1502.03167. The one place for the memory-bound half of a
   * training step; every family goes through it.
   *
   * @param residual [N, C, H, W] added before the activation, or null
   */
  public Tensor apply(Tensor x, @Nullable Tensor residual, Pass pass, Nonlinearity activation) {
    Optional<Tensor> fused = Fusion.normAct(this, x, residual, pass, activation);
    if (fused.isPresent()) {
      return fused.get();
    }
    ProcessGroup group = group();
    Tensor y =
        pass.training() && group.size() > 1
            ? new SharedNorm(group, this, pass).apply(x, weight, bias)[0]
            : x.batchNorm(this, pass.training(), pass.momentum(), pass.eps());
    if (residual != null) {
      y = y.add(residual);
    }
    return activation.applyInPlace(y);
  }

  /**
   * Moves the running statistics towards a batch's.
   *
   * @param variance of the batch, biased; the running one is not
   * @param count values of a channel, at least 2
   */
  void move(Pass pass, Tensor mean, Tensor variance, long count) {
    runningMean.lerpInPlace(mean, pass.momentum());
    runningVar.lerpInPlace(variance.mul((double) count / (count - 1)), pass.momentum());
  }

  /** The same towards the statistics of several processes. */
  void move(Pass pass, NormStatistics all) {
    DType type = runningMean.dtype();
    move(pass, all.mean().to(type), all.variance().to(type), (long) all.count());
  }

  /**
   * How to normalize.
   *
   * @param training with the batch's statistics, which also move the running ones
   * @param momentum share of the batch in the running statistics, in [0, 1]
   * @param eps added to the variance, above 0
   */
  public record Pass(boolean training, double momentum, double eps) {}
}
