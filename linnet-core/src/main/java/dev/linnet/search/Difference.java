package dev.linnet.search;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;

/**
 * How much two rows of a study differ, as two samples (Welch's t-test) and, because both were
 * trained with the same seeds, as pairs.
 *
 * <pre>
 *   Welch   d = x̄ − ȳ,  e² = s²ₓ/n + s²ᵧ/m,  t = d/e,  ν = e⁴ / ((s²ₓ/n)²/(n−1) + (s²ᵧ/m)²/(m−1))
 *   paired  dᵢ = xᵢ − yᵢ over the seeds of both,  t = d̄ / (s_d/√n),  ν = n − 1
 * </pre>
 *
 * <p>Welch, Biometrika 34, 1947; Student, Biometrika 6, 1908. Deviations are those of samples
 * (divided by n − 1). A value that needs two seeds is empty with fewer; where nothing varies there
 * is no test, and p is empty.
 *
 * @param difference of the means
 * @param error standard error of that difference
 * @param welch chance of such a difference between rows that are worth the same
 * @param pairs seeds that both have
 * @param paired mean difference over them
 * @param deviation of the differences over them
 * @param pairedP chance of such a mean difference of pairs that are worth the same
 */
record Difference(
    OptionalDouble difference,
    OptionalDouble error,
    OptionalDouble welch,
    int pairs,
    OptionalDouble paired,
    OptionalDouble deviation,
    OptionalDouble pairedP) {
  /** Percent are multiples of 1e-4 at least; what varies less is rounding. */
  private static final double LEAST_SQUARED_ERROR = 1e-18;

  /**
   * Compares.
   *
   * @param values of one row by seed
   * @param others of the row that it is compared with
   */
  static Difference of(Map<Long, Double> values, Map<Long, Double> others) {
    Sample x = Sample.of(values.values());
    Sample y = Sample.of(others.values());
    List<Double> differences = new ArrayList<>();
    values.forEach(
        (seed, value) -> {
          Double other = others.get(seed);
          if (other != null) {
            differences.add(value - other);
          }
        });
    Sample d = Sample.of(differences);
    OptionalDouble error = OptionalDouble.empty();
    if (x.n() >= 2 && y.n() >= 2) {
      error = OptionalDouble.of(Math.sqrt(x.squaredError() + y.squaredError()));
    }
    return new Difference(
        x.n() == 0 || y.n() == 0 ? OptionalDouble.empty() : OptionalDouble.of(x.mean() - y.mean()),
        error,
        welch(x, y),
        d.n(),
        d.n() == 0 ? OptionalDouble.empty() : OptionalDouble.of(d.mean()),
        d.deviation(),
        d.n() < 2 ? OptionalDouble.empty() : test(d.mean(), d.squaredError(), d.n() - 1));
  }

  private static OptionalDouble welch(Sample x, Sample y) {
    if (x.n() < 2 || y.n() < 2) {
      return OptionalDouble.empty();
    }
    double a = x.squaredError();
    double b = y.squaredError();
    double degrees = (a + b) * (a + b) / (a * a / (x.n() - 1) + b * b / (y.n() - 1));
    return test(x.mean() - y.mean(), a + b, degrees);
  }

  private static OptionalDouble test(double mean, double squaredError, double degrees) {
    return squaredError > LEAST_SQUARED_ERROR
        ? OptionalDouble.of(StudentT.twoSided(mean / Math.sqrt(squaredError), degrees))
        : OptionalDouble.empty();
  }
}
