package dev.linnet.metric;

import java.util.ArrayList;
import java.util.List;

/**
 * The temperature by which logits are divided so that confidence says how often an answer is right.
 *
 * <pre>
 *   T = argmin Σ_i −log softmax(z_i / T)[y_i]
 * </pre>
 *
 * <p>Guo et al., ICML 2017, arXiv:1706.04599, §4.2. The loss is convex in 1/T, whose root of the
 * derivative Newton's method finds between two bounds; where the loss has no minimum (all answers
 * right, or worse than a guess) T is a bound. It is to be fitted on pictures that are not those on
 * which the calibration is measured then. Keeps all logits on the heap.
 */
public final class TemperatureScaling implements Metric {
  /** The least temperature. */
  public static final double LEAST = 0.01;

  /** The largest temperature. */
  public static final double MOST = 100;

  private static final int STEPS = 100;
  private static final double PRECISION = 1e-11;

  private final List<Predictions> batches = new ArrayList<>();
  private long images;

  @Override
  public void add(Predictions batch) {
    batches.add(batch);
    images += batch.size();
  }

  /** The number of images added. */
  public long images() {
    return images;
  }

  /**
   * The temperature in [{@link #LEAST}, {@link #MOST}].
   *
   * @throws IllegalStateException before the first image with a finite loss
   */
  public double temperature() {
    double low = 1 / MOST;
    double high = 1 / LEAST;
    if (slopes(low).first() >= 0) {
      return MOST;
    }
    if (slopes(high).first() <= 0) {
      return LEAST;
    }
    double inverse = 1;
    for (int step = 0; step < STEPS && high - low > PRECISION * high; step++) {
      Slopes at = slopes(inverse);
      if (at.first() > 0) {
        high = inverse;
      } else {
        low = inverse;
      }
      double next = inverse - at.first() / at.second();
      if (!(next > low && next < high)) {
        next = Math.sqrt(low * high);
      }
      if (Math.abs(next - inverse) <= PRECISION * inverse) {
        return 1 / next;
      }
      inverse = next;
    }
    return 1 / inverse;
  }

  /** First and second derivative of the mean loss with respect to 1/T. */
  private record Slopes(double first, double second) {}

  private Slopes slopes(double inverse) {
    double first = 0;
    double second = 0;
    long counted = 0;
    for (Predictions batch : batches) {
      for (int i = 0; i < batch.size(); i++) {
        if (!Double.isFinite(batch.loss(i))) {
          continue;
        }
        double max = batch.logit(i, batch.predicted(i));
        double sum = 0;
        double mean = 0;
        double square = 0;
        for (int c = 0; c < batch.classes(); c++) {
          double below = batch.logit(i, c) - max;
          if (below > Double.NEGATIVE_INFINITY) {
            double weight = Math.exp(inverse * below);
            sum += weight;
            mean += weight * below;
            square += weight * below * below;
          }
        }
        mean /= sum;
        first += mean - (batch.logit(i, batch.target(i)) - max);
        second += square / sum - mean * mean;
        counted++;
      }
    }
    if (counted == 0) {
      throw new IllegalStateException("temperature: no image with a finite loss was added");
    }
    return new Slopes(first / counted, second / counted);
  }
}
