package dev.linnet.explain;

/**
 * Points and weights of Gauss–Legendre quadrature on [0, 1]: roots of the Legendre polynomial by
 * Newton's method.
 */
final class GaussLegendre {
  private static final int ITERATIONS = 100;

  private final double[] points;
  private final double[] weights;

  private GaussLegendre(double[] points, double[] weights) {
    this.points = points;
    this.weights = weights;
  }

  static GaussLegendre of(int n) {
    double[] points = new double[n];
    double[] weights = new double[n];
    for (int i = 0; i < n; i++) {
      double x = Math.cos(Math.PI * (n - i - 0.25) / (n + 0.5)); // ascending
      double derivative = 1;
      for (int step = 0; step < ITERATIONS; step++) {
        double p = 1;
        double before = 0;
        for (int k = 1; k <= n; k++) { // k·Pₖ = (2k − 1)·x·Pₖ₋₁ − (k − 1)·Pₖ₋₂
          double next = ((2 * k - 1) * x * p - (k - 1) * before) / k;
          before = p;
          p = next;
        }
        derivative = n * (x * p - before) / (x * x - 1);
        double move = p / derivative;
        x -= move;
        if (Math.abs(move) < 1e-15) {
          break;
        }
      }
      points[i] = (1 + x) / 2;
      weights[i] = 1 / ((1 - x * x) * derivative * derivative);
    }
    return new GaussLegendre(points, weights);
  }

  int size() {
    return points.length;
  }

  /** In (0, 1), ascending. */
  double point(int i) {
    return points[i];
  }

  /** All sum to 1. */
  double weight(int i) {
    return weights[i];
  }
}
