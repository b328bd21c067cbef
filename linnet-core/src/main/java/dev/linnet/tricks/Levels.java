package dev.linnet.tricks;

import dev.linnet.base.Check;
import dev.linnet.base.LinnetException;
import dev.linnet.models.Classifier;
import dev.linnet.models.FeatureLevel;
import dev.linnet.train.FeatureTrick;
import java.util.List;

/** Places in a network by number: 0 is the pictures, 1 the first of its levels, and so on. */
final class Levels {
  private Levels() {}

  /** Refuses an empty list and numbers below the lowest. */
  static void check(List<Integer> levels, int lowest, String what) {
    Check.that(
        !levels.isEmpty() && levels.stream().allMatch(level -> level >= lowest),
        what,
        levels,
        "one or more whole numbers from " + lowest + " on, such as [" + lowest + ", 2]");
  }

  /**
   * The modules of some levels.
   *
   * @throws LinnetException if the network has fewer
   */
  static List<String> modules(List<Integer> levels, Classifier model, String what) {
    List<FeatureLevel> there = model.levels();
    for (int level : levels) {
      if (level > there.size()) {
        throw new LinnetException(
            what
                + ": got "
                + level
                + "; must be at most "
                + there.size()
                + " for "
                + model.architecture()
                + ", whose levels are "
                + String.join(", ", there.stream().map(FeatureLevel::module).toList()));
      }
    }
    return levels.stream().map(level -> module(level, there)).toList();
  }

  private static String module(int level, List<FeatureLevel> there) {
    return level == 0 ? FeatureTrick.PICTURES : there.get(level - 1).module();
  }
}
