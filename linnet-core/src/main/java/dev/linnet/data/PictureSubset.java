package dev.linnet.data;

import dev.linnet.base.Check;
import dev.linnet.base.RandomState;
import dev.linnet.base.Sha256;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.HexFormat;

/**
 * Pictures of a set by their positions, in another order, some of them perhaps twice; classes and
 * names are the set's. Any thread.
 */
public final class PictureSubset implements PictureView {
  private static final long LIMIT_STREAM = 41;

  private final PictureSet set;
  private final int[] positions;

  private PictureSubset(PictureSet set, int[] positions) {
    this.set = set;
    this.positions = positions;
  }

  /**
   * The pictures at some positions, in their order.
   *
   * @param positions in [0, size of the set)
   */
  public static PictureSet of(PictureSet set, int... positions) {
    return new PictureSubset(set, positions.clone());
  }

  /**
   * At most so many pictures of each class, by seed, in the set's order.
   *
   * @param limit at least 1
   */
  public static PictureSet ofEachClass(PictureSet set, int limit, long seed) {
    Check.that(limit >= 1, "limit", limit, "at least 1");
    int[] taken = new int[set.classes().size()];
    int[] kept =
        Arrays.stream(order(set, seed))
            .filter(i -> taken[set.label(i)]++ < limit)
            .sorted()
            .toArray();
    return kept.length == set.size() ? set : new PictureSubset(set, kept);
  }

  /**
   * At most so many pictures, by seed, in the set's order.
   *
   * @param limit at least 1
   */
  public static PictureSet ofAll(PictureSet set, int limit, long seed) {
    Check.that(limit >= 1, "limit", limit, "at least 1");
    return set.size() <= limit
        ? set
        : new PictureSubset(set, Arrays.stream(order(set, seed)).limit(limit).sorted().toArray());
  }

  private static int[] order(PictureSet set, long seed) {
    return RandomState.of(seed).at(LIMIT_STREAM).permutation(set.size());
  }

  /**
   * At most some pictures, drawn so that each class keeps its share; the whole set where it has no
   * more.
   *
   * @param most at least 1
   */
  public static PictureSet drawn(PictureSet set, int most, RandomState random) {
    Check.that(most >= 1, "pictures", most, "at least 1");
    if (set.size() <= most) {
      return set;
    }
    int[] counts = new int[set.classes().size()];
    for (int i = 0; i < set.size(); i++) {
      counts[set.label(i)]++;
    }
    int[] taken = new int[counts.length];
    int[] chosen = new int[set.size()];
    int n = 0;
    for (int index : random.permutation(set.size())) {
      int label = set.label(index);
      long share = Math.max(1, (long) counts[label] * most / set.size());
      if (taken[label] < share) {
        taken[label]++;
        chosen[n++] = index;
      }
    }
    int[] positions = Arrays.copyOf(chosen, n);
    Arrays.sort(positions);
    return new PictureSubset(set, positions);
  }

  @Override
  public PictureSet set() {
    return set;
  }

  @Override
  public int at(int index) {
    return positions[index];
  }

  @Override
  public int size() {
    return positions.length;
  }

  /** That of the whole set and of the positions. */
  @Override
  public String fingerprint() {
    MessageDigest digest = Sha256.digest();
    digest.update(
        (set.fingerprint() + Arrays.toString(positions)).getBytes(StandardCharsets.UTF_8));
    return HexFormat.of().formatHex(digest.digest());
  }
}
