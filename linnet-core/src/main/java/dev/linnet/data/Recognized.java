package dev.linnet.data;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/**
 * A data set as it lies there, before anything is drawn.
 *
 * @param layout what it was recognized as, such as {@code class folders in splits}
 * @param where its place, for messages
 * @param pools the pictures of each split; all under {@code TRAIN} where nothing is split
 * @param isSplit whether it brings splits
 * @param warnings what was noticed, one line each
 */
record Recognized(
    String layout,
    String where,
    Map<Split, StoredSet> pools,
    boolean isSplit,
    List<String> warnings) {
  Recognized {
    pools = new EnumMap<>(pools);
    warnings = List.copyOf(warnings);
  }

  /** The same under another name of its layout. */
  Recognized withLayout(String other) {
    return new Recognized(other, where, pools, isSplit, warnings);
  }

  /** The same with one more warning. */
  Recognized with(String warning) {
    List<String> more = new ArrayList<>(warnings);
    more.add(warning);
    return new Recognized(layout, where, pools, isSplit, more);
  }

  /** Names of the classes, the same in all splits. */
  List<String> classes() {
    return pools.values().iterator().next().classes();
  }

  /** Whether its pictures have, or are, boxes. */
  boolean hasBoxes() {
    return pools.values().iterator().next().hasBoxes();
  }
}
