package dev.linnet.data;

import dev.linnet.base.Check;
import dev.linnet.base.LinnetException;
import dev.linnet.base.RandomState;
import java.util.Arrays;
import java.util.Comparator;

/**
 * Each picture once, in an order in which shards can be read through, as WebDataset shuffles:
 * shards come in random order, and of what they hold a buffer is kept from which each picture is
 * drawn at random.
 *
 * <pre>
 *   lanes:   4 shards are read side by side, the next one where one ends
 *   buffer:  filled with the first B pictures; then each picture that comes takes the place of one
 *            that is drawn from it; at the end what is left comes in random order
 * </pre>
 *
 * <p>The order is reckoned from the index before anything is read, so that it is the same whatever
 * reads it: workers, processes, or who goes on inside an epoch. A picture comes at most about a few
 * buffers after its place in its shard; shards that were not mixed when they were written need a
 * buffer of several of them.
 *
 * @param buffer pictures that are mixed, B, at least 1
 */
public record ShardSampler(int buffer) implements Sampler {
  private static final int LANES = 4;

  /** Bytes of pictures up to which a buffer is filled where nobody says how many. */
  private static final long USUAL_BYTES = 256L << 20;

  private static final int USUAL_MOST = 10_000;

  /** The {@link #usual} order of whatever set it is. */
  public static final Sampler USUAL = (set, random) -> usual(set).order(set, random);

  public ShardSampler {
    Check.that(buffer >= 1, "sampling.buffer", buffer, "at least 1, or none");
  }

  /**
   * The usual order of a set: any where its pictures are read in any order, else with a buffer of
   * as many pictures as 256 MB hold, 10000 at most.
   */
  public static Sampler usual(PictureSet set) {
    return set.shards()
        .filter(Shards::isStreamed)
        .<Sampler>map(shards -> new ShardSampler(usualBuffer(set, shards)))
        .orElse(UNIFORM);
  }

  private static int usualBuffer(PictureSet set, Shards shards) {
    long bytes = 0;
    for (int i = 0; i < set.size(); i++) {
      bytes += shards.bytes(i);
    }
    long each = Math.max(1, bytes / Math.max(1, set.size()));
    return (int) Math.max(1, Math.min(USUAL_MOST, USUAL_BYTES / each));
  }

  /**
   * The pictures of an epoch.
   *
   * @throws LinnetException if the set has no shards
   */
  @Override
  public int[] order(PictureSet set, RandomState random) {
    Shards shards =
        set.shards()
            .orElseThrow(
                () ->
                    new LinnetException(
                        "sampling.buffer: got "
                            + buffer
                            + ", but the data lie in no shards; must be none, which mixes them"
                            + " all"));
    int[] read = read(members(set, shards), random);
    int kept = Math.min(buffer, read.length);
    int[] held = Arrays.copyOf(read, kept);
    int[] order = new int[read.length];
    for (int i = kept; i < read.length; i++) {
      int drawn = random.nextInt(kept);
      order[i - kept] = held[drawn];
      held[drawn] = read[i];
    }
    int[] rest = random.permutation(kept);
    for (int i = 0; i < kept; i++) {
      order[read.length - kept + i] = held[rest[i]];
    }
    return order;
  }

  /** The pictures of each shard, as they lie in it. */
  private static int[][] members(PictureSet set, Shards shards) {
    int[] counts = new int[shards.count()];
    int[] of = new int[set.size()];
    boolean sorted = true;
    for (int i = 0; i < of.length; i++) {
      of[i] = shards.of(i);
      counts[of[i]]++;
      sorted &= i == 0 || shards.position(i - 1) <= shards.position(i);
    }
    int[][] members = new int[counts.length][];
    for (int shard = 0; shard < counts.length; shard++) {
      members[shard] = new int[counts[shard]];
    }
    int[] filled = new int[counts.length];
    for (int i = 0; i < of.length; i++) {
      members[of[i]][filled[of[i]]++] = i;
    }
    if (!sorted) {
      for (int shard = 0; shard < members.length; shard++) {
        members[shard] =
            Arrays.stream(members[shard])
                .boxed()
                .sorted(Comparator.comparingInt(shards::position))
                .mapToInt(Integer::intValue)
                .toArray();
      }
    }
    return members;
  }

  /** The order in which pictures come from the shards: some lanes, one picture each in turn. */
  private static int[] read(int[][] members, RandomState random) {
    int[] shards = random.permutation(members.length);
    int[] read = new int[Arrays.stream(members).mapToInt(m -> m.length).sum()];
    int[][] lanes = new int[Math.min(LANES, members.length)][];
    int[] at = new int[lanes.length];
    int next = 0;
    for (int lane = 0; lane < lanes.length; lane++) {
      lanes[lane] = members[shards[next++]];
    }
    int filled = 0;
    while (filled < read.length) {
      for (int lane = 0; lane < lanes.length; lane++) {
        while (at[lane] == lanes[lane].length && next < shards.length) {
          lanes[lane] = members[shards[next++]];
          at[lane] = 0;
        }
        if (at[lane] < lanes[lane].length) {
          read[filled++] = lanes[lane][at[lane]++];
        }
      }
    }
    return read;
  }
}
