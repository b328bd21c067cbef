package dev.linnet.train.robustness;

import dev.linnet.base.RandomState;
import dev.linnet.data.PictureSet;
import dev.linnet.data.PictureSubset;
import java.util.stream.IntStream;

/** Which pictures of a set are mixed with which, and which fit a temperature: by seed. */
final class Selection {
  private static final long PARTNER_STREAM = 42;
  private static final long HALF_STREAM = 43;

  private Selection() {}

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
    return PictureSubset.of(set, partners);
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
    return PictureSubset.of(set, IntStream.range(0, set.size()).filter(i -> isChosen[i]).toArray());
  }
}
