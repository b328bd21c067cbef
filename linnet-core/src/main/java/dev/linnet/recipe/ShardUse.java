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
    int workers = recipe.workers().value();
    return shards
        .filter(all -> used(all, training) < workers)
        .map(all -> few(used(all, training), workers + " workers", where))
        .map(line -> packed ? line + ", but each shard is unpacked by one at a time" : line);
  }

  /**
   * What several processes make of shards that are enough for the workers of one.
   *
   * @return a line where fewer shards are read than all processes have workers
   */
  static Optional<String> over(int processes, Recipe recipe, PictureSet training, String where) {
    int workers = recipe.workers().value();
    return training
        .shards()
        .filter(all -> processes > 1 && used(all, training) >= workers)
        .filter(all -> used(all, training) < (long) processes * workers)
        .map(
            all ->
                few(
                        used(all, training),
                        "%d processes with %s"
                            .formatted(processes, workers == 1 ? "1 worker" : workers + " workers"),
                        where)
                    + (all.isStreamed() ? ", but each process unpacks every shard" : ""));
  }

  private static long used(Shards shards, PictureSet training) {
    return IntStream.range(0, training.size()).map(shards::of).distinct().count();
  }

  private static String few(long used, String readers, String where) {
    return "%s: %s for %s, which share %s: each picture is still read once"
        .formatted(
            where, used == 1 ? "1 shard" : used + " shards", readers, used == 1 ? "it" : "them");
  }
}
