package dev.linnet.image;

/**
 * Lines of ints that a thread uses again and again: resizing a picture would else make garbage of
 * several times its size. They hold one block of a picture, about a megabyte.
 */
final class IntLines {
  private static final ThreadLocal<IntLines> OF_THREAD = ThreadLocal.withInitial(IntLines::new);

  private int[][] source = new int[0][];
  private int[][] target = new int[0][];
  private int[][] sums = new int[0][];

  private IntLines() {}

  /** Those of this thread. */
  static IntLines ofThread() {
    return OF_THREAD.get();
  }

  /** At least so many lines of at least that length, with anything in them. */
  int[][] source(int count, int length) {
    source = grown(source, count, length);
    return source;
  }

  /** Others. */
  int[][] target(int count, int length) {
    target = grown(target, count, length);
    return target;
  }

  /** A single one. */
  int[] sums(int length) {
    sums = grown(sums, 1, length);
    return sums[0];
  }

  private static int[][] grown(int[][] lines, int count, int length) {
    int[][] result = lines;
    if (lines.length < count) {
      result = new int[count][];
      System.arraycopy(lines, 0, result, 0, lines.length);
      for (int i = lines.length; i < count; i++) {
        result[i] = new int[length];
      }
    }
    for (int i = 0; i < count; i++) {
      if (result[i].length < length) {
        result[i] = new int[length];
      }
    }
    return result;
  }
}
