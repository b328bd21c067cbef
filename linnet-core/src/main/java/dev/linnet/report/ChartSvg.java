package dev.linnet.report;

import dev.linnet.report.Chart.Curve;
import dev.linnet.report.Chart.Mark;
import dev.linnet.report.Chart.Point;
import dev.linnet.report.Chart.Spread;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.ToDoubleFunction;
import java.util.stream.IntStream;

/** Draws a chart as SVG. Colors are classes (c0 … c5) that the page's style gives a value. */
final class ChartSvg {
  /** Units of the viewBox; about as many pixels on a phone, so that letters stay readable. */
  private static final int WIDTH = 360;

  private static final int HEIGHT = 225;
  private static final int TOP = 12;
  private static final int RIGHT = 18;
  private static final int BOTTOM = 40;

  /** From the label of one mark down to that of the next, which may stand close. */
  private static final int LABEL_LINE = 13;

  /** Height of title and legend above a chart of its own. */
  private static final int HEAD = 22;

  private static final String STYLE =
      """
      svg { font: 12px system-ui, sans-serif; } text { fill: #1c2430; } .card { fill: #ffffff; }
      .ticks { fill: #5a6675; } .end { text-anchor: end; } .middle { text-anchor: middle; }
      .grid { stroke: #e2e6eb; } .mark { stroke: #5a6675; stroke-dasharray: 3 3; }
      .curve { fill: none; stroke-width: 2; stroke-linejoin: round; }
      .c0 { stroke: #1f66b0; } .c1 { stroke: #d9640f; } .c2 { stroke: #2d8a57; }
      .c3 { stroke: #8a4fbf; } .c4 { stroke: #b0306a; } .c5 { stroke: #7a6a12; }
      .name0 { fill: #1f66b0; } .name1 { fill: #d9640f; } .name2 { fill: #2d8a57; }
      .name3 { fill: #8a4fbf; } .name4 { fill: #b0306a; } .name5 { fill: #7a6a12; }
      .dot { fill: #ffffff; stroke-width: 1.6; } .hit { fill: transparent; stroke: none; }
      .faint .dot, .said { visibility: hidden; } .said { pointer-events: none; }
      .said { paint-order: stroke; stroke: #ffffff; stroke-width: 4px; }
      .spot:hover .said, .spot:hover .dot { visibility: visible; }
      """;

  /** Width of a digit of the labels, 12 units high. */
  private static final double DIGIT = 7;

  /** A curve with more points is thinned out, to four a bucket. */
  private static final int BUCKETS = 200;

  /** A curve with at most so many points shows each. */
  private static final int DOTS = 40;

  private final Chart chart;
  private final Axis xs;
  private final Ticks ys;
  private final double left;

  ChartSvg(Chart chart) {
    this.chart = chart;
    List<Point> points =
        chart.curves().stream()
            .flatMap(c -> c.points().stream())
            .filter(ChartSvg::isDrawn)
            .toList();
    List<Double> values = new ArrayList<>(points.stream().map(Point::y).toList());
    chart.curves().forEach(c -> c.band().forEach(s -> values.addAll(List.of(s.low(), s.high()))));
    chart.covering().ifPresent(range -> values.addAll(List.of(range.low(), range.high())));
    xs = Axis.of(chart.scale(), least(points, Point::x), most(points, Point::x));
    ys =
        Ticks.covering(
            values.stream().mapToDouble(y -> y).min().orElse(0),
            values.stream().mapToDouble(y -> y).max().orElse(1),
            5);
    int digits = ys.values().stream().mapToInt(y -> ys.label(y).length()).max().orElse(1);
    left = 10 + digits * DIGIT;
  }

  void appendTo(Html html) {
    boolean empty =
        chart.curves().stream().noneMatch(c -> c.points().stream().anyMatch(ChartSvg::isDrawn));
    if (empty) {
      html.leaf("p", "Nothing was recorded.", "class", "about");
      return;
    }
    html.open("div", "class", "legend");
    for (int i = 0; i < chart.curves().size(); i++) {
      html.open("span").open("i", "class", "c" + i).close();
      html.text(chart.curves().get(i).name()).close();
    }
    html.close().line();
    open(html, HEIGHT);
    draw(html);
    html.close();
  }

