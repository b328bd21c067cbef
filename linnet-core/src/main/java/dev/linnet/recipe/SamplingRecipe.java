package dev.linnet.recipe;

import dev.linnet.base.Check;
import dev.linnet.base.OrAuto;
import dev.linnet.base.internal.About;
import dev.linnet.data.ClassSampler;
import dev.linnet.data.GroupedSampler;
import dev.linnet.data.Sampler;
import dev.linnet.data.ShardSampler;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.OptionalInt;

/**
 * Which training pictures an epoch has. In YAML a name ({@code sampling: balanced}) or a mapping
 * with one.
 */
public interface SamplingRecipe {

  /**
   * The order of an epoch.
   *
   * @param batch pictures of a batch
   */
  Sampler sampler(int batch);

  /** Weights by class; empty where there are none. */
  default Map<String, Double> weights() {
    return Map.of();
  }

  /**
   * Each picture once.
   *
   * @param buffer pictures that are mixed while shards are read through, in [1, 100000000]
   */
  record Uniform(
      @About(
              "pictures that are mixed while shards are read through; none: all, read in any order;"
                  + " auto: as many as 256 MB hold where shards are packed, else none")
          OrAuto<OrNone<Integer>> buffer)
      implements SamplingRecipe {
    /** A buffer where shards are packed. */
    public static final Uniform DEFAULT = new Uniform(OrAuto.auto());

    public Uniform {
      Check.that(
          buffer.isAutoOr(some -> some.isNoneOr(n -> n >= 1 && n <= 100_000_000)),
          "sampling.buffer",
          buffer,
          "in [1, 100000000], or auto or none");
    }

    @Override
    public Sampler sampler(int batch) {
      if (buffer.isAuto()) {
        return ShardSampler.USUAL;
      }
      return buffer.value().isNone() ? Sampler.UNIFORM : new ShardSampler(buffer.value().value());
    }
  }

  /** Each class as often as any other. */
  record Balanced() implements SamplingRecipe {
    /** The only one. */
    public static final Balanced DEFAULT = new Balanced();

    @Override
    public Sampler sampler(int batch) {
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
    public Sampler sampler(int batch) {
      return new ClassSampler(weights);
    }
  }

  /**
   * Batches of some classes with as many pictures each, for losses that compare the pictures of a
   * batch: {@link GroupedSampler}.
   *
   * @param pictures of a class in a batch, in [2, 1000000]
   */
  record Grouped(
      @About("pictures of a class in a batch; auto: 4, or more where there are few classes")
          OrAuto<Integer> pictures)
      implements SamplingRecipe {
    /** Four, as the paper has. */
    public static final Grouped DEFAULT = new Grouped(OrAuto.auto());

    public Grouped {
      Check.that(
          pictures.isAutoOr(k -> k >= 2 && k <= 1_000_000),
          "sampling.pictures",
          pictures,
          "in [2, 1000000], or auto");
    }

    @Override
    public GroupedSampler sampler(int batch) {
      return new GroupedSampler(
          batch, pictures.isAuto() ? OptionalInt.empty() : OptionalInt.of(pictures.value()));
    }
  }
}
