package dev.linnet.train.probe;

import dev.linnet.base.Check;
import dev.linnet.base.RandomState;
import dev.linnet.tensor.Autograd;
import dev.linnet.tensor.Dims;
import dev.linnet.tensor.Scope;
import dev.linnet.tensor.Tensor;
import dev.linnet.train.FeatureTable;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * A linear classifier of features: multinomial logistic regression.
 *
 * <pre>
 *   minimize over W, b:  mean over pictures of −log softmax(W·x + b)[class]  +  λ/2 · ‖W‖²
 * </pre>
 *
 * <p>The minimum is unique and found by L-BFGS; scikit-learn's {@code LogisticRegression} has C = 1
 * / (λ·pictures). As a measure of a representation: Alain and Bengio, arXiv:1610.01644. λ is chosen
 * by cross-validation among multiples of the mean squared length of the centered features.
 *
 * <p>Immutable, for any thread.
 */
public final class LinearProbe {
  private static final double[] DECAYS = {1, 1e-1, 1e-2, 1e-3, 1e-4};
  private static final double TOLERANCE = 1e-5;
  private static final int STEPS = 200;
  private static final int FOLDS = 5;
  private static final long FOLD_STREAM = 31;

  private final float[] weight;
  private final float[] bias;
  private final int width;
  private final double decay;
  private final double validated;

  private LinearProbe(float[] weight, float[] bias, int width, double decay, double validated) {
    this.weight = weight;
    this.bias = bias;
    this.width = width;
    this.decay = decay;
    this.validated = validated;
  }

  /**
   * The classifier for a given λ.
   *
   * @param classes at least 2
   * @param decay λ, above 0
   */
  public static LinearProbe fit(FeatureTable table, int classes, double decay) {
    Check.that(classes >= 2, "classes", classes, "at least 2 for a linear probe");
    Check.that(decay > 0, "decay", decay, "above 0");
    return new Fit(table, classes).at(decay, Double.NaN);
  }

  /**
   * The classifier with the λ that does best in five-fold cross-validation, stratified; of equal
   * ones the largest.
   *
   * @param random of the folds
   */
  public static LinearProbe of(FeatureTable table, int classes, RandomState random) {
    Check.that(classes >= 2, "classes", classes, "at least 2 for a linear probe");
    double scale = spread(table);
    int[] folds = folds(table, classes, random.at(FOLD_STREAM));
    int[] right = new int[DECAYS.length];
    for (int fold = 0; fold < FOLDS; fold++) {
      FeatureTable train = part(table, folds, fold, false);
      FeatureTable held = part(table, folds, fold, true);
      if (held.rows() > 0 && train.rows() > 0) {
        Fit fit = new Fit(train, classes); // each λ starts where the one before ended
        for (int d = 0; d < DECAYS.length; d++) {
          LinearProbe probe = fit.at(DECAYS[d] * scale, Double.NaN);
          right[d] += (int) Math.round(probe.accuracy(held) / 100 * held.rows());
        }
      }
    }
    int best = 0;
    for (int d = 1; d < DECAYS.length; d++) {
      best = right[d] > right[best] ? d : best;
    }
    return new Fit(table, classes).at(DECAYS[best] * scale, 100.0 * right[best] / table.rows());
  }

  /** Mean squared distance from the mean, at least a tiny number. */
  private static double spread(FeatureTable table) {
    double[] mean = means(table);
    double sum = 0;
    for (int row = 0; row < table.rows(); row++) {
      for (int c = 0; c < table.width(); c++) {
        double d = table.value(row, c) - mean[c];
        sum += d * d;
      }
    }
    return Math.max(1e-12, sum / table.rows());
  }

  private static double[] means(FeatureTable table) {
    double[] mean = new double[table.width()];
    for (int row = 0; row < table.rows(); row++) {
      for (int c = 0; c < mean.length; c++) {
        mean[c] += table.value(row, c) / (double) table.rows();
      }
    }
    return mean;
  }

  /** The fold of each row: those of a class go round; a mirror image goes with its picture. */
  private static int[] folds(FeatureTable table, int classes, RandomState random) {
    int[] folds = new int[table.rows()];
    int[] seen = new int[classes];
    Map<Integer, Integer> ofPicture = new HashMap<>();
    for (int row : random.permutation(table.rows())) {
      folds[row] =
          ofPicture.computeIfAbsent(table.index(row), picture -> seen[table.target(row)]++ % FOLDS);
    }
    return folds;
  }