  /** A file of its own: with a title, a legend and the page's colors by daylight. */
  String standalone() {
    Html html = new Html();
    open(html, HEIGHT + HEAD);
    html.line().leaf("style", STYLE);
    html.line()
        .empty(
            "rect",
            "class",
            "card",
            "x",
            "0",
            "y",
            number(-HEAD),
            "width",
            number(WIDTH),
            "height",
            number(HEIGHT + HEAD));
    html.leaf("text", chart.title(), "x", "10", "y", number(-HEAD + 18));
    double x = WIDTH - RIGHT;
    for (int i = chart.curves().size() - 1; i >= 0; i--) {
      Curve curve = chart.curves().get(i);
      html.leaf(
          "text",
          curve.name(),
          "class",
          "ticks end name" + i,
          "x",
          number(x),
          "y",
          number(-HEAD + 18));
      x -= 14 + curve.name().length() * DIGIT;
    }
    draw(html);
    return html.line().close().line().toString();
  }

  private void open(Html html, int height) {
    html.open(
        "svg",
        "xmlns",
        "http://www.w3.org/2000/svg",
        "viewBox",
        "0 " + (HEIGHT - height) + " " + WIDTH + " " + height,
        "role",
        "img",
        "aria-label",
        chart.title());
  }

  private void draw(Html html) {
    axes(html);
    for (int i = 0; i < chart.marks().size(); i++) {
      mark(html, chart.marks().get(i), i);
    }
    for (int i = 0; i < chart.curves().size(); i++) {
      band(html, i, chart.curves().get(i));
    }
    for (int i = 0; i < chart.curves().size(); i++) {
      curve(html, i, chart.curves().get(i));
    }
    for (int i = 0; i < chart.curves().size(); i++) {
      spots(html, i, chart.curves().get(i));
    }
  }

  private void axes(Html html) {
    for (double y : ys.values()) {
      String at = number(y(y));
      html.line()
          .empty(
              "line",
              "class",
              "grid",
              "x1",
              number(left),
              "x2",
              number(WIDTH - RIGHT),
              "y1",
              at,
              "y2",
              at);
      html.leaf(
          "text", ys.label(y), "class", "ticks end", "x", number(left - 5), "y", number(y(y) + 4));
    }
    for (double x : xs.values()) {
      html.line()
          .leaf(
              "text",
              xs.label(x),
              "class",
              "ticks middle",
              "x",
              number(x(x)),
              "y",
              number(HEIGHT - BOTTOM + 16));
    }
    html.leaf(
        "text",
        chart.x(),
        "class",
        "ticks end",
        "x",
        number(WIDTH - RIGHT),
        "y",
        number(HEIGHT - 4));
  }

  private void mark(Html html, Mark mark, int line) {
    String at = number(x(mark.x()));
    html.line()
        .empty(
            "line",
            "class",
            "mark",
            "x1",
            at,
            "x2",
            at,
            "y1",
            number(TOP),
            "y2",
            number(HEIGHT - BOTTOM));
    boolean onTheRight = x(mark.x()) > WIDTH / 2.0;
    html.leaf(
        "text",
        mark.label(),
        "class",
        onTheRight ? "ticks end" : "ticks",
        "x",
        number(x(mark.x()) + (onTheRight ? -4 : 4)),
        "y",
        number(TOP + 9 + line * LABEL_LINE));
  }

  /** The outline of the band: along its upper side and back along the lower one. */
  private void band(Html html, int index, Curve curve) {
    if (curve.band().isEmpty()) {
      return;
    }
    StringBuilder path = new StringBuilder();
    for (Spread spread : curve.band()) {
      corner(path, spread.x(), spread.high());
    }
    for (int i = curve.band().size() - 1; i >= 0; i--) {
      corner(path, curve.band().get(i).x(), curve.band().get(i).low());
    }
    html.line().empty("path", "class", "band b" + index, "d", path.append('Z').toString());
  }

