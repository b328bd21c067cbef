package dev.linnet.metric;

import dev.linnet.base.Check;

/**
 * How many images of each class were taken for which class, and the figures a class that follow.
 *
 * <p>Broken rows were taken for no class: they count for {@link ClassScores#support} and against
 * recall only.
 */
public final class ConfusionMatrix implements Metric {
  private final long[][] counts;
  private final long[] brokenOf;

  /**
   * An empty matrix.
   *
   * @param classes K, at least 1
   */
  public ConfusionMatrix(int classes) {
    Check.that(classes >= 1, "classes", classes, "at least 1");
    counts = new long[classes][classes];
    brokenOf = new long[classes];
  }

  /**
   * The figures of one class; 0 where nothing was counted.
   *
   * @param precision of the images taken for this class, the share that is right
   * @param recall of the images of this class, the share that was found
   * @param f1 harmonic mean of the two
   * @param support the number of images of this class
   */
  public record ClassScores(double precision, double recall, double f1, long support) {}

  @Override
  public void add(Predictions batch) {
    Check.that(batch.classes() == counts.length, "classes", batch.classes(), "" + counts.length);
    for (int i = 0; i < batch.size(); i++) {
      int predicted = batch.predicted(i);
      if (predicted < 0) {
        brokenOf[batch.target(i)]++;
      } else {
        counts[batch.target(i)][predicted]++;
      }
    }
  }

  /** K. */
  public int classes() {
    return counts.length;
  }

  /** The number of images of a class that were taken for another, or for itself. */
  public long count(int target, int predicted) {
    return counts[target][predicted];
  }

  /** A copy: [right class][predicted class]. */
  public long[][] counts() {
    long[][] copy = new long[counts.length][];
    for (int c = 0; c < counts.length; c++) {
      copy[c] = counts[c].clone();
    }
    return copy;
  }

  /** The figures of one class. */
  public ClassScores scores(int c) {
    long right = counts[c][c];
    long taken = 0;
    long support = brokenOf[c];
    for (int i = 0; i < counts.length; i++) {
      taken += counts[i][c];
      support += counts[c][i];
    }
    return new ClassScores(
        share(right, taken), share(right, support), share(2 * right, taken + support), support);
  }

  /** Images whose logits had a NaN or an infinite maximum. */
  public long broken() {
    long sum = 0;
    for (long b : brokenOf) {
      sum += b;
    }
    return sum;
  }

  /** The matrix and the broken images of each class, as numbers that add up over parts. */
  public double[] sums() {
    int classes = counts.length;
    double[] sums = new double[classes * (classes + 1)];
    for (int c = 0; c < classes; c++) {
      for (int p = 0; p < classes; p++) {
        sums[c * (classes + 1) + p] = counts[c][p];
      }
      sums[c * (classes + 1) + classes] = brokenOf[c];
    }
    return sums;
  }

  /** Goes on from sums of {@link #sums}, which take the place of what was counted. */
  public void recount(double[] sums) {
    int classes = counts.length;
    for (int c = 0; c < classes; c++) {
      for (int p = 0; p < classes; p++) {
        counts[c][p] = (long) sums[c * (classes + 1) + p];
      }
      brokenOf[c] = (long) sums[c * (classes + 1) + classes];
    }
  }

  private static double share(long part, long whole) {
    return whole == 0 ? 0 : (double) part / whole;
  }
}
