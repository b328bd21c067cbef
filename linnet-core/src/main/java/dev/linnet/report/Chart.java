package dev.linnet.report;

import java.util.List;

/**
 * Curves over a common axis.
 *
 * @param title what is drawn, such as {@code Top-1, %}
 * @param x name of the horizontal axis, such as {@code epoch}
 */
public record Chart(String title, String x, List<Curve> curves, List<Mark> marks) {
  public Chart {
    curves = List.copyOf(curves);
    marks = List.copyOf(marks);
  }

  /** One line; at most six fit into a chart. Points that are not finite leave a gap. */
  public record Curve(String name, List<Point> points) {
    public Curve {
      points = List.copyOf(points);
    }
  }

  /** A value at a place on the horizontal axis; points come in rising order of x. */
  public record Point(double x, double y) {}

  /** A place on the horizontal axis that has a meaning, such as {@code best} at epoch 4. */
  public record Mark(double x, String label) {}
}
