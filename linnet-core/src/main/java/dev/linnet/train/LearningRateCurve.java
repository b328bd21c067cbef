package dev.linnet.train;

import java.util.List;
import java.util.Optional;

/**
 * What the loss did while the learning rate rose: {@link LearningRateFinder}.
 *
 * @param points in the order of the updates, rates rising
 * @param planned updates that would have been made without an early end
 */
public record LearningRateCurve(List<Point> points, int planned) {
  /** Points at the end that say nothing, as in fast.ai: the loss is on its way up there. */
  private static final int LAST = 5;

  public LearningRateCurve {
    points = List.copyOf(points);
  }

  /**
   * One update.
   *
   * @param lr its learning rate
   * @param loss its loss, before the update
   * @param smoothed average of the losses so far, bias-corrected
   */
  public record Point(double lr, double loss, double smoothed) {}

  /** The rate at which the smoothed loss falls fastest over log lr; empty if it never falls. */
  public Optional<Double> steepest() {
    List<Point> middle = middle();
    int best = -1;
    double fastest = 0;
    for (int i = 0; i + 1 < middle.size(); i++) {
      Point a = middle.get(i);
      Point b = middle.get(i + 1);
      double slope = (b.smoothed() - a.smoothed()) / (Math.log(b.lr()) - Math.log(a.lr()));
      if (slope < fastest) {
        fastest = slope;
        best = i;
      }
    }
    return best < 0 ? Optional.empty() : Optional.of(middle.get(best).lr());
  }

  /** A tenth of the rate at which the smoothed loss is lowest; empty if the curve is too short. */
  public Optional<Double> tenthOfMinimum() {
    List<Point> middle = middle();
    Point lowest = null;
    for (Point point : middle) {
      if (lowest == null || point.smoothed() < lowest.smoothed()) {
        lowest = point;
      }
    }
    return Optional.ofNullable(lowest).map(point -> point.lr() / 10);
  }

  /** Without the first tenth, in which the average settles, and the end. */
  private List<Point> middle() {
    int begin = Math.min(points.size(), planned / 10);
    return points.subList(begin, Math.max(begin, points.size() - LAST));
  }

  /** As CSV with a head: update, lr, loss, smoothed. */
  public String csv() {
    StringBuilder csv = new StringBuilder("update,lr,loss,smoothed\n");
    for (int i = 0; i < points.size(); i++) {
      Point point = points.get(i);
      csv.append(i).append(',').append(point.lr()).append(',').append(point.loss());
      csv.append(',').append(point.smoothed()).append('\n');
    }
    return csv.toString();
  }
}
