package dev.linnet.recipe;

import dev.linnet.base.Check;
import dev.linnet.base.internal.About;
import dev.linnet.optim.AdaptiveClipping;
import dev.linnet.optim.GradientRule;
import dev.linnet.optim.NormClipping;
import dev.linnet.optim.ValueClipping;
import java.util.Set;

/**
 * How long a gradient may be. In YAML {@code false}, a name ({@code clip: norm}) or a mapping with
 * one ({@code clip: {name: agc, factor: 0.02}}).
 */
public interface ClipRecipe {

  /**
   * What is done to the gradients.
   *
   * @param heads names of the modules whose outputs are classes
   */
  GradientRule rule(Set<String> heads);

  /**
   * The gradient of all parameters together: {@link NormClipping}.
   *
   * @param max longest, above 0
   */
  record Norm(@About("longest gradient, all parameters together") double max)
      implements ClipRecipe {
    /** What most recipes with clipping have. */
    public static final Norm DEFAULT = new Norm(1.0);

    public Norm {
      Check.that(max > 0, "clip.max", max, "above 0");
    }

    @Override
    public GradientRule rule(Set<String> heads) {
      return new NormClipping(max);
    }
  }

  /**
   * Each element of the gradients: {@link ValueClipping}.
   *
   * @param max largest size, above 0
   */
  record Value(@About("largest size of an element of the gradient") double max)
      implements ClipRecipe {
    /** The limit of {@link Norm}, which is a usual one here, too. */
    public static final Value DEFAULT = new Value(1.0);

    public Value {
      Check.that(max > 0, "clip.max", max, "above 0");
    }

    @Override
    public GradientRule rule(Set<String> heads) {
      return new ValueClipping(max);
    }
  }

  /**
   * The gradient of each output unit, by the length of its weights: {@link AdaptiveClipping},
   * without the heads.
   *
   * @param factor longest gradient as a share of the weights' length, in (0, 1]
   * @param eps least length of weights that counts, in (0, 1)
   */
  record Agc(
      @About("longest gradient of an output unit, as a share of the length of its weights")
          double factor,
      @About("least length of weights that counts") double eps)
      implements ClipRecipe {
    /** The paper's for batches of 4096, and timm's ε. */
    public static final Agc DEFAULT = new Agc(0.01, 1e-3);

    public Agc {
      Check.that(factor > 0 && factor <= 1, "clip.factor", factor, "in (0, 1]");
      Check.that(eps > 0 && eps < 1, "clip.eps", eps, "in (0, 1)");
    }

    @Override
    public GradientRule rule(Set<String> heads) {
      return new AdaptiveClipping(factor, eps, heads);
    }
  }
}
