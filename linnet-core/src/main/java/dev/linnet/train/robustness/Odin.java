package dev.linnet.train.robustness;

import dev.linnet.base.Check;
import dev.linnet.tensor.DType;
import dev.linnet.tensor.Tensor;

/**
 * ODIN tells foreign pictures by their confidence at a high temperature, after a small step that
 * raises it: it rises more for pictures like those of the training.
 *
 * <pre>
 *   x' = x + ε · sign(∇ log max softmax(f(x) / T)),    score = max softmax(f(x') / T)
 * </pre>
 *
 * <p>Liang et al., ICLR 2018, arXiv:1706.02690, eq. 1 and 2. As in the authors' code a gradient of
 * 0 counts as falling confidence, x' is not clipped to valid levels, and ε is meant in levels,
 * whatever the normalization. The paper tunes ε for each network; the default is theirs for a
 * DenseNet on CIFAR-10.
 *
 * @param temperature T, in [1, 100000]
 * @param epsilon ε in levels divided by 255, in [0, 1]
 */
public record Odin(double temperature, double epsilon) {
  /** T = 1000 and ε = 0.0014. */
  public static final Odin DEFAULT = new Odin(1000, 0.0014);

  private static final double HOTTEST = 100_000;

  public Odin {
    Check.that(
        temperature >= 1 && temperature <= HOTTEST,
        "odin.temperature",
        temperature,
        "in [1, 100000]");
    Check.that(epsilon >= 0 && epsilon <= 1, "odin.epsilon", epsilon, "in [0, 1]");
  }

  /**
   * Takes the step.
   *
   * @param levels [N, C, H, W] in [0, 255]
   * @param gradient of the cross entropy of each picture's own answer, of the same shape
   * @return [N, C, H, W], at most 255 ε outside of [0, 255]
   */
  Tensor perturb(Tensor levels, Tensor gradient) {
    Tensor sign = gradient.lt(0).to(DType.FLOAT32).mul(-2).add(1);
    return levels.sub(sign.mul(Fgsm.LEVELS * epsilon));
  }
}
