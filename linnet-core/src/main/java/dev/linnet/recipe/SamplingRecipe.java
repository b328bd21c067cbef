package dev.linnet.recipe;

import dev.linnet.base.Check;
import dev.linnet.base.internal.About;
import dev.linnet.data.ClassSampler;
import dev.linnet.data.Sampler;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Which training pictures an epoch has. In YAML a name ({@code sampling: balanced}) or a mapping
 * with one.
 */
public interface SamplingRecipe {

  /** The order of an epoch. */
  Sampler sampler();

  /** Weights by class; empty where there are none. */
  default Map<String, Double> weights() {
    return Map.of();
  }

  /** Each picture once. */
  record Uniform() implements SamplingRecipe {
    /** The only one. */
    public static final Uniform DEFAULT = new Uniform();

    @Override
    public Sampler sampler() {
      return Sampler.UNIFORM;
    }
  }

  /** Each class as often as any other. */
  record Balanced() implements SamplingRecipe {
    /** The only one. */
    public static final Balanced DEFAULT = new Balanced();

    @Override
    public Sampler sampler() {
      return ClassSampler.BALANCED;
    }
  }

  /**
   * Pictures of a class the more often, the larger its weight.
   *
   * @param weights by class, in [0, 1000000]; 1 for others
   */
  record Weighted(
      @About("how often a picture of a class is drawn, by class; 1 for others")
          Map<String, Double> weights)
      implements SamplingRecipe {
    /** All classes as they are. */
    public static final Weighted DEFAULT = new Weighted(Map.of());

    public Weighted {
      weights = Collections.unmodifiableMap(new LinkedHashMap<>(weights));
      weights.forEach(
          (name, weight) ->
              Check.that(
                  weight >= 0 && weight <= 1e6,
                  "sampling.weights." + name,
                  weight,
                  "in [0, 1000000]"));
    }

    @Override
    public Sampler sampler() {
      return new ClassSampler(weights);
    }
  }
}