  private static FeatureTable part(FeatureTable table, int[] folds, int fold, boolean held) {
    List<Integer> rows = new ArrayList<>();
    for (int row = 0; row < folds.length; row++) {
      if ((folds[row] == fold) == held) {
        rows.add(row);
      }
    }
    return table.select(rows.stream().mapToInt(Integer::intValue).toArray());
  }

  // ------------------------------------------------------------------ what it is

  /** A copy of W, [classes, width] row after row. */
  public float[] weight() {
    return weight.clone();
  }

  /** A copy of b, [classes]. */
  public float[] bias() {
    return bias.clone();
  }

  /** λ. */
  public double decay() {
    return decay;
  }

  /** Accuracy in cross-validation, in percent; not a number where λ was given. */
  public double validated() {
    return validated;
  }

  /** Accuracy on other features, in percent. */
  public double accuracy(FeatureTable table) {
    int[] answers = predict(table);
    int right = 0;
    for (int row = 0; row < answers.length; row++) {
      right += answers[row] == table.target(row) ? 1 : 0;
    }
    return table.rows() == 0 ? 0 : 100.0 * right / table.rows();
  }

  /** The class of each row. */
  public int[] predict(FeatureTable table) {
    if (table.rows() == 0) {
      return new int[0];
    }
    int[][] answers = new int[1][];
    Scope.run(
        "probe",
        () ->
            answers[0] =
                Arrays.stream(
                        table
                            .toTensor()
                            .linear(
                                Tensor.of(weight, bias.length, width), Tensor.of(bias, bias.length))
                            .argmax(1)
                            .toLongs())
                    .mapToInt(Math::toIntExact)
                    .toArray());
    return answers[0];
  }

  /** The fits of one table; each begins where the one before ended. */
  private static final class Fit {
    private final FeatureTable table;
    private final int classes;
    private final double[] mean;
    private double[] start;

    Fit(FeatureTable table, int classes) {
      this.table = table;
      this.classes = classes;
      this.mean = means(table);
      this.start = new double[classes * (table.width() + 1)];
    }

    LinearProbe at(double decay, double validated) {
      int width = table.width();
      double[][] found = new double[1][];
      Scope.run(
          "probe",
          () ->
              Autograd.off(
                  () -> {
                    float[] shift = new float[width];
                    for (int c = 0; c < width; c++) {
                      shift[c] = (float) mean[c];
                    }
                    Tensor x = table.toTensor().sub(Tensor.of(shift, 1, width));
                    long[] labels = Arrays.stream(table.targets()).asLongStream().toArray();
                    Tensor y = Tensor.of(labels, labels.length).oneHot(classes);
                    found[0] =
                        Lbfgs.minimize(
                            w -> objective(w, x, y, decay), start.clone(), TOLERANCE, STEPS);
                  }));
      start = found[0];
      float[] weight = new float[classes * width];
      float[] bias = new float[classes];
      for (int k = 0; k < classes; k++) {
        double offset = found[0][classes * width + k];
        for (int c = 0; c < width; c++) {
          weight[k * width + c] = (float) found[0][k * width + c];
          offset -= found[0][k * width + c] * mean[c];
        }
        bias[k] = (float) offset;
      }
      return new LinearProbe(weight, bias, width, decay, validated);
    }

    private Lbfgs.At objective(double[] w, Tensor x, Tensor y, double decay) {
      int width = table.width();
      Lbfgs.At[] at = new Lbfgs.At[1];
      Scope.run(
          "objective",
          () -> {
            float[] narrow = new float[w.length];
            double squares = 0;
            for (int i = 0; i < w.length; i++) {
              narrow[i] = (float) w[i];
              squares += i < classes * width ? w[i] * w[i] : 0;
            }
            Tensor weight = Tensor.of(Arrays.copyOf(narrow, classes * width), classes, width);
            Tensor bias = Tensor.of(Arrays.copyOfRange(narrow, classes * width, w.length), classes);
            Tensor logs = x.linear(weight, bias).logSoftmax(1);
            double n = table.rows();
            double loss = -logs.mul(y).sum().item() / n + decay / 2 * squares;
            Tensor error = logs.exp().sub(y).div(n);
            float[] ofWeight = error.transpose(0, 1).matmul(x).toFloats();
            float[] ofBias = error.sum(Dims.of(0)).toFloats();
            double[] gradient = new double[w.length];
            for (int i = 0; i < ofWeight.length; i++) {
              gradient[i] = ofWeight[i] + decay * w[i];
            }
            for (int k = 0; k < classes; k++) {
              gradient[ofWeight.length + k] = ofBias[k];
            }
            at[0] = new Lbfgs.At(loss, gradient);
          });
      return at[0];
    }
  }
}
