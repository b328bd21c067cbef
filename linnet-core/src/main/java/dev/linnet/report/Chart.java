package dev.linnet.report;

import java.util.List;
import java.util.Optional;

/**
 * Curves over a common axis.
 *
 * @param title what is drawn, such as {@code Top-1, %}
 * @param x name of the horizontal axis, such as {@code epoch}
 * @param covering values that the vertical axis has at least, so that charts can be compared;
 *     empty: those of the curves
 */
public record Chart(
    String title, String x, List<Curve> curves, List<Mark> marks, Optional<Range> covering) {
  public Chart {
    curves = List.copyOf(curves);
    marks = List.copyOf(marks);
  }

  /** A chart whose axes cover its curves. */
  public Chart(String title, String x, List<Curve> curves, List<Mark> marks) {
    this(title, x, curves, marks, Optional.empty());
  }

  /** This chart with a vertical axis that has at least these values. */
  public Chart covering(double low, double high) {
    return new Chart(title, x, curves, marks, Optional.of(new Range(low, high)));
  }

  /**
   * One line; at most six fit into a chart. Points that are not finite leave a gap.
   *
   * @param band around it, in rising order of x, such as the spread over seeds; may be empty
   */
  public record Curve(String name, List<Point> points, List<Spread> band) {
    public Curve {
      points = List.copyOf(points);
      band = List.copyOf(band);
    }

    /** A line without a band. */
    public Curve(String name, List<Point> points) {
      this(name, points, List.of());
    }
  }

  /** A value at a place on the horizontal axis; points come in rising order of x. */
  public record Point(double x, double y) {}

  /** The values between which a band lies at a place on the horizontal axis. */
  public record Spread(double x, double low, double high) {}

  /** The values between low and high. */
  public record Range(double low, double high) {}

  /** A place on the horizontal axis that has a meaning, such as {@code best} at epoch 4. */
  public record Mark(double x, String label) {}
}
