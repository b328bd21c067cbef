package dev.linnet.explain;

import java.util.Arrays;

/**
 * How near points are to each other as probabilities: t-SNE's P, of near neighbors only.
 *
 * <pre>
 *   p_{j|i} ∝ exp(−β_i d²_ij), β_i such that 2^H(p_i) = perplexity;   p_ij = (p_{j|i} + p_{i|j}) / 2n
 * </pre>
 *
 * <p>Row i's entries are {@code start[i]} to {@code start[i + 1] − 1}, by column. They sum to 1.
 */
final class Affinities {
  private static final int STEPS = 100;
  private static final double TOLERANCE = 1e-5;

  final int[] start;
  final int[] column;
  final float[] p;

  private Affinities(int[] start, int[] column, float[] p) {
    this.start = start;
    this.column = column;
    this.p = p;
  }

  static Affinities of(Neighbors near, int points, double perplexity) {
    int k = near.count();
    double[] conditional = new double[Math.multiplyExact(points, k)];
    int[] own = new int[conditional.length];
    Blocks.run(
        points,
        256,
        (from, to) -> {
          for (int i = from; i < to; i++) {
            calibrate(near, i, perplexity, conditional);
            sortByColumn(near, i, own, conditional);
          }
        });
    int[] incoming = new int[points + 1];
    for (int column : own) {
      incoming[column + 1]++;
    }
    for (int i = 0; i < points; i++) {
      incoming[i + 1] += incoming[i];
    }
    int[] source = new int[own.length];
    double[] back = new double[own.length];
    int[] at = Arrays.copyOf(incoming, points);
    for (int i = 0; i < points; i++) {
      for (int e = i * k; e < (i + 1) * k; e++) {
        int place = at[own[e]]++;
        source[place] = i;
        back[place] = conditional[e];
      }
    }
    return merge(points, k, own, conditional, incoming, source, back);
  }

  /** Both directions in one row: two lists by column become one. */
  private static Affinities merge(
      int points,
      int k,
      int[] own,
      double[] conditional,
      int[] incoming,
      int[] source,
      double[] back) {
    int[] start = new int[points + 1];
    int[] column = new int[2 * own.length];
    double[] p = new double[2 * own.length];
    int n = 0;
    for (int i = 0; i < points; i++) {
      int a = i * k;
      int b = incoming[i];
      while (a < (i + 1) * k || b < incoming[i + 1]) {
        int left = a < (i + 1) * k ? own[a] : Integer.MAX_VALUE;
        int right = b < incoming[i + 1] ? source[b] : Integer.MAX_VALUE;
        column[n] = Math.min(left, right);
        p[n] = (left <= right ? conditional[a++] : 0) + (right <= left ? back[b++] : 0);
        n++;
      }
      start[i + 1] = n;
    }
    double sum = 0;
    for (int e = 0; e < n; e++) {
      sum += p[e];
    }
    float[] shares = new float[n];
    for (int e = 0; e < n; e++) {
      shares[e] = (float) (p[e] / sum);
    }
    return new Affinities(start, Arrays.copyOf(column, n), shares);
  }

  /** Finds β by bisection; distances from the least, which changes nothing and never underflows. */
  private static void calibrate(Neighbors near, int i, double perplexity, double[] conditional) {
    int k = near.count();
    double wanted = Math.log(perplexity);
    double least = near.square(i, 0);
    double beta = 1;
    double low = Double.NEGATIVE_INFINITY;
    double high = Double.POSITIVE_INFINITY;
    double sum = 1;
    for (int step = 0; step < STEPS; step++) {
      sum = 0;
      double weighted = 0;
      for (int r = 0; r < k; r++) {
        double distance = near.square(i, r) - least;
        double p = Math.exp(-beta * distance);
        conditional[i * k + r] = p;
        sum += p;
        weighted += distance * p;
      }
      double difference = Math.log(sum) + beta * weighted / sum - wanted;
      if (Math.abs(difference) <= TOLERANCE) {
        break;
      }
      if (difference > 0) {
        low = beta;
        beta = high == Double.POSITIVE_INFINITY ? beta * 2 : (beta + high) / 2;
      } else {
        high = beta;
        beta = low == Double.NEGATIVE_INFINITY ? beta / 2 : (beta + low) / 2;
      }
    }
    for (int r = 0; r < k; r++) {
      conditional[i * k + r] /= sum;
    }
  }

  private static void sortByColumn(Neighbors near, int i, int[] own, double[] conditional) {
    int k = near.count();
    long[] keys = new long[k];
    double[] values = Arrays.copyOfRange(conditional, i * k, (i + 1) * k);
    for (int r = 0; r < k; r++) {
      keys[r] = (long) near.row(i, r) << 32 | r;
    }
    Arrays.sort(keys);
    for (int r = 0; r < k; r++) {
      own[i * k + r] = (int) (keys[r] >>> 32);
      conditional[i * k + r] = values[(int) keys[r]];
    }
  }
}
