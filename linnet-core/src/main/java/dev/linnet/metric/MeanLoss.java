package dev.linnet.metric;

import dev.linnet.base.Check;

/** The mean loss over images, each weighing the same whatever the size of its batch. */
public final class MeanLoss implements Metric {
  private double sum;
  private long images;

  /** Adds the cross entropy of a batch, without smoothing. */
  @Override
  public void add(Predictions batch) {
    for (int i = 0; i < batch.size(); i++) {
      sum += batch.loss(i);
    }
    images += batch.size();
  }

  /**
   * Adds the mean loss of a batch.
   *
   * @param mean over the batch
   * @param size images in the batch, at least 1
   */
  public void add(double mean, long size) {
    Check.that(size >= 1, "size", size, "at least 1");
    sum += mean * size;
    images += size;
  }

  /**
   * The mean; NaN once a loss was.
   *
   * @throws IllegalStateException before the first image
   */
  public double mean() {
    if (images == 0) {
      throw new IllegalStateException("mean loss: no image was added");
    }
    return sum / images;
  }

  /** The number of images added. */
  public long images() {
    return images;
  }

  /** What was added, as numbers that add up over parts of the images. */
  public double[] counts() {
    return new double[] {sum, images};
  }

  /** Goes on from sums of {@link #counts}, which take the place of what was added. */
  public void recount(double[] counts) {
    sum = counts[0];
    images = (long) counts[1];
  }
}
