package dev.linnet.weights;

import java.util.List;

/** Lists of names in messages. */
final class Names {
  private static final int MOST = 5;

  private Names() {}

  /** The first five, and how many more there are. */
  static String some(List<String> names) {
    int more = names.size() - MOST;
    return String.join(", ", names.subList(0, Math.min(names.size(), MOST)))
        + (more > 0 ? " and " + more + " more" : "");
  }
}
