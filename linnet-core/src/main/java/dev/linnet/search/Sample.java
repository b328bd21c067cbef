package dev.linnet.search;

import java.util.Collection;
import java.util.OptionalDouble;

/**
 * Some measured values of the same thing.
 *
 * @param n how many
 * @param mean NaN where there is none
 * @param variance of a sample: the squares divided by n − 1; NaN with fewer than two
 */
record Sample(int n, double mean, double variance) {

  /** The sample of these values. */
  static Sample of(Collection<Double> values) {
    int n = values.size();
    double mean = values.stream().mapToDouble(Double::doubleValue).sum() / n;
    double squares = values.stream().mapToDouble(v -> (v - mean) * (v - mean)).sum();
    return new Sample(n, mean, n < 2 ? Double.NaN : squares / (n - 1));
  }

  /** Standard deviation; empty with fewer than two values. */
  OptionalDouble deviation() {
    return n < 2 ? OptionalDouble.empty() : OptionalDouble.of(Math.sqrt(variance));
  }

  /** The square of the standard error of the mean. */
  double squaredError() {
    return variance / n;
  }
}
