package dev.linnet.metric;

import dev.linnet.base.Check;
import dev.linnet.tensor.DType;
import dev.linnet.tensor.Tensor;

/**
 * The logits and targets of a batch, read to the Java heap once for all metrics.
 *
 * <p>A row is <i>broken</i> if it has a NaN or if its largest logit is infinite: it has no
 * probabilities, and counts as wrong everywhere. Immutable; any thread.
 */
public final class Predictions {
  private final float[] logits;
  private final int[] targets;
  private final int classes;

  private Predictions(float[] logits, int[] targets, int classes) {
    this.logits = logits;
    this.targets = targets;
    this.classes = classes;
  }

  /**
   * Reads a batch.
   *
   * @param logits [N, K] of any floating type, K at least 1
   * @param targets int64 [N] in [0, K)
   * @throws IllegalArgumentException if shapes or types are others
   * @throws dev.linnet.base.InvalidValueException if a target is not in [0, K)
   */
  public static Predictions of(Tensor logits, Tensor targets) {
    if (logits.rank() != 2
        || !logits.dtype().isFloating()
        || logits.dim(1) < 1
        || targets.rank() != 1
        || targets.dtype() != DType.INT64
        || targets.dim(0) != logits.dim(0)) {
      throw new IllegalArgumentException(
          "predictions: got logits "
              + logits
              + " and targets "
              + targets
              + "; must be float [N, K] and int64 [N]");
    }
    int classes = Math.toIntExact(logits.dim(1));
    long[] wide = targets.toLongs();
    int[] indices = new int[wide.length];
    for (int i = 0; i < wide.length; i++) {
      Check.that(
          wide[i] >= 0 && wide[i] < classes,
          "target",
          wide[i],
          "in [0, " + classes + "), the classes of the network");
      indices[i] = (int) wide[i];
    }
    return new Predictions(logits.toFloats(), indices, classes);
  }

  /**
   * The same images with every logit divided by a temperature, which changes confidences and no
   * answer.
   *
   * @param temperature T, above 0; above 1 makes confidences smaller
   */
  public Predictions withTemperature(double temperature) {
    Check.that(
        temperature > 0 && Double.isFinite(temperature), "temperature", temperature, "above 0");
    float[] scaled = new float[logits.length];
    for (int i = 0; i < scaled.length; i++) {
      scaled[i] = (float) (logits[i] / temperature);
    }
    return new Predictions(scaled, targets, classes);
  }

  /** Some of the images, by their positions, in the order given. */
  public Predictions rows(int[] images) {
    float[] chosen = new float[images.length * classes];
    int[] right = new int[images.length];
    for (int i = 0; i < images.length; i++) {
      System.arraycopy(logits, images[i] * classes, chosen, i * classes, classes);
      right[i] = targets[images[i]];
    }
    return new Predictions(chosen, right, classes);
  }

  /** N, the number of images. */
  public int size() {
    return targets.length;
  }

  /** K, the number of classes. */
  public int classes() {
    return classes;
  }

  /** The right class of an image. */
  public int target(int image) {
    return targets[image];
  }

  /** A logit. */
  public float logit(int image, int c) {
    return logits[image * classes + c];
  }

  /** True if the row has no probabilities: a NaN, or an infinite largest logit. */
  public boolean isBroken(int image) {
    float max = Float.NEGATIVE_INFINITY;
    for (int c = 0; c < classes; c++) {
      max = Math.max(max, logit(image, c)); // NaN if either is
    }
    return Float.isNaN(max) || Float.isInfinite(max);
  }

  /** The class with the largest logit, the first among equals; −1 for a broken row. */
  public int predicted(int image) {
    if (isBroken(image)) {
      return -1;
    }
    int best = 0;
    for (int c = 1; c < classes; c++) {
      if (logit(image, c) > logit(image, best)) {
        best = c;
      }
    }
    return best;
  }

  /**
   * The rank of the right class in [0, K): the number of classes with a greater logit, and of those
   * with an equal one and a lower index. K for a broken row.
   */
  public int rank(int image) {
    if (isBroken(image)) {
      return classes;
    }
    int target = targets[image];
    float own = logit(image, target);
    int rank = 0;
    for (int c = 0; c < classes; c++) {
      float other = logit(image, c);
      if (other > own || (other == own && c < target)) {
        rank++;
      }
    }
    return rank;
  }

  /** The largest probability in (0, 1]; NaN for a broken row. */
  public double confidence(int image) {
    int best = predicted(image);
    return best < 0 ? Double.NaN : Math.exp(-nll(image, best));
  }

  /** Entropy −Σ p log p of the probabilities in nats, in [0, log K]; NaN for a broken row. */
  public double entropy(int image) {
    if (isBroken(image)) {
      return Double.NaN;
    }
    double max = logit(image, predicted(image));
    double sum = 0;
    double weighted = 0;
    for (int c = 0; c < classes; c++) {
      double below = logit(image, c) - max;
      double share = Math.exp(below);
      sum += share;
      weighted += share > 0 ? share * below : 0;
    }
    return Math.max(0, Math.log(sum) - weighted / sum);
  }

  /** Cross entropy −log p of the right class, at least 0; NaN for a broken row. */
  public double loss(int image) {
    return isBroken(image) ? Double.NaN : nll(image, targets[image]);
  }

  /** log Σ eᶻ − z of a class. */
  private double nll(int image, int c) {
    double max = logit(image, predicted(image));
    double sum = 0;
    for (int i = 0; i < classes; i++) {
      sum += Math.exp(logit(image, i) - max);
    }
    return max + Math.log(sum) - logit(image, c);
  }
}
