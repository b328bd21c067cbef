package dev.linnet.optim;

import dev.linnet.base.Check;
import dev.linnet.tensor.Foreach;
import dev.linnet.tensor.Tensor;
import dev.linnet.tensor.TensorList;
import java.util.List;

/**
 * Adagrad: steps that shrink with all gradients that a weight has seen.
 *
 * <pre>
 *   g ← g + λθ      s = s + g²
 *   θ ← θ − η/(1 + (t − 1)·d) · g/(√s + ε)
 * </pre>
 *
 * <p>Duchi, Hazan and Singer, JMLR 12, 2011, §1.1 (diagonal form); the learning-rate decay d and
 * the start s₀ are PyTorch's.
 */
public final class Adagrad extends Optimizer {

  /**
   * The numbers.
   *
   * @param lrDecay d, at least 0
   * @param initial s₀, at least 0
   * @param eps ε in (0, 1)
   */
  public record Config(double lrDecay, double initial, double eps) implements Optimizer.Config {
    /** PyTorch's. */
    public static final Config DEFAULT = new Config(0, 0, 1e-10);

    public Config {
      Check.that(
          lrDecay >= 0 && lrDecay < Double.POSITIVE_INFINITY,
          "optimizer.lr_decay",
          lrDecay,
          "a number of at least 0");
      Check.that(
          initial >= 0 && initial < Double.POSITIVE_INFINITY,
          "optimizer.initial_accumulator_value",
          initial,
          "a number of at least 0");
      Check.that(eps > 0 && eps < 1, "optimizer.eps", eps, "in (0, 1)");
    }

    @Override
    public Adagrad over(List<ParameterGroup> groups) {
      return new Adagrad(groups, this);
    }
  }

  private final Config config;

  /** An optimizer of these parameters. */
  public Adagrad(List<ParameterGroup> groups, Config config) {
    super(
        "adagrad",
        List.of(
            Memory.likeParameter("adagrad.sum").from(config.initial()),
            Memory.scalar("adagrad.step")),
        groups);
    this.config = config;
  }

  @Override
  void update(Batch batch, List<Tensor> gradients, double lr, double weightDecay) {
    Foreach.add(batch.memory(1), 1);
    try (TensorList list = TensorList.of(gradients)) {
      Foreach.adagrad(
          batch.parameters(),
          list,
          batch.memory(0),
          batch.memory(1),
          new Foreach.AdagradStep(lr, config.lrDecay(), weightDecay, config.eps()));
    }
  }
}
