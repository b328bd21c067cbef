package dev.linnet.optim;

import dev.linnet.base.Check;
import dev.linnet.tensor.Foreach;
import dev.linnet.tensor.TensorList;
import java.util.List;

/**
 * Lion: every weight moves by η, in the direction of a sign.
 *
 * <pre>
 *   θ ← θ(1 − ηλ)
 *   θ ← θ − η·sign(β₁m + (1 − β₁)g)
 *   m = β₂m + (1 − β₂)g
 * </pre>
 *
 * <p>Chen et al., NeurIPS 2023, arXiv:2302.06675, Algorithm 2; sign(0) = 0. The paper takes a
 * learning rate 3 to 10 times smaller than AdamW's and a decay as many times larger.
 */
public final class Lion extends ElementwiseOptimizer {

  /**
   * The numbers.
   *
   * @param beta1 β₁ in [0, 1)
   * @param beta2 β₂ in [0, 1)
   */
  public record Config(double beta1, double beta2) implements Optimizer.Config {
    /** The paper's for pictures. */
    public static final Config DEFAULT = new Config(0.9, 0.99);

    public Config {
      Check.that(beta1 >= 0 && beta1 < 1, "optimizer.beta1", beta1, "in [0, 1)");
      Check.that(beta2 >= 0 && beta2 < 1, "optimizer.beta2", beta2, "in [0, 1)");
    }

    @Override
    public Lion over(List<ParameterGroup> groups) {
      return new Lion(groups, this);
    }

    @Override
    public boolean hasMomentum() {
      return true;
    }
  }

  private final Config config;

  /** An optimizer of these parameters. */
  public Lion(List<ParameterGroup> groups, Config config) {
    super("lion", List.of(Memory.likeParameter("lion.m")), groups, 1);
    this.config = config;
  }

  @Override
  Step step(Batch batch, double lr, double weightDecay) {
    double beta1 = momentum(config.beta1());
    return block -> {
      TensorList m = block.memory(0);
      TensorList u = block.scratch(0);
      Foreach.copy(u, m);
      Foreach.lerp(u, block.gradients(), 1 - beta1);
      Foreach.sign(u);
      if (weightDecay != 0) {
        Foreach.mul(block.parameters(), 1 - lr * weightDecay);
      }
      Foreach.add(block.parameters(), u, -lr);
      Foreach.lerp(m, block.gradients(), 1 - config.beta2());
    };
  }
}
