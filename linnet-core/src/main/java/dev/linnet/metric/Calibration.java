package dev.linnet.metric;

import dev.linnet.base.Check;
import java.util.ArrayList;
import java.util.List;

/**
 * Whether confidence is right as often as it says: expected calibration error over bins of
 * confidence.
 *
 * <pre>
 *   ECE = Σ_b n_b/n · |accuracy_b − mean confidence_b|,    bin b holds (b/B, (b + 1)/B]
 * </pre>
 *
 * <p>Guo et al., ICML 2017, arXiv:1706.04599, eq. 3; B = 15 as there. Broken rows have no
 * confidence and are left out.
 */
public final class Calibration implements Metric {
  /** B of the paper. */
  public static final int DEFAULT_BINS = 15;

  private final long[] images;
  private final long[] right;
  private final double[] confidence;
  private long broken;

  /** With {@link #DEFAULT_BINS} bins. */
  public Calibration() {
    this(DEFAULT_BINS);
  }

  /**
   * With another number of bins.
   *
   * @param bins B, at least 1
   */
  public Calibration(int bins) {
    Check.that(bins >= 1, "bins", bins, "at least 1");
    images = new long[bins];
    right = new long[bins];
    confidence = new double[bins];
  }

  /**
   * A bin.
   *
   * @param low not in the bin
   * @param high in the bin
   * @param images in the bin
   * @param accuracy in [0, 1]; 0 for an empty bin
   * @param confidence mean, in [0, 1]; 0 for an empty bin
   */
  public record Bin(double low, double high, long images, double accuracy, double confidence) {}

  @Override
  public void add(Predictions batch) {
    for (int i = 0; i < batch.size(); i++) {
      double p = batch.confidence(i);
      if (Double.isNaN(p)) {
        broken++;
        continue;
      }
      int bin = Math.min(images.length, Math.max(1, (int) Math.ceil(p * images.length))) - 1;
      images[bin]++;
      confidence[bin] += p;
      if (batch.predicted(i) == batch.target(i)) {
        right[bin]++;
      }
    }
  }

  /**
   * Expected calibration error, in [0, 1].
   *
   * @throws IllegalStateException before the first image with a confidence
   */
  public double error() {
    long all = 0;
    double sum = 0;
    for (int b = 0; b < images.length; b++) {
      all += images[b];
      sum += Math.abs(right[b] - confidence[b]);
    }
    if (all == 0) {
      throw new IllegalStateException("calibration: no image with a confidence was added");
    }
    return sum / all;
  }

  /** The bins, from low to high. */
  public List<Bin> bins() {
    List<Bin> bins = new ArrayList<>(images.length);
    for (int b = 0; b < images.length; b++) {
      long n = Math.max(1, images[b]);
      double low = (double) b / images.length;
      double high = (b + 1.0) / images.length;
      bins.add(new Bin(low, high, images[b], (double) right[b] / n, confidence[b] / n));
    }
    return List.copyOf(bins);
  }

  /** Images whose logits had a NaN or an infinite maximum. */
  public long broken() {
    return broken;
  }

  /** What was counted, as numbers that add up over parts of the images. */
  public double[] counts() {
    int bins = images.length;
    double[] counts = new double[3 * bins + 1];
    for (int b = 0; b < bins; b++) {
      counts[b] = images[b];
      counts[bins + b] = right[b];
      counts[2 * bins + b] = confidence[b];
    }
    counts[3 * bins] = broken;
    return counts;
  }

  /** Goes on from sums of {@link #counts}, which take the place of what was counted. */
  public void recount(double[] counts) {
    int bins = images.length;
    for (int b = 0; b < bins; b++) {
      images[b] = (long) counts[b];
      right[b] = (long) counts[bins + b];
      confidence[b] = counts[2 * bins + b];
    }
    broken = (long) counts[3 * bins];
  }
}
