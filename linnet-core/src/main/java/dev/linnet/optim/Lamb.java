package dev.linnet.optim;

import dev.linnet.base.Check;
import dev.linnet.tensor.Foreach;
import dev.linnet.tensor.Tensor;
import dev.linnet.tensor.TensorList;
import java.util.List;

/**
 * LAMB: Adam whose step is a share of each tensor's length, for large batches.
 *
 * <pre>
 *   g ← g / max(1, ‖g‖/c)                     ‖g‖ of all parameters together
 *   m = β₁m + (1 − β₁)g      v = β₂v + (1 − β₂)g²
 *   r = m/(1 − β₁ᵗ) / (√(v/(1 − β₂ᵗ)) + ε) + λθ
 *   θ ← θ − η·‖θ‖/‖r‖·r                       per tensor; 1 where either length is 0
 * </pre>
 *
 * <p>You et al., ICLR 2020, arXiv:1904.00962, Algorithm 2, with φ(z) = z, as in timm: gradients are
 * clipped by default, and tensors without weight decay take Adam's step (ratio 1) unless {@code
 * alwaysAdapt}.
 *
 * <p>One fused Adam call writes r in place of θ − η·…, because it may start from λθ with η = −1. It
 * divides the gradients too, in the same pass.
 */
public final class Lamb extends Optimizer {

  /**
   * The numbers.
   *
   * @param beta1 β₁ in [0, 1)
   * @param beta2 β₂ in [0, 1)
   * @param eps ε in (0, 1)
   * @param maxGradNorm c, above 0; infinity: no clipping
   * @param trustClip whether the ratio is at most 1 (LAMBC)
   * @param alwaysAdapt whether tensors without weight decay have a ratio too
   */
  public record Config(
      double beta1,
      double beta2,
      double eps,
      double maxGradNorm,
      boolean trustClip,
      boolean alwaysAdapt)
      implements Optimizer.Config {
    /** timm's. */
    public static final Config DEFAULT = new Config(0.9, 0.999, 1e-6, 1, false, false);

    public Config {
      Check.that(beta1 >= 0 && beta1 < 1, "optimizer.beta1", beta1, "in [0, 1)");
      Check.that(beta2 >= 0 && beta2 < 1, "optimizer.beta2", beta2, "in [0, 1)");
      Check.that(eps > 0 && eps < 1, "optimizer.eps", eps, "in (0, 1)");
      Check.that(maxGradNorm > 0, "optimizer.max_grad_norm", maxGradNorm, "above 0");
    }

    @Override
    public Lamb over(List<ParameterGroup> groups) {
      return new Lamb(groups, this);
    }

    @Override
    public boolean hasMomentum() {
      return true;
    }
  }

  private final Config config;
  private double divisor = 1;

  /** An optimizer of these parameters. */
  public Lamb(List<ParameterGroup> groups, Config config) {
    super(
        "lamb",
        List.of(
            Memory.likeParameter("adam.m"),
            Memory.likeParameter("adam.v"),
            Memory.scalar("adam.step")),
        groups);
    this.config = config;
  }

  @Override
  void begin(List<Tensor> gradients) {
    divisor =
        config.maxGradNorm() == Double.POSITIVE_INFINITY
            ? 1
            : Math.max(1, Foreach.norm(gradients) / config.maxGradNorm());
  }

  @Override
  void update(Batch batch, List<Tensor> gradients, double lr, double weightDecay) {
    Foreach.add(batch.memory(2), 1);
    if (weightDecay == 0 && !config.alwaysAdapt()) {
      try (TensorList list = TensorList.of(gradients)) {
        Foreach.AdamState state =
            new Foreach.AdamState(
                batch.memory(0), batch.memory(1), TensorList.EMPTY, batch.memory(2));
        Foreach.adam(batch.parameters(), list, state, adam(lr, 0));
      }
      return;
    }
    batch.blocks(Blocks.Cut.NEVER, 1).forEach(gradients, block -> update(block, lr, weightDecay));
  }

  private void update(Blocks.Block block, double lr, double weightDecay) {
    TensorList r = block.scratch(0);
    if (weightDecay == 0) {
      Foreach.zero(r);
    } else {
      Foreach.copy(r, block.parameters());
    }
    Foreach.AdamState state =
        new Foreach.AdamState(block.memory(0), block.memory(1), TensorList.EMPTY, block.memory(2));
    // θ(1 − ηλ') with η = −1 and λ' = λ − 1 is λθ
    Foreach.adam(r, block.gradients(), state, adam(-1, weightDecay == 0 ? 0 : weightDecay - 1));
    double[] steps = Foreach.norms(block.parameters());
    double[] lengths = Foreach.norms(r);
    for (int i = 0; i < steps.length; i++) {
      double ratio = steps[i] > 0 && lengths[i] > 0 ? steps[i] / lengths[i] : 1;
      steps[i] = -lr * (config.trustClip() ? Math.min(1, ratio) : ratio);
    }
    if (steps.length == 1) {
      Foreach.add(block.parameters(), r, steps[0]);
    } else {
      Foreach.mul(r, steps);
      Foreach.add(block.parameters(), r, 1);
    }
  }

  private Foreach.AdamStep adam(double lr, double weightDecay) {
    return new Foreach.AdamStep(
        lr,
        momentum(config.beta1()),
        config.beta2(),
        config.eps(),
        weightDecay,
        Foreach.AdamDecay.DECOUPLED,
        divisor);
  }
}
