package dev.linnet.explain;

import dev.linnet.base.Check;
import dev.linnet.tensor.Autograd;
import dev.linnet.tensor.Scope;
import dev.linnet.tensor.Tensor;
import dev.linnet.train.FeatureTable;
import java.util.Arrays;

/** {@link PointMap#trustworthiness}, by blocked matrix products in float64. */
final class Trustworthiness {
  private static final int DISTANCES = 1 << 22;

  private Trustworthiness() {}

  static double of(FeatureTable features, PointMap map, int k) {
    int n = features.rows();
    Check.that(map.size() == n, "points", map.size(), String.valueOf(n));
    Check.that(k >= 1 && 2 * k < n, "k", k, "at least 1 and below half of the " + n + " points");
    Neighbors near = Neighbors.within(map.table(features), k);
    long[] beyond = new long[n];
    Scope.run("trustworthiness", () -> Autograd.off(() -> count(features, near, k, beyond)));
    double scale = 2.0 / ((double) n * k * (2.0 * n - 3.0 * k - 1));
    return 1 - scale * Arrays.stream(beyond).sum();
  }

  private static Tensor count(FeatureTable features, Neighbors near, int k, long[] beyond) {
    int n = features.rows();
    int block = Math.max(1, DISTANCES / n);
    Tensor all = features.toTensor().to(dev.linnet.tensor.DType.FLOAT64);
    double[] norms = new double[n];
    for (int row = 0; row < n; row++) {
      for (int column = 0; column < features.width(); column++) {
        norms[row] += (double) features.value(row, column) * features.value(row, column);
      }
    }
    Tensor squares = Tensor.of(norms, 1, n);
    for (int from = 0; from < n; from += block) {
      int first = from;
      int size = Math.min(block, n - from);
      Scope.run(
          "block",
          () -> {
            Tensor rows = all.narrow(0, first, size);
            double[] distances = squares.addMatmul(rows, all.transpose(0, 1), 1, -2).toDoubles();
            Blocks.run(
                size,
                16,
                (low, high) -> {
                  for (int i = low; i < high; i++) {
                    beyond[first + i] = beyond(distances, i * n, n, near, first + i, k);
                  }
                });
          });
    }
    return all;
  }

  /** How far the map's neighbors of a point lie beyond its k nearest, in ranks. */
  private static long beyond(double[] distances, int at, int n, Neighbors near, int point, int k) {
    long beyond = 0;
    for (int rank = 0; rank < k; rank++) {
      int neighbor = near.row(point, rank);
      double distance = distances[at + neighbor];
      int nearer = 0;
      for (int j = 0; j < n; j++) {
        if (j != point && j != neighbor && distances[at + j] < distance) {
          nearer++;
        }
      }
      beyond += Math.max(0, nearer + 1 - k);
    }
    return beyond;
  }
}
