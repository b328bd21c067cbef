package dev.linnet.data;

import dev.linnet.base.Check;

/**
 * The share of the work that one process does. The shares of all processes are everything, each
 * thing once; none is larger than another by more than one.
 *
 * @param index of the process, its rank, in [0, count)
 * @param count of processes, the size of their world, at least 1
 */
public record Part(int index, int count) {
  /** All of it: one process. */
  public static final Part WHOLE = new Part(0, 1);

  public Part {
    Check.that(count >= 1, "processes", count, "at least 1");
    Check.that(index >= 0 && index < count, "rank", index, "in [0, " + count + ")");
  }

  /** The first of {@code things} that is this part's. */
  public int begin(int things) {
    return (int) ((long) things * index / count);
  }

  /** One behind the last of {@code things} that is this part's. */
  public int end(int things) {
    return (int) ((long) things * (index + 1) / count);
  }

  /** How many of {@code things} are this part's. */
  public int size(int things) {
    return end(things) - begin(things);
  }

  /** Whether there are no other parts. */
  public boolean isWhole() {
    return count == 1;
  }
}
