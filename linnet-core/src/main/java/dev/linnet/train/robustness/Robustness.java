package dev.linnet.train.robustness;

import dev.linnet.metric.Calibration;
import dev.linnet.metric.Separation;
import dev.linnet.train.Metrics;
import java.util.List;

/**
 * What was measured. Errors are shares in [0, 1].
 *
 * @param clean the pictures as they are; its seconds are those of the whole measurement
 * @param center error by the side of a hole in the middle
 * @param border error by the side of what is left in the middle
 * @param mixup share of pairs taken for neither class, by λ
 * @param cutmix the same, by λ
 * @param fgsm error by ε in levels of 255
 * @param calibration before and after temperature scaling
 * @param detections of foreign pictures, two for each kind of them
 */
public record Robustness(
    Metrics clean,
    List<Point> center,
    List<Point> border,
    List<Point> mixup,
    List<Point> cutmix,
    List<Point> fgsm,
    Calibrated calibration,
    List<Detected> detections) {
  public Robustness {
    center = List.copyOf(center);
    border = List.copyOf(border);
    mixup = List.copyOf(mixup);
    cutmix = List.copyOf(cutmix);
    fgsm = List.copyOf(fgsm);
    detections = List.copyOf(detections);
  }

  /**
   * A point of a curve.
   *
   * @param at side in pixels (the height, where pictures are no squares), λ or ε
   * @param error in [0, 1]
   */
  public record Point(double at, double error) {}

  /**
   * Calibration before and after temperature scaling, on the same pictures.
   *
   * @param temperature by which logits are divided
   * @param fitted pictures on which it was fitted, which are others
   * @param fittedOn what those are: {@code the validation split} or {@code half of the pictures}
   * @param images on which both are measured
   * @param before error in [0, 1] and bins
   * @param after the same with logits divided by the temperature
   */
  public record Calibrated(
      double temperature, long fitted, String fittedOn, long images, Side before, Side after) {}

  /**
   * One side of the comparison.
   *
   * @param error expected calibration error, in [0, 1]
   * @param loss mean cross entropy
   * @param bins of confidence, from low to high
   */
  public record Side(double error, double loss, List<Calibration.Bin> bins) {
    public Side {
      bins = List.copyOf(bins);
    }
  }

  /** What gives a picture its score. */
  public enum Detector {
    /** The confidence: the largest probability. */
    SOFTMAX,
    /** {@link Odin}. */
    ODIN
  }

  /**
   * How well foreign pictures are told from those that were measured.
   *
   * @param data what they are
   * @param images number of foreign pictures
   */
  public record Detected(String data, Detector detector, long images, Separation separation) {}
}
