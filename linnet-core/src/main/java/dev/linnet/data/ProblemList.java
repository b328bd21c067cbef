package dev.linnet.data;

import dev.linnet.base.LinnetException;
import java.util.ArrayList;
import java.util.List;

/** What is wrong with the files of a data set, said all at once; the first ten by their text. */
final class ProblemList {
  private static final int SHOWN = 10;

  private final List<String> shown = new ArrayList<>();
  private int count;

  void add(String problem) {
    count++;
    if (shown.size() < SHOWN) {
      shown.add(problem);
    }
  }

  boolean isEmpty() {
    return count == 0;
  }

  /**
   * Refuses the data set if anything is wrong with it.
   *
   * @param where the data set, for the message
   * @throws LinnetException with all problems
   */
  void refuse(String where) {
    if (count > 0) {
      throw new LinnetException(
          "%s: %s: %s%s"
              .formatted(
                  where,
                  count == 1 ? "a problem" : count + " problems",
                  String.join("; ", shown),
                  count > SHOWN ? "; and " + (count - SHOWN) + " more" : ""));
    }
  }
}
