package dev.linnet.metric;

import dev.linnet.base.Check;

/**
 * The share of images whose right class is among the k with the largest logits.
 *
 * <p>Ties are broken by index, so that the figure does not depend on a sorting order: a hit is a
 * {@linkplain Predictions#rank rank} below k. Broken rows are wrong for every k.
 */
public final class Accuracy implements Metric {
  /** hits[r]: images whose right class has rank r. */
  private long[] hits = new long[0];

  private long images;
  private long broken;

  @Override
  public void add(Predictions batch) {
    if (hits.length == 0) {
      hits = new long[batch.classes()];
    }
    Check.that(batch.classes() == hits.length, "classes", batch.classes(), "" + hits.length);
    for (int i = 0; i < batch.size(); i++) {
      int rank = batch.rank(i);
      if (rank < hits.length) {
        hits[rank]++;
      } else {
        broken++;
      }
    }
    images += batch.size();
  }

  /**
   * Top-k accuracy in [0, 1]; 1 where there are no more than k classes and no broken rows.
   *
   * @param k at least 1
   * @throws IllegalStateException before the first image
   */
  public double top(int k) {
    Check.that(k >= 1, "k", k, "at least 1");
    if (images == 0) {
      throw new IllegalStateException("accuracy: no image was added");
    }
    long sum = 0;
    for (int r = 0; r < Math.min(k, hits.length); r++) {
      sum += hits[r];
    }
    return (double) sum / images;
  }

  /** The number of images added. */
  public long images() {
    return images;
  }

  /** Those whose logits had a NaN or an infinite maximum. */
  public long broken() {
    return broken;
  }

  /**
   * What was counted, as numbers that add up over parts of the images.
   *
   * @param classes K, which a part without images does not know
   */
  public double[] counts(int classes) {
    double[] counts = new double[classes + 2];
    for (int r = 0; r < hits.length; r++) {
      counts[r] = hits[r];
    }
    counts[classes] = images;
    counts[classes + 1] = broken;
    return counts;
  }

  /** Goes on from sums of {@link #counts}, which take the place of what was counted. */
  public void recount(double[] counts) {
    hits = new long[counts.length - 2];
    for (int r = 0; r < hits.length; r++) {
      hits[r] = (long) counts[r];
    }
    images = (long) counts[counts.length - 2];
    broken = (long) counts[counts.length - 1];
  }
}