  private void corner(StringBuilder path, double x, double y) {
    path.append(path.isEmpty() ? 'M' : 'L').append(number(x(x))).append(' ').append(number(y(y)));
  }

  private void curve(Html html, int index, Curve curve) {
    StringBuilder path = new StringBuilder();
    boolean down = false;
    for (Point point : thinned(curve.points())) {
      if (isDrawn(point)) {
        path.append(down ? 'L' : 'M')
            .append(number(x(point.x())))
            .append(' ')
            .append(number(y(point.y())));
      }
      down = isDrawn(point);
    }
    html.line().empty("path", "class", "curve c" + index, "d", path.toString());
  }

  /** Places of a curve that say their value to who points at them; dots where there are few. */
  private void spots(Html html, int index, Curve curve) {
    int count = curve.points().size();
    boolean dots = count <= DOTS;
    for (int i = 0; i < Math.min(count, DOTS); i++) {
      Point point = curve.points().get(dots ? i : (int) ((long) i * (count - 1) / (DOTS - 1)));
      if (isDrawn(point)) {
        html.line().open("g", "class", dots ? "spot" : "spot faint", "tabindex", "0");
        String cx = number(x(point.x()));
        String cy = number(y(point.y()));
        html.empty("circle", "class", "hit", "cx", cx, "cy", cy, "r", dots ? "7" : "5");
        html.empty("circle", "class", "dot c" + index, "cx", cx, "cy", cy, "r", "2.6");
        said(html, curve.name(), point);
        html.close();
      }
    }
  }

  private void said(Html html, String name, Point point) {
    boolean onTheRight = x(point.x()) > WIDTH / 2.0;
    boolean high = y(point.y()) < TOP + 16;
    html.leaf(
        "text",
        String.format(
            Locale.ROOT, "%s, %s %s: %.4g", name, chart.x(), number(point.x()), point.y()),
        "class",
        onTheRight ? "said end" : "said",
        "x",
        number(x(point.x()) + (onTheRight ? 6 : -6)),
        "y",
        number(y(point.y()) + (high ? 18 : -9)));
  }

  /** First, lowest, highest and last point of each bucket, in order: the outline stays the same. */
  static List<Point> thinned(List<Point> points) {
    if (points.size() <= 4 * BUCKETS) {
      return points;
    }
    List<Point> kept = new ArrayList<>();
    for (int bucket = 0; bucket < BUCKETS; bucket++) {
      int from = (int) ((long) bucket * points.size() / BUCKETS);
      int to = (int) ((bucket + 1L) * points.size() / BUCKETS);
      int low = from;
      int high = from;
      for (int i = from; i < to; i++) {
        low = points.get(i).y() < points.get(low).y() ? i : low;
        high = points.get(i).y() > points.get(high).y() ? i : high;
      }
      IntStream.of(from, low, high, to - 1)
          .sorted()
          .distinct()
          .forEach(i -> kept.add(points.get(i)));
    }
    return kept;
  }

  private double x(double value) {
    return left + xs.share(value) * (WIDTH - RIGHT - left);
  }

  private double y(double value) {
    return HEIGHT - BOTTOM - (value - ys.low()) / (ys.high() - ys.low()) * (HEIGHT - BOTTOM - TOP);
  }

  private static boolean isDrawn(Point point) {
    return Double.isFinite(point.x()) && Double.isFinite(point.y());
  }

  private static double least(List<Point> points, ToDoubleFunction<Point> of) {
    return points.stream().mapToDouble(of).min().orElse(0);
  }

  private static double most(List<Point> points, ToDoubleFunction<Point> of) {
    return points.stream().mapToDouble(of).max().orElse(1);
  }

  private static String number(double value) {
    String text = String.format(Locale.ROOT, "%.1f", value);
    return text.endsWith(".0") ? text.substring(0, text.length() - 2) : text;
  }
}
