package dev.linnet.explain;

import dev.linnet.base.Check;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * Finds pictures whose class is likely wrong, by what a network says of them.
 *
 * <pre>
 *   t_k = mean of p̂_k(x) over pictures x of class k
 *   x of class y counts as k* = argmax {p̂_k(x) : p̂_k(x) ≥ t_k};   suspect where k* ≠ y
 *   the worst first, by p̂_y(x) − max_{k≠y} p̂_k(x)
 * </pre>
 *
 * <p>Northcutt, Jiang and Chuang, JAIR 2021, arXiv:1911.00068. The network should not have been
 * trained on these pictures: it may have learnt their wrong classes by heart. Card:
 * docs/explain/mislabelled.md.
 */
public final class ConfidentLearning {
  private ConfidentLearning() {}

  /**
   * A picture whose class is likely wrong.
   *
   * @param row of the picture
   * @param suggested the class that it counts as
   * @param margin p̂ of its class less the largest of another, in [−1, 1]
   */
  public record Suspect(int row, int suggested, double margin) {}

  /**
   * The suspects among pictures.
   *
   * @param probabilities row after row, [pictures × classes]
   * @param labels class of each picture
   */
  public static List<Suspect> suspects(float[] probabilities, int[] labels, int classes) {
    Check.that(
        probabilities.length == (long) labels.length * classes,
        "probabilities",
        probabilities.length,
        "pictures × classes = " + labels.length + " × " + classes);
    double[] thresholds = thresholds(probabilities, labels, classes);
    List<Suspect> suspects = new ArrayList<>();
    for (int row = 0; row < labels.length; row++) {
      int counted = -1;
      double other = 0;
      for (int k = 0; k < classes; k++) {
        float p = probabilities[row * classes + k];
        if (p >= thresholds[k] && (counted < 0 || p > probabilities[row * classes + counted])) {
          counted = k;
        }
        other = k == labels[row] ? other : Math.max(other, p);
      }
      if (counted >= 0 && counted != labels[row]) {
        double own = probabilities[row * classes + labels[row]];
        suspects.add(new Suspect(row, counted, own - other));
      }
    }
    suspects.sort(Comparator.comparingDouble(Suspect::margin));
    return suspects;
  }

  /** How sure the network is of a class where it is right; above 1 where no picture is of it. */
  private static double[] thresholds(float[] probabilities, int[] labels, int classes) {
    double[] sums = new double[classes];
    int[] counts = new int[classes];
    for (int row = 0; row < labels.length; row++) {
      sums[labels[row]] += probabilities[row * classes + labels[row]];
      counts[labels[row]]++;
    }
    for (int k = 0; k < classes; k++) {
      sums[k] = counts[k] == 0 ? 2 : sums[k] / counts[k];
    }
    return sums;
  }
}
