package dev.linnet.recipe;

import dev.linnet.base.Check;
import dev.linnet.base.OrAuto;
import dev.linnet.base.internal.About;
import dev.linnet.optim.Optimizer;
import java.util.List;

/**
 * Which optimizer, with what; the learning rate belongs to the schedule. In YAML a name ({@code
 * optimizer: adamw}) or a mapping with one ({@code optimizer: {name: sgd, momentum: 0.95}}).
 */
public interface OptimizerRecipe {

  /** λ of the weight decay, at least 0. */
  OrAuto<Double> weightDecay();

  /** Whether biases and norms decay as well as the weights of convolutions and linear layers. */
  boolean decayNormAndBias();

  /** The optimizer's numbers. */
  Optimizer.Config config();

  /** This optimizer with another weight decay. */
  OptimizerRecipe withWeightDecay(OrAuto<Double> weightDecay);

  /**
   * Stochastic gradient descent as in PyTorch: decay added to the gradient, no dampening.
   *
   * @param momentum μ in [0, 1)
   * @param nesterov whether the gradient is looked up one step ahead; needs momentum
   * @param weightDecay λ in [0, 1]; auto: {@link Chooser} has the choice
   * @param decayNormAndBias whether biases and norms decay too
   */
  record Sgd(
      @About("share of the last step that goes into the next, in [0, 1)") double momentum,
      @About("Nesterov's momentum") boolean nesterov,
      @About("L2 decay of the weights") OrAuto<Double> weightDecay,
      @About("whether biases and norms decay too") boolean decayNormAndBias)
      implements OptimizerRecipe {
    public Sgd {
      Check.that(momentum >= 0 && momentum < 1, "optimizer.momentum", momentum, "in [0, 1)");
      checkWeightDecay(weightDecay);
      Check.that(
          !nesterov || momentum > 0, "optimizer.nesterov", nesterov, "false where momentum is 0");
    }

    @Override
    public Optimizer.Config config() {
      return new dev.linnet.optim.Sgd.Config(momentum, nesterov);
    }

    @Override
    public Sgd withWeightDecay(OrAuto<Double> weightDecay) {
      return new Sgd(momentum, nesterov, weightDecay, decayNormAndBias);
    }
  }

  /**
   * Adam with decoupled weight decay (Loshchilov and Hutter, ICLR 2019, arXiv:1711.05101).
   *
   * @param betas β₁ and β₂, each in [0, 1)
   * @param eps ε in the denominator, in (0, 1)
   * @param weightDecay λ in [0, 1]; auto: {@link Chooser} has the choice
   * @param decayNormAndBias whether biases and norms decay too
   */
  record AdamW(
      @About("decay of the averages of gradient and squared gradient") List<Double> betas,
      @About("added to the denominator") double eps,
      @About("decoupled decay of the weights") OrAuto<Double> weightDecay,
      @About("whether biases and norms decay too") boolean decayNormAndBias)
      implements OptimizerRecipe {
    /** The optimizer's own numbers; PyTorch's decay, without biases and norms. */
    public static final AdamW DEFAULT = of(dev.linnet.optim.AdamW.Config.DEFAULT);

    public AdamW {
      betas = List.copyOf(betas);
      Check.that(
          betas.size() == 2 && betas.stream().allMatch(beta -> beta >= 0 && beta < 1),
          "optimizer.betas",
          betas,
          "two numbers in [0, 1), such as [0.9, 0.999]");
      Check.that(eps > 0 && eps < 1, "optimizer.eps", eps, "in (0, 1)");
      checkWeightDecay(weightDecay);
    }

    private static AdamW of(dev.linnet.optim.AdamW.Config config) {
      List<Double> betas = List.of(config.beta1(), config.beta2());
      return new AdamW(betas, config.eps(), OrAuto.of(0.01), false);
    }

    @Override
    public Optimizer.Config config() {
      return new dev.linnet.optim.AdamW.Config(betas.get(0), betas.get(1), eps);
    }

    @Override
    public AdamW withWeightDecay(OrAuto<Double> weightDecay) {
      return new AdamW(betas, eps, weightDecay, decayNormAndBias);
    }
  }

  private static void checkWeightDecay(OrAuto<Double> weightDecay) {
    Check.that(
        weightDecay.isAutoOr(decay -> decay >= 0 && decay <= 1),
        "optimizer.weight_decay",
        weightDecay,
        "in [0, 1], or auto");
  }
}
