package dev.linnet.optim;

import dev.linnet.base.Check;
import dev.linnet.tensor.Foreach;
import dev.linnet.tensor.TensorList;
import java.util.ArrayList;
import java.util.List;

/**
 * RMSProp: the gradient divided by the root of its mean square.
 *
 * <pre>
 *   g ← g + λθ
 *   v = αv + (1 − α)g²                      centered: c = αc + (1 − α)g, and v − c² in v's place
 *   PyTorch:     θ ← θ − η·m,  m = μm + g/(√v + ε)          v starts at 0
 *   TensorFlow:  θ ← θ − m,    m = μm + η·g/√(v + ε)        v starts at 1
 * </pre>
 *
 * <p>Hinton, Neural Networks for Machine Learning, lecture 6e, 2012; centered: Graves,
 * arXiv:1308.0850, eq. 38. The two conventions are far apart where v is small, as at the start:
 * published MobileNets and EfficientNets were trained with TensorFlow's. Without momentum both are
 * θ − η·g/…
 */
public final class RmsProp extends ElementwiseOptimizer {

  /** Where ε and the learning rate stand. */
  public enum Convention {
    /** {@code torch.optim.RMSprop}: ε outside the root, η outside the momentum, v₀ = 0. */
    TORCH,
    /** timm's {@code RMSpropTF}: ε inside the root, η inside the momentum, v₀ = 1. */
    TENSORFLOW,
    /** The same with η outside the momentum: timm's {@code lr_in_momentum=False}. */
    TENSORFLOW_LR_OUTSIDE
  }

  /**
   * The numbers.
   *
   * @param alpha α in [0, 1)
   * @param eps ε in (0, 1)
   * @param momentum μ in [0, 1); 0 needs no memory
   * @param centered whether the mean is subtracted from the mean square; one more copy
   * @param convention whose formula
   */
  public record Config(
      double alpha, double eps, double momentum, boolean centered, Convention convention)
      implements Optimizer.Config {
    /** PyTorch's. */
    public static final Config TORCH = new Config(0.99, 1e-8, 0, false, Convention.TORCH);

    /** timm's. */
    public static final Config TENSORFLOW = new Config(0.9, 1e-10, 0, false, Convention.TENSORFLOW);

    public Config {
      Check.that(alpha >= 0 && alpha < 1, "optimizer.alpha", alpha, "in [0, 1)");
      Check.that(eps > 0 && eps < 1, "optimizer.eps", eps, "in (0, 1)");
      Check.that(momentum >= 0 && momentum < 1, "optimizer.momentum", momentum, "in [0, 1)");
    }

    @Override
    public RmsProp over(List<ParameterGroup> groups) {
      return new RmsProp(groups, this);
    }

    @Override
    public boolean hasMomentum() {
      return momentum > 0;
    }

    private List<Memory> memories() {
      List<Memory> memories = new ArrayList<>();
      memories.add(Memory.likeParameter("rmsprop.v").from(convention == Convention.TORCH ? 0 : 1));
      if (momentum > 0) {
        memories.add(Memory.likeParameter("rmsprop.momentum"));
      }
      if (centered) {
        memories.add(Memory.likeParameter("rmsprop.mean"));
      }
      return memories;
    }
  }

  private final Config config;

  /** An optimizer of these parameters. */
  public RmsProp(List<ParameterGroup> groups, Config config) {
    super("rmsprop", config.memories(), groups, 2);
    this.config = config;
  }

  @Override
  Step step(Batch batch, double lr, double weightDecay) {
    boolean inside = config.convention() == Convention.TENSORFLOW;
    return block -> {
      TensorList g = decayed(block, weightDecay, 0);
      TensorList v = block.memory(0);
      Foreach.mul(v, config.alpha());
      Foreach.addProduct(v, g, g, 1 - config.alpha());
      TensorList d = divisor(block, g, v);
      if (config.momentum() == 0) {
        Foreach.addQuotient(block.parameters(), g, d, -lr);
        return;
      }
      TensorList m = block.memory(1);
      Foreach.mul(m, momentum(config.momentum()));
      Foreach.addQuotient(m, g, d, inside ? lr : 1);
      Foreach.add(block.parameters(), m, inside ? -1 : -lr);
    };
  }

  /** √v + ε or √(v + ε), centered where that is asked for. */
  private TensorList divisor(Blocks.Block block, TensorList g, TensorList v) {
    TensorList d = block.scratch(1);
    Foreach.copy(d, v);
    if (config.centered()) {
      TensorList mean = block.memory(config.momentum() > 0 ? 2 : 1);
      Foreach.lerp(mean, g, 1 - config.alpha());
      Foreach.addProduct(d, mean, mean, -1);
    }
    if (config.convention() == Convention.TORCH) {
      Foreach.sqrt(d);
      Foreach.add(d, config.eps());
    } else {
      Foreach.add(d, config.eps());
      Foreach.sqrt(d);
    }
    return d;
  }
}
