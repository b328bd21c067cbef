package dev.linnet.metric;

import dev.linnet.base.Check;
import java.util.Arrays;

/**
 * How well a score tells pictures like those of the training (in, positive, large scores) from
 * foreign ones (out, negative).
 *
 * <p>Hendrycks and Gimpel, ICLR 2017, arXiv:1610.02136, §2; Liang et al., ICLR 2018,
 * arXiv:1706.02690, §4.2. A picture counts as in if its score is at least the threshold; equal
 * scores fall on the same side. Areas are those of scikit-learn's {@code roc_auc_score} and {@code
 * average_precision_score}. A score that is not a number is the least of all.
 *
 * @param auroc area under true against false positives; 0.5 for a guess
 * @param auprIn average precision where in is positive; a guess has the share of in
 * @param auprOut average precision where out is positive
 * @param tnrAtTpr95 share of out that is recognized at the highest threshold that keeps 95 % of in
 * @param error least over all thresholds of ½·(in rejected) + ½·(out accepted), in [0, 0.5];
 *     detection accuracy is 1 less it
 */
public record Separation(
    double auroc, double auprIn, double auprOut, double tnrAtTpr95, double error) {
  private static final double TPR = 0.95;

  /**
   * Compares scores.
   *
   * @param in of pictures like those of the training, at least one
   * @param out of foreign pictures, at least one
   */
  public static Separation of(double[] in, double[] out) {
    Check.that(in.length > 0, "scores of pictures from inside", in.length, "at least 1");
    Check.that(out.length > 0, "scores of pictures from outside", out.length, "at least 1");
    double[] positive = falling(in, 1);
    double[] negative = falling(out, 1);
    Sweep sweep = new Sweep(positive, negative);
    return new Separation(
        sweep.auroc,
        sweep.precision,
        new Sweep(falling(out, -1), falling(in, -1)).precision,
        sweep.tnr,
        sweep.error);
  }

  /** Scores times a sign, the largest first. */
  private static double[] falling(double[] scores, int sign) {
    double[] sorted = new double[scores.length];
    for (int i = 0; i < scores.length; i++) {
      double score = Double.isNaN(scores[i]) ? Double.NEGATIVE_INFINITY : scores[i];
      sorted[i] = -sign * score + 0.0; // −0 and 0 are the same
    }
    Arrays.sort(sorted);
    for (int i = 0; i < sorted.length; i++) {
      sorted[i] = -sorted[i];
    }
    return sorted;
  }

  /** Lowers the threshold from score to score. */
  private static final class Sweep {
    private double auroc;
    private double precision;
    private double tnr;
    private double error = 0.5;

    Sweep(double[] positive, double[] negative) {
      int p = 0;
      int n = 0;
      boolean isReached = false;
      while (p < positive.length || n < negative.length) {
        double threshold =
            Math.max(
                p < positive.length ? positive[p] : Double.NEGATIVE_INFINITY,
                n < negative.length ? negative[n] : Double.NEGATIVE_INFINITY);
        int hits = p;
        int alarms = n;
        while (p < positive.length && positive[p] >= threshold) {
          p++;
        }
        while (n < negative.length && negative[n] >= threshold) {
          n++;
        }
        double newHits = (double) (p - hits) / positive.length;
        double newAlarms = (double) (n - alarms) / negative.length;
        double tpr = (double) p / positive.length;
        auroc += newAlarms * (tpr - newHits / 2);
        precision += newHits * p / (p + n);
        error = Math.min(error, (1 - tpr + (double) n / negative.length) / 2);
        if (!isReached && tpr >= TPR) {
          isReached = true;
          tnr = 1 - (double) n / negative.length;
        }
      }
    }
  }
}
