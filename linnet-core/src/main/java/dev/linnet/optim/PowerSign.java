package dev.linnet.optim;

import dev.linnet.base.Check;
import dev.linnet.tensor.Foreach;
import dev.linnet.tensor.TensorList;
import java.util.List;

/**
 * PowerSign: larger steps where gradient and average agree on the direction, smaller ones where
 * they do not.
 *
 * <pre>
 *   g ← g + λθ      m = βm + (1 − β)g
 *   θ ← θ − η·b^(f(t)·sign(g)·sign(m))·g
 * </pre>
 *
 * <p>Bello et al., Neural Optimizer Search, ICML 2017, arXiv:1709.07417, §4.2: found by a
 * controller, with b = e. f is a {@link SignDecay}; the paper has no weight decay.
 */
public final class PowerSign extends ElementwiseOptimizer {

  /**
   * The numbers.
   *
   * @param beta β in [0, 1)
   * @param base b, above 1
   * @param decay f
   */
  public record Config(double beta, double base, SignDecay decay) implements Optimizer.Config {
    /** The paper's, without decay. */
    public static final Config DEFAULT = new Config(0.9, Math.E, SignDecay.NONE);

    public Config {
      Check.that(beta >= 0 && beta < 1, "optimizer.beta", beta, "in [0, 1)");
      Check.that(base > 1 && base <= 100, "optimizer.base", base, "in (1, 100]");
    }

    @Override
    public PowerSign over(List<ParameterGroup> groups) {
      return new PowerSign(groups, this);
    }
  }

  private final Config config;

  /** An optimizer of these parameters. */
  public PowerSign(List<ParameterGroup> groups, Config config) {
    super("powersign", List.of(Memory.likeParameter("sign.m")), groups, 3);
    this.config = config;
  }

  @Override
  Step step(Batch batch, double lr, double weightDecay) {
    double exponent = config.decay().at(updates()) * Math.log(config.base());
    return block -> {
      TensorList g = decayed(block, weightDecay, 0);
      TensorList u = AddSign.agreement(block, g, config.beta());
      Foreach.mul(u, exponent);
      Foreach.exp(u);
      Foreach.addProduct(block.parameters(), u, g, -lr);
    };
  }
}
