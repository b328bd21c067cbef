package dev.linnet.train.bench;

import java.util.Arrays;

/**
 * How long steps took.
 *
 * @param ms median, in milliseconds
 * @param minMs shortest, in milliseconds
 * @param imagesPerSecond at the median
 * @param warmupSeconds the steps before, which are not counted
 */
public record StepTimes(double ms, double minMs, double imagesPerSecond, double warmupSeconds) {
  /**
   * The figures of some steps.
   *
   * @param nanos of each step, at least one
   * @param images of one step
   */
  static StepTimes of(long[] nanos, int images, long warmupNanos) {
    long[] sorted = nanos.clone();
    Arrays.sort(sorted);
    int middle = sorted.length / 2;
    double median =
        sorted.length % 2 == 1
            ? sorted[middle]
            : (sorted[middle - 1] + (double) sorted[middle]) / 2;
    return new StepTimes(median / 1e6, sorted[0] / 1e6, images / (median / 1e9), warmupNanos / 1e9);
  }
}
