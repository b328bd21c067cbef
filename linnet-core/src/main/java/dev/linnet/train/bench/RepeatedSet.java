package dev.linnet.train.bench;

import dev.linnet.data.PictureSet;
import dev.linnet.data.PictureView;

/**
 * A set several times over, so that epochs are long and workers start once.
 *
 * @param set what is repeated
 * @param times how often, at least 1
 */
record RepeatedSet(PictureSet set, int times) implements PictureView {
  @Override
  public int at(int index) {
    return index % set.size();
  }

  @Override
  public int size() {
    return Math.multiplyExact(set.size(), times);
  }
}
