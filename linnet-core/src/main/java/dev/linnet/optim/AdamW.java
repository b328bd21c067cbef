package dev.linnet.optim;

import dev.linnet.base.Check;
import dev.linnet.tensor.Foreach;
import dev.linnet.tensor.Tensor;
import dev.linnet.tensor.TensorList;
import java.util.List;

/**
 * Adam with decoupled weight decay.
 *
 * <pre>
 *   θ ← θ − ηλθ
 *   m = β₁m + (1 − β₁)g      v = β₂v + (1 − β₂)g²
 *   θ ← θ − η · m/(1 − β₁ᵗ) / (√(v/(1 − β₂ᵗ)) + ε)
 * </pre>
 *
 * <p>Loshchilov and Hutter, ICLR 2019, arXiv:1711.05101, with PyTorch's decay ηλ (the paper's is
 * the schedule's multiplier times λ). t counts the updates of each parameter, in fp32: exact up to
 * 16 million.
 */
public final class AdamW extends Optimizer {

  /**
   * The numbers.
   *
   * @param beta1 β₁ in [0, 1)
   * @param beta2 β₂ in [0, 1)
   * @param eps ε above 0
   */
  public record Config(double beta1, double beta2, double eps) implements Optimizer.Config {
    /** Of Kingma and Ba, ICLR 2015, arXiv:1412.6980, and of PyTorch. */
    public static final Config DEFAULT = new Config(0.9, 0.999, 1e-8);

    public Config {
      Check.that(beta1 >= 0 && beta1 < 1, "optimizer.beta1", beta1, "in [0, 1)");
      Check.that(beta2 >= 0 && beta2 < 1, "optimizer.beta2", beta2, "in [0, 1)");
      Check.that(eps > 0 && eps < 1, "optimizer.eps", eps, "in (0, 1)");
    }

    /** Another β₁. */
    Config withBeta1(double value) {
      return new Config(value, beta2, eps);
    }

    @Override
    public AdamW over(List<ParameterGroup> groups) {
      return new AdamW(groups, this);
    }

    @Override
    public boolean hasMomentum() {
      return true;
    }
  }

  private final Config config;

  /** An optimizer of these parameters. */
  public AdamW(List<ParameterGroup> groups, Config config) {
    super(
        "adamw",
        List.of(
            Memory.likeParameter("adam.m"),
            Memory.likeParameter("adam.v"),
            Memory.scalar("adam.step")),
        groups);
    this.config = config;
  }

  @Override
  void update(Batch batch, List<Tensor> gradients, double lr, double weightDecay) {
    try (TensorList list = TensorList.of(gradients)) {
      update(
          config.withBeta1(momentum(config.beta1())),
          batch.parameters(),
          list,
          batch.adamState(0),
          lr,
          weightDecay);
    }
  }

  /** One update of parameters that may be another optimizer's. */
  static void update(
      Config config,
      TensorList parameters,
      TensorList gradients,
      Foreach.AdamState state,
      double lr,
      double weightDecay) {
    Foreach.add(state.steps(), 1);
    Foreach.adam(
        parameters,
        gradients,
        state,
        new Foreach.AdamStep(
            lr,
            config.beta1(),
            config.beta2(),
            config.eps(),
            weightDecay,
            Foreach.AdamDecay.DECOUPLED));
  }
}
