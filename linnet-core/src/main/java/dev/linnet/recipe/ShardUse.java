package dev.linnet.recipe;

import dev.linnet.base.LinnetException;
import dev.linnet.data.PictureSet;
import dev.linnet.data.Shards;
import java.util.Optional;
import java.util.stream.IntStream;

/** Whether a recipe's order of pictures can be read from the shards that they lie in. */
final class ShardUse {
  private static final String UNPACK =
      "unpack them (gunzip *.tar.gz, or zstd -d *.tar.zst): plain shards are read in any order";

  private ShardUse() {}

  /**
   * Refuses an order that packed shards cannot give, and a buffer where there are no shards.
   *
   * @param where the data lie, for messages
   * @return a line where fewer shards than workers are read
   */
  static Optional<String> of(Recipe recipe, PictureSet training, String where) {
    Optional<Shards> shards = training.shards();
    boolean packed = shards.map(Shards::isStreamed).orElse(false);
    if (recipe.sampling() instanceof SamplingRecipe.Uniform uniform) {
      boolean some = !uniform.buffer().isAutoOr(OrNone::isNone);
      boolean none = !uniform.buffer().isAuto() && uniform.buffer().value().isNone();
      if (some && shards.isEmpty()) {
        throw new LinnetException(
            "sampling.buffer: got %s, but %s has no shards; must be none, or auto, which mixes all"
                .formatted(uniform.buffer().value().value(), where));
      }
      if (none && packed) {
        throw new LinnetException(
            "sampling.buffer: got none, but the shards of %s are packed; must be auto or a number:"
                    .formatted(where)
                + " they are read through. Or "
                + UNPACK);
      }
    } else if (packed) {
      throw new LinnetException(
          "sampling: got %s, but the shards of %s are packed; must be uniform: they are read through. Or %s"
              .formatted(Contradictions.nameOf(Kinds.SAMPLINGS, recipe.sampling()), where, UNPACK));
    }
    return shards.flatMap(all -> few(all, training, recipe.workers().value(), packed, where));
  }

  private static Optional<String> few(
      Shards shards, PictureSet training, int workers, boolean packed, String where) {
    long used = IntStream.range(0, training.size()).map(shards::of).distinct().count();
    if (used >= workers) {
      return Optional.empty();
    }
    return Optional.of(
        "%s: %s for %d workers, which share %s: each picture is still read once%s"
            .formatted(
                where,
                used == 1 ? "1 shard" : used + " shards",
                workers,
                used == 1 ? "it" : "them",
                packed ? ", but each shard is unpacked by one at a time" : ""));
  }
}
