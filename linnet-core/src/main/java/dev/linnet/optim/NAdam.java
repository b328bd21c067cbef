package dev.linnet.optim;

import dev.linnet.base.Check;
import dev.linnet.tensor.Foreach;
import dev.linnet.tensor.TensorList;
import java.util.List;

/**
 * Adam that looks one step ahead, as Nesterov's momentum does.
 *
 * <pre>
 *   μₜ = β₁(1 − ½·0.96^(ψt))                      ψ: how fast the momentum warms up
 *   m = β₁m + (1 − β₁)g      v = β₂v + (1 − β₂)g²      d = √(v/(1 − β₂ᵗ)) + ε
 *   θ ← θ − η·((1 − μₜ)/(1 − Πμᵢ)·g + μₜ₊₁/(1 − Πμᵢ·μₜ₊₁)·m)/d
 * </pre>
 *
 * <p>Dozat, ICLR workshop 2016, Algorithm 2, as in PyTorch, which keeps Πμᵢ in fp32 too. Weight
 * decay is added to g, or shrinks θ first.
 */
public final class NAdam extends ElementwiseOptimizer {

  /**
   * The numbers.
   *
   * @param beta1 β₁ in [0, 1)
   * @param beta2 β₂ in [0, 1)
   * @param eps ε in (0, 1)
   * @param momentumDecay ψ, at least 0
   * @param coupling where weight decay acts
   */
  public record Config(
      double beta1, double beta2, double eps, double momentumDecay, Coupling coupling)
      implements Optimizer.Config {
    /** The paper's and PyTorch's. */
    public static final Config DEFAULT = new Config(0.9, 0.999, 1e-8, 4e-3, Coupling.L2);

    public Config {
      Check.that(beta1 >= 0 && beta1 < 1, "optimizer.beta1", beta1, "in [0, 1)");
      Check.that(beta2 >= 0 && beta2 < 1, "optimizer.beta2", beta2, "in [0, 1)");
      Check.that(eps > 0 && eps < 1, "optimizer.eps", eps, "in (0, 1)");
      Check.that(
          momentumDecay >= 0 && momentumDecay < 1,
          "optimizer.momentum_decay",
          momentumDecay,
          "in [0, 1)");
    }

    @Override
    public NAdam over(List<ParameterGroup> groups) {
      return new NAdam(groups, this);
    }

    @Override
    public boolean hasMomentum() {
      return true;
    }
  }

  private final Config config;

  /** An optimizer of these parameters. */
  public NAdam(List<ParameterGroup> groups, Config config) {
    super(
        "nadam",
        List.of(
            Memory.likeParameter("adam.m"),
            Memory.likeParameter("adam.v"),
            Memory.scalar("adam.step"),
            Memory.scalar("nadam.product").from(1)),
        groups,
        2);
    this.config = config;
  }

  @Override
  Step step(Batch batch, double lr, double weightDecay) {
    Foreach.add(batch.memory(2), 1);
    double[] t = Foreach.values(batch.memory(2));
    double[] mu = new double[t.length];
    for (int i = 0; i < t.length; i++) {
      mu[i] = mu(t[i]);
    }
    Foreach.mul(batch.memory(3), mu);
    double[] product = Foreach.values(batch.memory(3));
    double[] root = new double[t.length]; // √(1 − β₂ᵗ): d = (√v + ε·root)/root
    double[] eps = new double[t.length];
    double[] ofGradient = new double[t.length];
    double[] ofAverage = new double[t.length];
    for (int i = 0; i < t.length; i++) {
      double next = mu(t[i] + 1);
      root[i] = Math.sqrt(1 - Math.pow(config.beta2(), t[i]));
      eps[i] = config.eps() * root[i];
      ofGradient[i] = -lr * root[i] * (1 - mu[i]) / (1 - product[i]);
      ofAverage[i] = -lr * root[i] * next / (1 - product[i] * next);
    }
    double l2 = config.coupling() == Coupling.L2 ? weightDecay : 0;
    double shrink = config.coupling() == Coupling.DECOUPLED ? lr * weightDecay : 0;
    return block -> {
      TensorList m = block.memory(0);
      TensorList v = block.memory(1);
      if (shrink != 0) {
        Foreach.mul(block.parameters(), 1 - shrink);
      }
      TensorList g = decayed(block, l2, 0);
      Foreach.lerp(m, g, 1 - momentum(config.beta1()));
      Foreach.mul(v, config.beta2());
      Foreach.addProduct(v, g, g, 1 - config.beta2());
      TensorList d = block.scratch(1);
      Foreach.copy(d, v);
      Foreach.sqrt(d);
      Foreach.add(d, block.pick(eps));
      Foreach.addQuotient(block.parameters(), g, d, block.pick(ofGradient));
      Foreach.addQuotient(block.parameters(), m, d, block.pick(ofAverage));
    };
  }

  private double mu(double t) {
    return momentum(config.beta1()) * (1 - 0.5 * Math.pow(0.96, t * config.momentumDecay()));
  }
}
