package dev.linnet.explain;

import dev.linnet.base.Check;
import dev.linnet.image.Box;
import java.util.List;
import java.util.Optional;

/**
 * How often the box of a heatmap lies where the object is: adds up pictures one by one.
 *
 * <pre>
 *   BoxAcc(τ, δ) = share of pictures whose box at threshold τ meets a true box with IoU ≥ δ
 *   MaxBoxAcc(δ) = the largest over τ;     V2 = its mean over δ = 0.3, 0.5, 0.7
 *   GT-known = BoxAcc(τ, 0.5) at one τ;    Top-1 = the same, and the answer is right
 * </pre>
 *
 * <p>Choe et al., CVPR 2020, arXiv:2001.07437, eq. 4; Zhou et al., CVPR 2016. One thread.
 */
public final class LocalizationAccuracy {
  /** Zhou et al.'s threshold. */
  public static final double USUAL_THRESHOLD = 0.2;

  private static final double[] OVERLAPS = {0.3, 0.5, 0.7};
  private static final int THRESHOLDS = 100;

  private final double[] thresholds = new double[THRESHOLDS + 1]; // the last is the single one
  private final int[][] hits = new int[OVERLAPS.length][THRESHOLDS + 1];
  private final double single;
  private int right;
  private int both;
  private int pictures;

  /**
   * @param threshold at which GT-known and Top-1 are measured, in [0, 1)
   */
  public LocalizationAccuracy(double threshold) {
    Check.that(threshold >= 0 && threshold < 1, "threshold", threshold, "in [0, 1)");
    single = threshold;
    for (int i = 0; i < THRESHOLDS; i++) {
      thresholds[i] = (double) i / THRESHOLDS;
    }
    thresholds[THRESHOLDS] = threshold;
  }

  /**
   * Adds a picture.
   *
   * @param map of the class that is in the picture, of the size in which the boxes are given
   * @param truth boxes of the objects of that class, at least one
   * @param answered whether the network's answer was that class
   * @return whether the box at the single threshold meets a true one with IoU ≥ 0.5
   */
  public boolean add(Heatmap map, List<Box> truth, boolean answered) {
    if (truth.isEmpty()) {
      throw new IllegalArgumentException("truth: no box; a picture must have one or more");
    }
    List<Optional<Box>> boxes = Localization.boxes(map, thresholds);
    boolean met = false;
    for (int i = 0; i < boxes.size(); i++) {
      double best = 0;
      for (Box box : truth) {
        best = Math.max(best, boxes.get(i).map(found -> found.overlap(box)).orElse(0.0));
      }
      for (int k = 0; k < OVERLAPS.length; k++) {
        if (best >= OVERLAPS[k]) {
          hits[k][i]++;
        }
      }
      met = best >= OVERLAPS[1]; // of the last, which is the single threshold
    }
    pictures++;
    right += answered ? 1 : 0;
    both += answered && met ? 1 : 0;
    return met;
  }

  /**
   * Shares of the pictures, in [0, 1].
   *
   * @param maxBoxAcc at IoU 0.5, at the best threshold
   * @param bestThreshold which that is
   * @param maxBoxAccV2 the mean over IoU 0.3, 0.5 and 0.7, each at its best threshold
   * @param threshold at which the next two are measured
   * @param gtKnown IoU ≥ 0.5, whatever the answer
   * @param top1 IoU ≥ 0.5 and the right answer
   * @param answered the right answer, wherever the box
   * @param pictures how many
   */
  public record Result(
      double maxBoxAcc,
      double bestThreshold,
      double maxBoxAccV2,
      double threshold,
      double gtKnown,
      double top1,
      double answered,
      int pictures) {}

  /** What was added up; NaN where nothing was. */
  public Result result() {
    int best = 0;
    double v2 = 0;
    for (int k = 0; k < OVERLAPS.length; k++) {
      int at = 0;
      for (int i = 1; i < THRESHOLDS; i++) {
        at = hits[k][i] > hits[k][at] ? i : at;
      }
      v2 += share(hits[k][at]) / OVERLAPS.length;
      best = k == 1 ? at : best;
    }
    return new Result(
        share(hits[1][best]),
        thresholds[best],
        v2,
        single,
        share(hits[1][THRESHOLDS]),
        share(both),
        share(right),
        pictures);
  }

  private double share(int count) {
    return (double) count / pictures;
  }
}
