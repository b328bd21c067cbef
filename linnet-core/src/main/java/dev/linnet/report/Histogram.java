package dev.linnet.report;

import java.util.ArrayList;
import java.util.List;

/**
 * How numbers are spread: counts between limits.
 *
 * @param min the least number, 0 if there is none
 * @param max the largest number
 * @param count of finite numbers; others are left out
 * @param sum of them
 * @param sumOfSquares of them
 * @param limits upper ends of the buckets, rising
 * @param counts numbers in each bucket
 */
public record Histogram(
    double min,
    double max,
    long count,
    double sum,
    double sumOfSquares,
    List<Double> limits,
    List<Double> counts) {
  private static final int BUCKETS = 30;

  public Histogram {
    limits = List.copyOf(limits);
    counts = List.copyOf(counts);
  }

  /** Of numbers, in 30 buckets of the same width. */
  public static Histogram of(float[] values) {
    double min = Double.POSITIVE_INFINITY;
    double max = Double.NEGATIVE_INFINITY;
    long count = 0;
    double sum = 0;
    double squares = 0;
    for (float value : values) {
      if (Float.isFinite(value)) {
        min = Math.min(min, value);
        max = Math.max(max, value);
        sum += value;
        squares += (double) value * value;
        count++;
      }
    }
    if (count == 0) {
      return new Histogram(0, 0, 0, 0, 0, List.of(0.0), List.of(0.0));
    }
    double width = max > min ? (max - min) / BUCKETS : Math.max(Math.ulp(max), 1e-12);
    double[] counts = new double[BUCKETS];
    for (float value : values) {
      if (Float.isFinite(value)) {
        counts[Math.min(BUCKETS - 1, (int) ((value - min) / width))]++;
      }
    }
    List<Double> limits = new ArrayList<>();
    List<Double> all = new ArrayList<>();
    for (int b = 0; b < BUCKETS; b++) {
      limits.add(min + (b + 1) * width);
      all.add(counts[b]);
    }
    return new Histogram(min, max, count, sum, squares, limits, all);
  }
}
