package dev.linnet.data;

import dev.linnet.base.RandomState;
import java.util.Arrays;
import java.util.stream.IntStream;

/**
 * Draws by seed, class by class or whole classes; positions rise, so that a set keeps its order.
 */
final class Draw {
  private static final long LIMIT = 1;
  private static final long HOLD_OUT = 2;
  private static final long HOLD_OUT_CLASSES = 3;

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

  /** Which of the positions are held out: {@link #holdOut} or {@link #holdOutClasses}. */
  static int[] holdOut(
      StoredSet set, int[] positions, double fraction, Holdout.Unit unit, long seed) {
    boolean whole =
        switch (unit) {
          case PICTURES -> false;
          case CLASSES -> true;
          case AUTO -> filled(members(set, positions)).length >= Holdout.MANY_CLASSES;
        };
    return whole
        ? holdOutClasses(set, positions, fraction, seed)
        : holdOut(set, positions, fraction, seed);
  }

  /**
   * All positions of the fraction of the classes, rounded, of which two stay at least and two go;
   * none where there are fewer than four.
   */
  private static int[] holdOutClasses(StoredSet set, int[] positions, double fraction, long seed) {
    int[][] members = members(set, positions);
    int[] filled = filled(members);
    if (filled.length < 4) {
      return new int[0];
    }
    int wanted = (int) Math.round(filled.length * fraction);
    wanted = Math.min(filled.length - 2, Math.max(2, wanted));
    int[] order = RandomState.of(seed).at(HOLD_OUT_CLASSES).permutation(filled.length);
    return Arrays.stream(order)
        .limit(wanted)
        .flatMap(i -> Arrays.stream(members[filled[i]]))
        .sorted()
        .toArray();
  }

  /** The labels that have positions. */
  private static int[] filled(int[][] members) {
    return IntStream.range(0, members.length).filter(c -> members[c].length > 0).toArray();
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
