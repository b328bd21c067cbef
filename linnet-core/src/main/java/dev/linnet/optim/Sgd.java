package dev.linnet.optim;

import dev.linnet.base.Check;
import dev.linnet.tensor.Foreach;
import dev.linnet.tensor.Tensor;
import dev.linnet.tensor.TensorList;
import java.util.List;

/**
 * Stochastic gradient descent with momentum.
 *
 * <pre>
 *   d = g + λθ
 *   m = μm + (1 − dampening)·d        first update: m = d
 *   θ ← θ − η·m                       Nesterov: θ ← θ − η·(d + μm)
 * </pre>
 *
 * <p>As in PyTorch the learning rate η is outside the momentum (Sutskever et al., ICML 2013, have
 * it inside). A parameter that gets its first gradient later than the others starts from m = 0.
 */
public final class Sgd extends Optimizer {

  /**
   * The numbers.
   *
   * @param momentum μ in [0, 1); 0 needs no memory
   * @param nesterov looks one step ahead; needs momentum and no dampening
   * @param dampening in [0, 1)
   */
  public record Config(double momentum, boolean nesterov, double dampening)
      implements Optimizer.Config {
    /** He et al., CVPR 2019, arXiv:1812.01187, §2.1: Nesterov, μ = 0.9. */
    public static final Config DEFAULT = new Config(0.9, true, 0);

    public Config {
      Check.that(momentum >= 0 && momentum < 1, "optimizer.momentum", momentum, "in [0, 1)");
      Check.that(dampening >= 0 && dampening < 1, "optimizer.dampening", dampening, "in [0, 1)");
      Check.that(
          !nesterov || (momentum > 0 && dampening == 0),
          "optimizer.nesterov",
          nesterov,
          "false without momentum or with dampening");
    }

    /** Without dampening. */
    public Config(double momentum, boolean nesterov) {
      this(momentum, nesterov, 0);
    }

    @Override
    public Sgd over(List<ParameterGroup> groups) {
      return new Sgd(groups, this);
    }

    @Override
    public boolean hasMomentum() {
      return momentum > 0;
    }
  }

  private final Config config;

  /** An optimizer of these parameters. */
  public Sgd(List<ParameterGroup> groups, Config config) {
    super(
        "sgd",
        config.hasMomentum() ? List.of(Memory.likeParameter("momentum")) : List.of(),
        groups);
    this.config = config;
  }

  @Override
  void update(Batch batch, List<Tensor> gradients, double lr, double weightDecay) {
    double momentum = config.hasMomentum() ? momentum(config.momentum()) : 0;
    try (TensorList list = TensorList.of(gradients)) {
      Foreach.sgd(
          batch.parameters(),
          list,
          config.hasMomentum() ? batch.memory(0) : TensorList.EMPTY,
          new Foreach.SgdStep(lr, momentum, config.nesterov(), weightDecay, config.dampening()),
          updates() == 0 ? Foreach.First.YES : Foreach.First.NO);
    }
  }
}
