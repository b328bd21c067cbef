package dev.linnet.report;

import dev.linnet.report.Chart.Point;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/** Draws one curve with block characters, for terminals: what lies below it is filled. */
public final class TextPlot {
  private static final String EIGHTHS = " ▁▂▃▄▅▆▇█";
  private static final int LABEL = 8;

  private TextPlot() {}

  /**
   * The lines of a plot, the title first.
   *
   * @param chart whose first curve is drawn, up from 0, or from its lowest value where that is more
   *     than half the highest
   * @param width columns in all, at least 30
   * @param height lines of the curve, at least 2
   */
  public static List<String> lines(Chart chart, int width, int height) {
    List<Point> points =
        chart.curves().get(0).points().stream().filter(TextPlot::isFinite).toList();
    List<String> lines = new ArrayList<>(List.of(chart.title()));
    if (points.isEmpty()) {
      return lines;
    }
    double low = points.get(0).x();
    double high = points.get(points.size() - 1).x();
    Axis axis = Axis.of(chart.scale(), low, high);
    int columns = width - LABEL - 2;
    double[] tops = tops(points, axis, low, high, columns);
    double highest = Arrays.stream(tops).max().orElse(0);
    double lowest = Arrays.stream(tops).min().orElse(0);
    double base = lowest > highest / 2 && lowest < highest ? lowest : 0;
    for (int line = height - 1; line >= 0; line--) {
      String label = line == height - 1 ? number(highest) : line == 0 ? number(base) : "";
      StringBuilder row = new StringBuilder(" ".repeat(LABEL - label.length())).append(label);
      row.append(" │");
      for (double top : tops) {
        double share = highest == base ? 0 : (top - base) / (highest - base);
        double filled = share * height - line;
        row.append(EIGHTHS.charAt((int) Math.round(8 * Math.min(1, Math.max(0, filled)))));
      }
      lines.add(row.toString().stripTrailing());
    }
    String left = number(low);
    String right = number(high) + " " + chart.x();
    int gap = Math.max(1, columns - left.length() - right.length());
    lines.add(" ".repeat(LABEL) + " └" + "─".repeat(columns));
    lines.add(" ".repeat(LABEL + 2) + left + " ".repeat(gap) + right);
    return lines;
  }

  /** The highest value of each column; a column without points has that before it. */
  private static double[] tops(
      List<Point> points, Axis axis, double low, double high, int columns) {
    double[] tops = new double[columns];
    Arrays.fill(tops, Double.NaN);
    double begin = axis.share(low);
    double width = Math.max(1e-12, axis.share(high) - begin);
    for (Point point : points) {
      double share = (axis.share(point.x()) - begin) / width;
      int column = Math.min(columns - 1, (int) (share * columns));
      tops[column] = Double.isNaN(tops[column]) ? point.y() : Math.max(tops[column], point.y());
    }
    for (int i = 0; i < columns; i++) {
      tops[i] = Double.isNaN(tops[i]) ? (i == 0 ? 0 : tops[i - 1]) : tops[i];
    }
    return tops;
  }

  private static boolean isFinite(Point point) {
    return Double.isFinite(point.x()) && Double.isFinite(point.y());
  }

  private static String number(double value) {
    if (value == 0) {
      return "0";
    }
    double size = Math.abs(value);
    String text = String.format(Locale.ROOT, size >= 1e-3 && size < 1e5 ? "%.4f" : "%.1e", value);
    return text.contains("e") ? text : text.replaceAll("\\.?0+$", "");
  }
}
