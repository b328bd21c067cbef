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
 * @param scale how the horizontal axis is divided
 */
public record Chart(
    String title,
    String x,
    List<Curve> curves,
    List<Mark> marks,
    Optional<Range> covering,
    Scale scale) {
  public Chart {
    curves = List.copyOf(curves);
    marks = List.copyOf(marks);
  }

  /** A chart whose axes cover its curves, the horizontal one evenly. */
  public Chart(String title, String x, List<Curve> curves, List<Mark> marks) {
    this(title, x, curves, marks, Optional.empty(), Scale.EVEN);
  }

  /** This chart with a vertical axis that has at least these values. */
  public Chart covering(double low, double high) {
    return new Chart(title, x, curves, marks, Optional.of(new Range(low, high)), scale);
  }

  /** This chart with a horizontal axis that is divided otherwise. */
  public Chart withScale(Scale value) {
    return new Chart(title, x, curves, marks, covering, value);
  }

  /** How the horizontal axis is divided. */
  public enum Scale {
    /** Equal distances are equal differences. */
    EVEN,
    /** Equal distances are equal factors; values are above 0. */
    LOGARITHMIC
  }

  /** The chart alone: one SVG file that needs no style from elsewhere. */
  public String svg() {
    return new ChartSvg(this).standalone();
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
