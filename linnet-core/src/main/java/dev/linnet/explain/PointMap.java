package dev.linnet.explain;

import dev.linnet.train.FeatureTable;

/** Points of the plane, one a picture. Immutable, for any thread. */
public final class PointMap {
  private final float[] x;
  private final float[] y;

  PointMap(float[] x, float[] y) {
    this.x = x.clone();
    this.y = y.clone();
  }

  /** The number of points. */
  public int size() {
    return x.length;
  }

  /** A point's place from left to right. */
  public float x(int point) {
    return x[point];
  }

  /** A point's place from bottom to top. */
  public float y(int point) {
    return y[point];
  }

  /** The points as a table of two columns, whose classes and pictures are those of another one. */
  FeatureTable table(FeatureTable of) {
    float[] values = new float[2 * x.length];
    for (int i = 0; i < x.length; i++) {
      values[2 * i] = x[i];
      values[2 * i + 1] = y[i];
    }
    return FeatureTable.of(values, 2, of.targets(), Rows.indices(of));
  }

  /**
   * How far a map may be trusted: 1 if the neighbors on the map are neighbors among the features.
   *
   * <pre>
   *   T = 1 − 2 / (n k (2n − 3k − 1)) · Σᵢ Σ_{j ∈ k nearest on the map} max(0, r(i, j) − k)
   *   r(i, j): j's rank among all by distance from i in the features, from 1
   * </pre>
   *
   * <p>Venna and Kaski, ICANN 2001.
   *
   * @param features the table of which the map was made
   * @param k neighbors that count, in [1, n / 2)
   * @return in [0, 1]
   */
  public double trustworthiness(FeatureTable features, int k) {
    return Trustworthiness.of(features, this, k);
  }
}
