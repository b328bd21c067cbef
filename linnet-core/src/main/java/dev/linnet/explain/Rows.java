package dev.linnet.explain;

import dev.linnet.base.LinnetException;
import dev.linnet.train.FeatureTable;

/** What is asked of tables of features before anything is computed of them, and simple changes. */
final class Rows {
  private Rows() {}

  /**
   * Refuses a table that holds NaN or infinity.
   *
   * @throws LinnetException with the first row that does
   */
  static void checkFinite(FeatureTable table) {
    for (int row = 0; row < table.rows(); row++) {
      for (int column = 0; column < table.width(); column++) {
        if (!Float.isFinite(table.value(row, column))) {
          throw new LinnetException(
              "features: got %s in row %d, column %d; must be finite; do the network's weights hold NaN?"
                  .formatted(table.value(row, column), row, column));
        }
      }
    }
  }

  /** The mean of each column, summed in the order of the rows. */
  static double[] means(FeatureTable table) {
    double[] means = new double[table.width()];
    for (int row = 0; row < table.rows(); row++) {
      for (int column = 0; column < means.length; column++) {
        means[column] += table.value(row, column);
      }
    }
    for (int column = 0; column < means.length; column++) {
      means[column] /= Math.max(1, table.rows());
    }
    return means;
  }

  /** The same rows at length 1, so that Euclidean neighbors are those of the cosine; 0 stays 0. */
  static FeatureTable normalized(FeatureTable table) {
    float[] values = table.toArray();
    int width = table.width();
    for (int row = 0; row < table.rows(); row++) {
      double squares = 0;
      for (int i = row * width; i < (row + 1) * width; i++) {
        squares += (double) values[i] * values[i];
      }
      double scale = squares > 0 ? 1 / Math.sqrt(squares) : 0;
      for (int i = row * width; i < (row + 1) * width; i++) {
        values[i] = (float) (values[i] * scale);
      }
    }
    return FeatureTable.of(values, width, table.targets(), indices(table));
  }

  /** The position of each row's picture in its set. */
  static int[] indices(FeatureTable table) {
    int[] indices = new int[table.rows()];
    for (int row = 0; row < indices.length; row++) {
      indices[row] = table.index(row);
    }
    return indices;
  }
}
