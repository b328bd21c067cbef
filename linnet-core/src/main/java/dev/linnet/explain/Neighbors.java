package dev.linnet.explain;

import dev.linnet.base.Check;
import dev.linnet.tensor.Autograd;
import dev.linnet.tensor.Scope;
import dev.linnet.tensor.Tensor;
import dev.linnet.train.FeatureTable;
import java.util.Arrays;

/**
 * The nearest rows of a table by Euclidean distance, exactly: candidates by blocked matrix
 * products, {@code |x − y|² = |x|² − 2x·y + |y|²}, then their distances in float64.
 *
 * <p>Immutable, for any thread. Among rows at the same distance the first comes first.
 */
public final class Neighbors {
  /** Candidates beyond those that are asked for: float32 products may order near ones wrongly. */
  private static final int SPARE = 8;

  /** Products at once, which bounds the memory. */
  private static final int PRODUCTS = 1 << 22;

  private final int k;
  private final int[] rows;
  private final float[] squares;

  private Neighbors(int k, int[] rows, float[] squares) {
    this.k = k;
    this.rows = rows;
    this.squares = squares;
  }

  /**
   * The nearest other rows of each row of a table.
   *
   * @param k how many, in [1, rows)
   */
  public static Neighbors within(FeatureTable table, int k) {
    Check.that(k >= 1 && k < table.rows(), "k", k, "in [1, " + table.rows() + ")");
    return of(table, table, k, true);
  }

  /**
   * The nearest rows of a table for each row of another.
   *
   * @param queries of the same width
   * @param k how many, in [1, rows]
   */
  public static Neighbors of(FeatureTable table, FeatureTable queries, int k) {
    Check.that(k >= 1 && k <= table.rows(), "k", k, "in [1, " + table.rows() + "]");
    Check.that(
        queries.width() == table.width(), "width", queries.width(), String.valueOf(table.width()));
    return of(table, queries, k, false);
  }

  private static Neighbors of(FeatureTable table, FeatureTable queries, int k, boolean others) {
    int candidates = Math.min(table.rows(), k + SPARE + (others ? 1 : 0));
    int[] found = candidates(table, queries, candidates);
    int[] rows = new int[Math.multiplyExact(queries.rows(), k)];
    float[] squares = new float[rows.length];
    float[] all = table.toArray();
    float[] asked = others ? all : queries.toArray();
    int width = table.width();
    Blocks.run(
        queries.rows(),
        64,
        (from, to) -> {
          double[] distance = new double[candidates];
          int[] row = new int[candidates];
          for (int q = from; q < to; q++) {
            int count = 0;
            for (int c = 0; c < candidates; c++) {
              int candidate = found[q * candidates + c];
              if (others && candidate == q) {
                continue;
              }
              double square = square(all, candidate * width, asked, q * width, width);
              int at = count++;
              while (at > 0
                  && (distance[at - 1] > square
                      || (distance[at - 1] == square && row[at - 1] > candidate))) {
                distance[at] = distance[at - 1];
                row[at] = row[at - 1];
                at--;
              }
              distance[at] = square;
              row[at] = candidate;
            }
            for (int i = 0; i < k; i++) {
              rows[q * k + i] = row[i];
              squares[q * k + i] = (float) distance[i];
            }
          }
        });
    return new Neighbors(k, rows, squares);
  }

  /** Rows whose product is largest, in float32 around the mean, which keeps what counts. */
  private static int[] candidates(FeatureTable table, FeatureTable queries, int count) {
    int[] found = new int[Math.multiplyExact(queries.rows(), count)];
    int block = Math.max(1, Math.min(1024, PRODUCTS / Math.max(1, table.rows())));
    double[] means = Rows.means(table);
    float[] centered = centered(table, means);
    float[] asked = queries == table ? centered : centered(queries, means);
    int width = table.width();
    float[] half = new float[table.rows()];
    for (int row = 0; row < half.length; row++) {
      half[row] = (float) (-0.5 * product(centered, row * width, width));
    }
    Scope.run(
        "neighbors",
        () ->
            Autograd.off(
                () -> {
                  Tensor columns = Tensor.of(centered, table.rows(), width).transpose(0, 1);
                  Tensor norms = Tensor.of(half, 1, table.rows());
                  for (int from = 0; from < queries.rows(); from += block) {
                    int first = from;
                    int size = Math.min(block, queries.rows() - from);
                    float[] some = Arrays.copyOfRange(asked, first * width, (first + size) * width);
                    Scope.run(
                        "block",
                        () -> {
                          Tensor products =
                              norms.addMatmul(Tensor.of(some, size, width), columns, 1, 1);
                          long[] best = products.topk(count).indices().toLongs();
                          for (int i = 0; i < best.length; i++) {
                            found[first * count + i] = (int) best[i];
                          }
                        });
                  }
                  return norms;
                }));
    return found;
  }

  private static float[] centered(FeatureTable table, double[] means) {
    float[] values = table.toArray();
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) (values[i] - means[i % means.length]);
    }
    return values;
  }

  private static double product(float[] values, int from, int width) {
    double sum = 0;
    for (int i = from; i < from + width; i++) {
      sum += (double) values[i] * values[i];
    }
    return sum;
  }

  private static double square(float[] a, int atA, float[] b, int atB, int width) {
    double sum = 0;
    for (int i = 0; i < width; i++) {
      double difference = (double) a[atA + i] - b[atB + i];
      sum += difference * difference;
    }
    return sum;
  }

  /** How many neighbors each row has. */
  public int count() {
    return k;
  }

  /** A neighbor's row; {@code rank} in [0, count), the nearest first. */
  public int row(int query, int rank) {
    return rows[query * k + rank];
  }

  /** The squared distance to a neighbor. */
  public double square(int query, int rank) {
    return squares[query * k + rank];
  }

  /** The distance to a neighbor. */
  public double distance(int query, int rank) {
    return Math.sqrt(square(query, rank));
  }
}
