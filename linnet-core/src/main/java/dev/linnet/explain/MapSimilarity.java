package dev.linnet.explain;

import dev.linnet.base.Check;
import java.util.Arrays;

/**
 * How alike two heatmaps of one size are.
 *
 * <p>Equal to SciPy's {@code spearmanr} and scikit-image's {@code structural_similarity} with a
 * data range of 1.
 */
public final class MapSimilarity {
  private static final int WINDOW = 7;
  private static final double C1 = 0.01 * 0.01;
  private static final double C2 = 0.03 * 0.03;

  private MapSimilarity() {}

  /**
   * Spearman's rank correlation, in [−1, 1]; equal numbers share their mean rank. 0 where a map is
   * constant, as it has no order.
   */
  public static double rankCorrelation(Heatmap a, Heatmap b) {
    checkSizes(a, b);
    double[] x = ranks(a.toArray());
    double[] y = ranks(b.toArray());
    double mean = (x.length - 1) / 2.0;
    double xy = 0;
    double xx = 0;
    double yy = 0;
    for (int i = 0; i < x.length; i++) {
      xy += (x[i] - mean) * (y[i] - mean);
      xx += (x[i] - mean) * (x[i] - mean);
      yy += (y[i] - mean) * (y[i] - mean);
    }
    return xx == 0 || yy == 0 ? 0 : xy / Math.sqrt(xx * yy);
  }

  private static double[] ranks(float[] values) {
    Integer[] order = new Integer[values.length];
    Arrays.setAll(order, i -> i);
    Arrays.sort(order, (i, j) -> Float.compare(values[i], values[j]));
    double[] ranks = new double[values.length];
    for (int start = 0; start < order.length; ) {
      int end = start;
      while (end < order.length && values[order[end]] == values[order[start]]) {
        end++;
      }
      for (int k = start; k < end; k++) {
        ranks[order[k]] = (start + end - 1) / 2.0;
      }
      start = end;
    }
    return ranks;
  }

  /**
   * Structural similarity of maps in [0, 1]: the mean over windows of 7×7, or of the largest odd
   * side that fits, in [−1, 1]. Wang et al., IEEE TIP 2004, eq. 13, with unbiased variances.
   */
  public static double structural(Heatmap a, Heatmap b) {
    checkSizes(a, b);
    int height = a.size().height();
    int width = a.size().width();
    int shorter = Math.min(height, width);
    int side = Math.min(WINDOW, shorter % 2 == 0 ? shorter - 1 : shorter);
    double n = (double) side * side;
    double unbiased = n > 1 ? n / (n - 1) : 1;
    double[][] sums = new double[5][]; // of x, y, x², y², x·y over all pixels above and to the left
    for (int k = 0; k < sums.length; k++) {
      sums[k] = integral(a, b, k);
    }
    double total = 0;
    int windows = 0;
    for (int row = 0; row + side <= height; row++) {
      for (int column = 0; column + side <= width; column++) {
        double x = mean(sums[0], width, row, column, side);
        double y = mean(sums[1], width, row, column, side);
        double xx = unbiased * (mean(sums[2], width, row, column, side) - x * x);
        double yy = unbiased * (mean(sums[3], width, row, column, side) - y * y);
        double xy = unbiased * (mean(sums[4], width, row, column, side) - x * y);
        total += (2 * x * y + C1) * (2 * xy + C2) / ((x * x + y * y + C1) * (xx + yy + C2));
        windows++;
      }
    }
    return total / windows;
  }

  private static double[] integral(Heatmap a, Heatmap b, int kind) {
    int height = a.size().height();
    int width = a.size().width();
    double[] sums = new double[(height + 1) * (width + 1)];
    for (int row = 0; row < height; row++) {
      double line = 0;
      for (int column = 0; column < width; column++) {
        double x = a.value(row, column);
        double y = b.value(row, column);
        line +=
            switch (kind) {
              case 0 -> x;
              case 1 -> y;
              case 2 -> x * x;
              case 3 -> y * y;
              default -> x * y;
            };
        int at = (row + 1) * (width + 1) + column + 1;
        sums[at] = sums[at - width - 1] + line;
      }
    }
    return sums;
  }

  private static double mean(double[] sums, int width, int row, int column, int side) {
    int top = row * (width + 1) + column;
    int bottom = (row + side) * (width + 1) + column;
    return (sums[bottom + side] - sums[bottom] - sums[top + side] + sums[top])
        / ((double) side * side);
  }

  private static void checkSizes(Heatmap a, Heatmap b) {
    Check.that(a.size().equals(b.size()), "map", b.size(), "of the other map's size, " + a.size());
  }
}
