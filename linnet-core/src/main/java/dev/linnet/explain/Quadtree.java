package dev.linnet.explain;

import java.util.Arrays;

/**
 * Points of the plane in cells, for sums over all points of which far ones are taken together:
 * Barnes and Hut, Nature 1986.
 *
 * <p>Points are sorted along the Z-order curve, so that a cell is a range of them; cells that hold
 * what their parent holds are left out, and those of few points are not divided. Nodes lie in
 * preorder, each with the one that follows when it is not entered: a walk needs no stack. Built
 * anew by {@link #build}; then any thread may walk.
 */
final class Quadtree {
  /** A cell of so many points is not divided. */
  private static final int LEAF = 4;

  /** Bits a dimension. */
  private static final int DEPTH = 16;

  private final int points;
  private final long[] keys;
  private final int[] codes;
  private final int[] order;
  private final double[] x;
  private final double[] y;

  private int nodes;
  private final int[] next;
  private final int[] from;
  private final int[] to;
  private final boolean[] leaf;
  private final double[] centerX;
  private final double[] centerY;
  private final double[] width2;

  Quadtree(int points) {
    this.points = points;
    keys = new long[points];
    codes = new int[points];
    order = new int[points];
    x = new double[points];
    y = new double[points];
    int most = 2 * points + 1;
    next = new int[most];
    from = new int[most];
    to = new int[most];
    leaf = new boolean[most];
    centerX = new double[most];
    centerY = new double[most];
    width2 = new double[most];
  }

  /** Takes the points' places. */
  void build(double[] px, double[] py) {
    double lowX = Double.POSITIVE_INFINITY;
    double lowY = Double.POSITIVE_INFINITY;
    double highX = Double.NEGATIVE_INFINITY;
    double highY = Double.NEGATIVE_INFINITY;
    for (int i = 0; i < points; i++) {
      lowX = Math.min(lowX, px[i]);
      lowY = Math.min(lowY, py[i]);
      highX = Math.max(highX, px[i]);
      highY = Math.max(highY, py[i]);
    }
    double side = Math.max(Math.max(highX - lowX, highY - lowY), Double.MIN_NORMAL) * 1.0001;
    double scale = (1 << DEPTH) / side;
    for (int i = 0; i < points; i++) {
      long code =
          spread((int) ((px[i] - lowX) * scale)) | spread((int) ((py[i] - lowY) * scale)) << 1;
      keys[i] = code << 31 | i;
    }
    Arrays.parallelSort(keys);
    for (int s = 0; s < points; s++) {
      order[s] = (int) (keys[s] & 0x7FFFFFFF);
      codes[s] = (int) (keys[s] >>> 31);
      x[s] = px[order[s]];
      y[s] = py[order[s]];
    }
    nodes = 0;
    divide(0, points, side);
  }

  /** 16 bits, with a 0 between each and the next. */
  private static long spread(int bits) {
    long b = bits & 0xFFFF;
    b = (b | b << 8) & 0x00FF00FFL;
    b = (b | b << 4) & 0x0F0F0F0FL;
    b = (b | b << 2) & 0x33333333L;
    return (b | b << 1) & 0x55555555L;
  }

  /** Makes the node of a range and those below it. */
  private void divide(int low, int high, double side) {
    int node = nodes++;
    from[node] = low;
    to[node] = high;
    // Levels that all points of the range share are skipped: the smallest cell that holds them.
    int level = Math.min(DEPTH, Integer.numberOfLeadingZeros(codes[low] ^ codes[high - 1]) / 2);
    double width = side / (1 << level);
    width2[node] = width * width;
    leaf[node] = high - low <= LEAF || level == DEPTH;
    double sumX = 0;
    double sumY = 0;
    if (leaf[node]) {
      for (int s = low; s < high; s++) {
        sumX += x[s];
        sumY += y[s];
      }
    } else {
      int shift = 2 * (DEPTH - 1 - level);
      int start = low;
      while (start < high) {
        int end = end(start, high, shift);
        int child = nodes;
        divide(start, end, side);
        int count = end - start;
        sumX += centerX[child] * count;
        sumY += centerY[child] * count;
        start = end;
      }
    }
    centerX[node] = sumX / (high - low);
    centerY[node] = sumY / (high - low);
    next[node] = nodes;
  }

  /** The end of the points that are in the same quarter as the first. */
  private int end(int start, int high, int shift) {
    int quarter = codes[start] >>> shift;
    int low = start + 1;
    int end = high;
    while (low < end) {
      int middle = (low + end) >>> 1;
      if (codes[middle] >>> shift == quarter) {
        low = middle + 1;
      } else {
        end = middle;
      }
    }
    return low;
  }

  /** The point at a place of the curve. */
  int point(int place) {
    return order[place];
  }

  /**
   * The repulsion of the points at some places of the curve.
   *
   * <pre>
   *   q_ij = 1 / (1 + |y_i − y_j|²);   z_i = Σ_{j≠i} q_ij;   f_i = Σ_{j≠i} q_ij² (y_i − y_j)
   * </pre>
   *
   * @param theta2 square of the angle below which a cell counts as one point
   * @param fx by point, written; likewise fy
   * @param z by place on the curve, written
   */
  void repel(int first, int last, double theta2, double[] fx, double[] fy, double[] z) {
    for (int s = first; s < last; s++) {
      double px = x[s];
      double py = y[s];
      double sum = -1; // less the point itself, which is in a leaf that is looked at
      double forceX = 0;
      double forceY = 0;
      int node = 0;
      while (node < nodes) {
        double dx = px - centerX[node];
        double dy = py - centerY[node];
        double d2 = dx * dx + dy * dy;
        if (width2[node] < theta2 * d2) {
          double q = 1 / (1 + d2);
          double all = (to[node] - from[node]) * q;
          sum += all;
          forceX += all * q * dx;
          forceY += all * q * dy;
          node = next[node];
        } else if (leaf[node]) {
          for (int j = from[node]; j < to[node]; j++) {
            double nearX = px - x[j];
            double nearY = py - y[j];
            double q = 1 / (1 + nearX * nearX + nearY * nearY);
            sum += q;
            forceX += q * q * nearX;
            forceY += q * q * nearY;
          }
          node = next[node];
        } else {
          node++;
        }
      }
      fx[order[s]] = forceX;
      fy[order[s]] = forceY;
      z[s] = sum;
    }
  }
}
