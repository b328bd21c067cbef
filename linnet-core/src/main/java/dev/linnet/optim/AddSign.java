package dev.linnet.optim;

import dev.linnet.base.Check;
import dev.linnet.tensor.Foreach;
import dev.linnet.tensor.TensorList;
import java.util.List;

/**
 * AddSign: up to double steps where gradient and average agree on the direction, none where they do
 * not.
 *
 * <pre>
 *   g ← g + λθ      m = βm + (1 − β)g
 *   θ ← θ − η·(α + f(t)·sign(g)·sign(m))·g
 * </pre>
 *
 * <p>Bello et al., Neural Optimizer Search, ICML 2017, arXiv:1709.07417, §4.2, with α = 1. f is a
 * {@link SignDecay}; the paper has no weight decay.
 */
public final class AddSign extends ElementwiseOptimizer {

  /**
   * The numbers.
   *
   * @param beta β in [0, 1)
   * @param alpha α in (0, 100]
   * @param decay f
   */
  public record Config(double beta, double alpha, SignDecay decay) implements Optimizer.Config {
    /** The paper's, without decay. */
    public static final Config DEFAULT = new Config(0.9, 1, SignDecay.NONE);

    public Config {
      Check.that(beta >= 0 && beta < 1, "optimizer.beta", beta, "in [0, 1)");
      Check.that(alpha > 0 && alpha <= 100, "optimizer.alpha", alpha, "in (0, 100]");
    }

    @Override
    public AddSign over(List<ParameterGroup> groups) {
      return new AddSign(groups, this);
    }
  }

  private final Config config;

  /** An optimizer of these parameters. */
  public AddSign(List<ParameterGroup> groups, Config config) {
    super("addsign", List.of(Memory.likeParameter("sign.m")), groups, 3);
    this.config = config;
  }

  @Override
  Step step(Batch batch, double lr, double weightDecay) {
    double share = config.decay().at(updates());
    return block -> {
      TensorList g = decayed(block, weightDecay, 0);
      TensorList u = agreement(block, g, config.beta());
      Foreach.mul(u, share);
      Foreach.add(u, config.alpha());
      Foreach.addProduct(block.parameters(), u, g, -lr);
    };
  }

  /** Updates m, then gives sign(g)·sign(m), in the second list of scratch. */
  static TensorList agreement(Blocks.Block block, TensorList g, double beta) {
    TensorList m = block.memory(0);
    Foreach.lerp(m, g, 1 - beta);
    TensorList signs = block.scratch(1);
    TensorList others = block.scratch(2);
    Foreach.copy(signs, g);
    Foreach.sign(signs);
    Foreach.copy(others, m);
    Foreach.sign(others);
    Foreach.mul(signs, others);
    return signs;
  }
}
