package dev.linnet.train.probe;

import dev.linnet.base.Check;
import dev.linnet.tensor.Autograd;
import dev.linnet.tensor.DType;
import dev.linnet.tensor.Scope;
import dev.linnet.tensor.Tensor;
import dev.linnet.train.FeatureTable;

/**
 * How probable the classes are given the features, under a linear model whose weights are
 * integrated out: the logarithm of the maximum evidence, a picture; larger is better.
 *
 * <pre>
 *   evidence = D/2·log α + N/2·log β − 1/2·log det(αI + βFᵀF) − β/2·‖Fm − y‖² − α/2·‖m‖² − N/2·log 2π
 *   with α, β that maximize it; the mean over the classes, y being 1 where a picture is of the class
 * </pre>
 *
 * <p>You et al., ICML 2021, arXiv:2102.11005, Algorithm 1; the authors' code for the fixed point:
 * at most 11 steps from α = β = 1, until α / β changes by less than 1 %. It compares features of
 * one data set, such as those of the layers of a network.
 */
public final class LogMe {
  private static final int STEPS = 11;
  private static final double EPSILON = 1e-5;

  private LogMe() {}

  /**
   * The score of a table.
   *
   * @param classes at least 2
   */
  public static double score(FeatureTable table, int classes) {
    Check.that(classes >= 2, "classes", classes, "at least 2 for LogME");
    double[] score = new double[1];
    Scope.run("logme", () -> score[0] = Autograd.off(() -> mean(table, classes)));
    return score[0];
  }

  private static double mean(FeatureTable table, int classes) {
    Tensor f = table.toTensor().to(DType.FLOAT64);
    boolean wide = table.rows() < table.width();
    Tensor square = wide ? f.matmul(f.transpose(0, 1)) : f.transpose(0, 1).matmul(f);
    Tensor.Eigen eigen = square.symmetricEigen();
    double[] s = eigen.values().clamp(0, Double.MAX_VALUE).toDoubles();
    // u: the left singular vectors [N, r] of F, scaled by the singular values where F is not wide
    Tensor u = wide ? eigen.vectors() : f.matmul(eigen.vectors());
    double sum = 0;
    for (int k = 0; k < classes; k++) {
      double[] y = new double[table.rows()];
      double ones = 0;
      for (int row = 0; row < y.length; row++) {
        y[row] = table.target(row) == k ? 1 : 0;
        ones += y[row];
      }
      double[] z = u.transpose(0, 1).matmul(Tensor.of(y, y.length, 1)).flatten(0).toDoubles();
      double[] squares = new double[z.length]; // of uᵀy with u of length 1
      for (int i = 0; i < z.length; i++) {
        squares[i] = wide ? z[i] * z[i] : s[i] > 1e-12 * s[s.length - 1] ? z[i] * z[i] / s[i] : 0;
      }
      sum += evidence(s, squares, ones, table.rows(), table.width());
    }
    return sum / classes;
  }

  /**
   * The evidence of one class, a picture.
   *
   * @param s eigenvalues of FᵀF that may be above 0
   * @param z (uᵀy)² for each of them
   * @param yy ‖y‖²
   */
  private static double evidence(double[] s, double[] z, double yy, int n, int d) {
    double inside = 0;
    for (double part : z) {
      inside += part;
    }
    double outside = Math.max(0, yy - inside);
    double alpha = 1;
    double beta = 1;
    double ratio = 1;
    double length = 0;
    double error = 0;
    for (int step = 0; step < STEPS; step++) {
      double gamma = 0;
      length = 0;
      error = outside;
      for (int i = 0; i < s.length; i++) {
        gamma += s[i] / (s[i] + ratio);
        double m = beta / (alpha + beta * s[i]);
        length += m * m * s[i] * z[i];
        double left = 1 - m * s[i];
        error += left * left * z[i];
      }
      alpha = gamma / (length + EPSILON);
      beta = (n - gamma) / (error + EPSILON);
      double next = alpha / beta;
      boolean settled = Math.abs(next - ratio) / ratio < 0.01;
      if (settled) {
        break;
      }
      ratio = next;
    }
    double logs = (d - s.length) * Math.log(alpha);
    for (double value : s) {
      logs += Math.log(alpha + beta * value);
    }
    double evidence =
        d / 2.0 * Math.log(alpha)
            + n / 2.0 * Math.log(beta)
            - 0.5 * logs
            - beta / 2 * (error + EPSILON)
            - alpha / 2 * (length + EPSILON)
            - n / 2.0 * Math.log(2 * Math.PI);
    return evidence / n;
  }
}
