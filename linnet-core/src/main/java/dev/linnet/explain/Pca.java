package dev.linnet.explain;

import dev.linnet.base.Check;
import dev.linnet.tensor.Autograd;
import dev.linnet.tensor.DType;
import dev.linnet.tensor.Device;
import dev.linnet.tensor.Scope;
import dev.linnet.tensor.Tensor;
import dev.linnet.train.FeatureTable;
import java.util.Arrays;

/**
 * Principal components: the directions along which features vary most.
 *
 * <pre>
 *   C = XᵀX / (n − 1),  X centered;   C v = λ v;   score = (x − mean) · v
 *   with fewer rows than columns from X Xᵀ / (n − 1), whose vectors u give v = Xᵀu / |Xᵀu|
 * </pre>
 *
 * <p>Pearson, Philosophical Magazine 1901; Hotelling, Journal of Educational Psychology 1933. In
 * float64. A component's sign is such that its entry of largest magnitude is positive, as
 * scikit-learn 1.5 has it. Card: docs/explain/pca.md. Immutable, for any thread.
 */
public final class Pca {
  private static final int BLOCK = 1024;

  private final double[] mean;
  private final double[][] components;
  private final double[] variances;
  private final double total;

  private Pca(double[] mean, double[][] components, double[] variances, double total) {
    this.mean = mean;
    this.components = components;
    this.variances = variances;
    this.total = total;
  }

  /**
   * The first components of a table.
   *
   * @param count how many, in [1, min(rows, width)]
   * @throws dev.linnet.base.LinnetException if a feature is not finite
   */
  public static Pca of(FeatureTable table, int count) {
    Check.that(table.rows() >= 2, "points", table.rows(), "at least 2 for principal components");
    int most = Math.min(table.rows(), table.width());
    Check.that(count >= 1 && count <= most, "components", count, "in [1, " + most + "]");
    Rows.checkFinite(table);
    Pca[] made = new Pca[1];
    Scope.run("pca", () -> made[0] = Autograd.off(() -> fit(table, count)));
    return made[0];
  }

  private static Pca fit(FeatureTable table, int count) {
    double[] mean = Rows.means(table);
    boolean wide = table.rows() < table.width();
    Tensor matrix = wide ? gram(table, mean) : covariance(table, mean);
    Tensor.Eigen eigen = matrix.symmetricEigen();
    double[] values = eigen.values().toDoubles();
    double total = Math.max(0, Arrays.stream(values).sum());
    double[][] components = new double[count][];
    double[] variances = new double[count];
    for (int c = 0; c < count; c++) {
      int column = values.length - 1 - c;
      Tensor vector = eigen.vectors().select(1, column);
      Tensor direction =
          wide
              ? vector.reshape(1, -1).matmul(centered(table, mean, 0, table.rows())).flatten(0)
              : vector;
      components[c] = unit(direction.toDoubles());
      variances[c] = Math.max(0, values[column]);
    }
    return new Pca(mean, components, variances, total);
  }

  private static Tensor covariance(FeatureTable table, double[] mean) {
    Tensor sum = Tensor.zeros(DType.FLOAT64, Device.CPU, table.width(), table.width());
    for (int from = 0; from < table.rows(); from += BLOCK) {
      int first = from;
      int size = Math.min(BLOCK, table.rows() - from);
      Scope.run(
          "block",
          () -> {
            Tensor x = centered(table, mean, first, size);
            sum.addInPlace(x.transpose(0, 1).matmul(x));
          });
    }
    return sum.div(table.rows() - 1.0);
  }

  private static Tensor gram(FeatureTable table, double[] mean) {
    Tensor x = centered(table, mean, 0, table.rows());
    return x.matmul(x.transpose(0, 1)).div(table.rows() - 1.0);
  }

  private static Tensor centered(FeatureTable table, double[] mean, int from, int rows) {
    double[] values = new double[rows * mean.length];
    for (int i = 0; i < values.length; i++) {
      values[i] = table.value(from + i / mean.length, i % mean.length) - mean[i % mean.length];
    }
    return Tensor.of(values, rows, mean.length);
  }

  /** Of length 1, the entry of largest magnitude positive; zeros where there is no direction. */
  private static double[] unit(double[] direction) {
    double squares = 0;
    double largest = 0;
    for (double entry : direction) {
      squares += entry * entry;
      if (Math.abs(entry) > Math.abs(largest)) {
        largest = entry;
      }
    }
    double scale = squares > 0 ? Math.copySign(1 / Math.sqrt(squares), largest) : 0;
    double[] unit = new double[direction.length];
    for (int i = 0; i < unit.length; i++) {
      unit[i] = direction[i] * scale;
    }
    return unit;
  }

  /** The number of components. */
  public int count() {
    return components.length;
  }

  /** A copy of a component, of the table's width; {@code index} in [0, count). */
  public double[] component(int index) {
    return components[index].clone();
  }

  /** The variance of the scores of a component. */
  public double variance(int index) {
    return variances[index];
  }

  /** The share of all variance that a component explains, in [0, 1]; 0 where nothing varies. */
  public double share(int index) {
    return total > 0 ? variances[index] / total : 0;
  }

  /**
   * Where rows lie along the components.
   *
   * @return row after row, rows × count
   */
  public double[] scores(FeatureTable table) {
    Check.that(table.width() == mean.length, "width", table.width(), String.valueOf(mean.length));
    double[] scores = new double[table.rows() * count()];
    double[] flat = new double[count() * mean.length];
    for (int c = 0; c < count(); c++) {
      System.arraycopy(components[c], 0, flat, c * mean.length, mean.length);
    }
    Scope.run(
        "pca",
        () -> {
          Tensor directions = Tensor.of(flat, count(), mean.length).transpose(0, 1);
          for (int from = 0; from < table.rows(); from += BLOCK) {
            int first = from;
            int size = Math.min(BLOCK, table.rows() - from);
            Scope.run(
                "block",
                () -> {
                  double[] some = centered(table, mean, first, size).matmul(directions).toDoubles();
                  System.arraycopy(some, 0, scores, first * count(), some.length);
                });
          }
        });
    return scores;
  }

  /** The first two components as a map. */
  public PointMap map(FeatureTable table) {
    double[] scores = scores(table);
    float[] x = new float[table.rows()];
    float[] y = new float[table.rows()];
    for (int row = 0; row < x.length; row++) {
      x[row] = (float) scores[row * count()];
      y[row] = count() > 1 ? (float) scores[row * count() + 1] : 0;
    }
    return new PointMap(x, y);
  }

  @Override
  public String toString() {
    return count() + " components of " + mean.length + " features";
  }
}
