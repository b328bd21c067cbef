package dev.linnet.train.robustness;

import dev.linnet.base.Check;
import dev.linnet.base.RandomState;
import dev.linnet.data.PictureInfo;
import dev.linnet.data.PictureSet;
import dev.linnet.image.DecodeOptions;
import dev.linnet.image.Picture;
import dev.linnet.image.PictureTransform;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/** Pictures of a set by their positions, in another order, some of them perhaps twice. */
public final class Selection implements PictureSet {
  private static final long LIMIT_STREAM = 41;
  private static final long PARTNER_STREAM = 42;
  private static final long HALF_STREAM = 43;

  private final PictureSet set;
  private final int[] positions;

  private Selection(PictureSet set, int[] positions) {
    this.set = set;
    this.positions = positions;
  }

  /**
   * At most so many pictures of each class, by seed, in the set's order.
   *
   * @param limit at least 1
   */
  public static PictureSet ofEachClass(PictureSet set, int limit, long seed) {
    Check.that(limit >= 1, "limit", limit, "at least 1");
    int[] order = RandomState.of(seed).at(LIMIT_STREAM).permutation(set.size());
    int[] taken = new int[set.classes().size()];
    int[] kept = Arrays.stream(order).filter(i -> taken[set.label(i)]++ < limit).sorted().toArray();
    return kept.length == set.size() ? set : new Selection(set, kept);
  }

  /** At most so many pictures, by seed, in the set's order. */
  static PictureSet ofAll(PictureSet set, int limit, long seed) {
    int[] order = RandomState.of(seed).at(LIMIT_STREAM).permutation(set.size());
    return set.size() <= limit
        ? set
        : new Selection(set, Arrays.stream(order).limit(limit).sorted().toArray());
  }

  /** For each picture one of another class, of which there is one; drawn by (seed, position). */
  static PictureSet partners(PictureSet set, long seed) {
    RandomState random = RandomState.of(seed);
    int[] partners =
        IntStream.range(0, set.size())
            .map(
                i -> {
                  RandomState own = random.at(PARTNER_STREAM, i);
                  int partner = i;
                  while (set.label(partner) == set.label(i)) {
                    partner = own.nextInt(set.size());
                  }
                  return partner;
                })
            .toArray();
    return new Selection(set, partners);
  }

  /** True for a half of the positions, the smaller one where their number is odd; by seed. */
  static boolean[] half(int size, long seed) {
    boolean[] isChosen = new boolean[size];
    int[] order = RandomState.of(seed).at(HALF_STREAM).permutation(size);
    for (int i = 0; i < size / 2; i++) {
      isChosen[order[i]] = true;
    }
    return isChosen;
  }

  /** The chosen pictures. */
  static PictureSet where(PictureSet set, boolean[] isChosen) {
    return new Selection(set, IntStream.range(0, set.size()).filter(i -> isChosen[i]).toArray());
  }

  @Override
  public int size() {
    return positions.length;
  }

  @Override
  public List<String> classes() {
    return set.classes();
  }

  @Override
  public int label(int index) {
    return set.label(positions[index]);
  }

  @Override
  public String name(int index) {
    return set.name(positions[index]);
  }

  @Override
  public Picture read(int index, DecodeOptions options) {
    return set.read(positions[index], options);
  }

  @Override
  public Picture read(
      int index, DecodeOptions options, PictureTransform transform, RandomState random) {
    return set.read(positions[index], options, transform, random);
  }

  @Override
  public PictureInfo info(int index) {
    return set.info(positions[index]);
  }

  /** That of the whole set. */
  @Override
  public String fingerprint() {
    return set.fingerprint();
  }
}
