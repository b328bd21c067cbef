package dev.linnet.metric;

import dev.linnet.base.Check;
import dev.linnet.tensor.Autograd;
import dev.linnet.tensor.Dims;
import dev.linnet.tensor.Scope;
import dev.linnet.tensor.Tensor;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Whether the nearest neighbors of a picture are of its class: each picture once as the query, all
 * others ranked by the cosine of their rows.
 *
 * <pre>
 *   recall@k = share of queries with one of their class among the k nearest
 *   AP@R     = 1/R · Σ_{i ≤ R} P(i)·[the i-th nearest is of the class],   R others are of the class
 *   mAP@R    = mean over the queries;   P(i): share of the class among the i nearest
 * </pre>
 *
 * <p>Recall@k as in Jégou et al. and Song et al., CVPR 2016, arXiv:1511.06452; mAP@R of Musgrave,
 * Belongie and Lim, ECCV 2020, arXiv:2003.08505, §3.2. Pictures that are alone in their class are
 * no queries. Of rows that are equally near the earlier comes first.
 *
 * <p>Immutable, for any thread.
 */
public final class Retrieval {
  private static final int BLOCK = 256;

  private final int[] nearest;
  private final float[] cosines;
  private final TreeMap<Integer, Double> recall = new TreeMap<>();
  private final double mapAtR;
  private final int queries;

  private Retrieval(
      int[] nearest, float[] cosines, Map<Integer, Double> recall, double mapAtR, int queries) {
    this.nearest = nearest;
    this.cosines = cosines;
    this.recall.putAll(recall);
    this.mapAtR = mapAtR;
    this.queries = queries;
  }

  /**
   * Ranks all rows for each row.
   *
   * @param rows [N, E], finite
   * @param labels N of them
   * @param ks for which recall is wanted, each at least 1
   */
  public static Retrieval of(Tensor rows, int[] labels, List<Integer> ks) {
    int n = Math.toIntExact(rows.dim(0));
    Check.that(labels.length == n, "labels", labels.length, "as many as rows, " + n);
    Check.that(ks.stream().allMatch(k -> k >= 1), "k", ks, "at least 1 each");
    int most = ks.stream().mapToInt(k -> k).max().orElse(1);
    Sums sums = new Sums(labels, ks, most);
    Scope.run(
        "retrieval",
        () ->
            Autograd.off(
                () -> {
                  Tensor unit = rows.div(rows.norm(Dims.keeping(1)).clamp(1e-12, 1e30));
                  Tensor columns = unit.transpose(0, 1);
                  for (int begin = 0; begin < n; begin += BLOCK) {
                    int first = begin;
                    int size = Math.min(BLOCK, n - begin);
                    Scope.run(
                        "block",
                        () ->
                            sums.add(
                                first,
                                size,
                                unit.narrow(0, first, size).matmul(columns).toFloats()));
                  }
                }));
    return sums.finish();
  }

  /** Sums over the queries. */
  private static final class Sums {
    private final int[] labels;
    private final int[] others;
    private final int[] ks;
    private final int most;
    private final int[] nearest;
    private final float[] cosines;
    private final long[] found;
    private double precision;
    private int queries;

    Sums(int[] labels, List<Integer> ks, int most) {
      this.labels = labels;
      this.ks = ks.stream().mapToInt(k -> k).toArray();
      this.most = most;
      nearest = new int[labels.length];
      cosines = new float[labels.length];
      found = new long[this.ks.length];
      Map<Integer, Integer> counts = new TreeMap<>();
      for (int label : labels) {
        counts.merge(label, 1, Integer::sum);
      }
      others = new int[labels.length];
      for (int i = 0; i < labels.length; i++) {
        others[i] = counts.getOrDefault(labels[i], 1) - 1;
      }
    }

    /** Queries from {@code first} on, each with a cosine for every row. */
    void add(int first, int size, float[] block) {
      int n = labels.length;
      for (int q = 0; q < size; q++) {
        int query = first + q;
        int wanted = Math.min(n - 1, Math.max(most, others[query]));
        int[] ranked = Largest.of(block, q * n, n, query, wanted);
        nearest[query] = ranked.length == 0 ? -1 : ranked[0];
        cosines[query] = ranked.length == 0 ? 0 : block[q * n + ranked[0]];
        if (others[query] > 0) {
          queries++;
          count(query, ranked);
        }
      }
    }

    private void count(int query, int[] ranked) {
      int right = 0;
      int rank = Integer.MAX_VALUE;
      double sum = 0;
      for (int i = 0; i < ranked.length; i++) {
        if (labels[ranked[i]] == labels[query]) {
          right++;
          rank = Math.min(rank, i + 1);
          sum += i < others[query] ? (double) right / (i + 1) : 0;
        }
      }
      precision += sum / others[query];
      for (int k = 0; k < ks.length; k++) {
        found[k] += rank <= ks[k] ? 1 : 0;
      }
    }

    Retrieval finish() {
      Map<Integer, Double> recall = new TreeMap<>();
      for (int k = 0; k < ks.length; k++) {
        recall.put(ks[k], (double) found[k] / Math.max(1, queries));
      }
      return new Retrieval(nearest, cosines, recall, precision / Math.max(1, queries), queries);
    }
  }

  /** Pictures that are not alone in their class. */
  public int queries() {
    return queries;
  }

  /**
   * Recall@k, in [0, 1]; 0 without queries.
   *
   * @throws IllegalArgumentException if that k was not asked for
   */
  public double recallAt(int k) {
    Double value = recall.get(k);
    if (value == null) {
      throw new IllegalArgumentException("recall@" + k + " was not asked for");
    }
    return value;
  }

  /** Recall by k, rising. */
  public Map<Integer, Double> recall() {
    return new TreeMap<>(recall);
  }

  /** MAP@R, in [0, 1]; 0 without queries. */
  public double mapAtR() {
    return mapAtR;
  }

  /** The row nearest to a row, but itself; −1 where there is no other. */
  public int nearest(int row) {
    return nearest[row];
  }

  /** The cosine of a row and that nearest to it. */
  public double cosine(int row) {
    return cosines[row];
  }
}
