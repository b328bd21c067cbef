package dev.linnet.metric;

import dev.linnet.base.Check;

/**
 * How often a picture made of two is taken for neither of their classes.
 *
 * <p>Yun et al., ICCV 2019, arXiv:1905.04899, §4.4: "the probability to predict neither two
 * classes". Broken rows are taken for neither.
 */
public final class PairError {
  private long images;
  private long neither;

  /**
   * Adds a batch; its targets are the classes of the first pictures.
   *
   * @param others classes of the second pictures, as many as the batch has
   */
  public void add(Predictions batch, int[] others) {
    Check.that(others.length == batch.size(), "other classes", others.length, "" + batch.size());
    for (int i = 0; i < batch.size(); i++) {
      int predicted = batch.predicted(i);
      if (predicted != batch.target(i) && predicted != others[i]) {
        neither++;
      }
    }
    images += batch.size();
  }

  /**
   * The share of pictures that were taken for neither, in [0, 1].
   *
   * @throws IllegalStateException before the first picture
   */
  public double error() {
    if (images == 0) {
      throw new IllegalStateException("pair error: no image was added");
    }
    return (double) neither / images;
  }

  /** The number of pictures added. */
  public long images() {
    return images;
  }
}
