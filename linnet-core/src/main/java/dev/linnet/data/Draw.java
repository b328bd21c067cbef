package dev.linnet.data;

import dev.linnet.base.RandomState;
import java.util.Arrays;
import java.util.stream.IntStream;

/** Draws by seed, class by class; positions rise, so that a set keeps its order. */
final class Draw {
  private static final long LIMIT = 1;
  private static final long HOLD_OUT = 2;

  private Draw() {}

  /** All positions of a set. */
  static int[] all(StoredSet set) {
    return IntStream.range(0, set.size()).toArray();
  }

  /** At most that many of each class. */
  static int[] limit(StoredSet set, int limit, long seed) {
    boolean[] taken = new boolean[set.size()];
    int[][] members = members(set, all(set));
    for (int label = 0; label < members.length; label++) {
      int[] order = RandomState.of(seed).at(LIMIT, label).permutation(members[label].length);
      for (int i = 0; i < Math.min(limit, order.length); i++) {
        taken[members[label][order[i]]] = true;
      }
    }
    return IntStream.range(0, taken.length).filter(i -> taken[i]).toArray();
  }

  /**
   * Which of the positions are held out: of each class the fraction, rounded, at least one where
   * there are two or more and never all.
   *
   * @param fraction in (0, 1)
   */
  static int[] holdOut(StoredSet set, int[] positions, double fraction, long seed) {
    boolean[] taken = new boolean[set.size()];
    int[][] members = members(set, positions);
    for (int label = 0; label < members.length; label++) {
      int there = members[label].length;
      int wanted = (int) Math.round(there * fraction);
      wanted = Math.min(there - 1, Math.max(1, wanted));
      int[] order = RandomState.of(seed).at(HOLD_OUT, label).permutation(there);
      for (int i = 0; i < wanted; i++) {
        taken[members[label][order[i]]] = true;
      }
    }
    return IntStream.range(0, taken.length).filter(i -> taken[i]).toArray();
  }

  /** The first positions without the second; both rise. */
  static int[] without(int[] positions, int[] others) {
    return Arrays.stream(positions)
        .filter(position -> Arrays.binarySearch(others, position) < 0)
        .toArray();
  }

  private static int[][] members(StoredSet set, int[] positions) {
    int[] counts = new int[set.classes().size()];
    for (int position : positions) {
      counts[set.label(position)]++;
    }
    int[][] members = new int[counts.length][];
    for (int label = 0; label < counts.length; label++) {
      members[label] = new int[counts[label]];
    }
    int[] filled = new int[counts.length];
    for (int position : positions) {
      int label = set.label(position);
      members[label][filled[label]++] = position;
    }
    return members;
  }
}
