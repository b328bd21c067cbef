package dev.linnet.report;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;

/**
 * What a gain costs: many points by name, in groups, against one cost or several, each on a chart
 * of its own with a logarithmic axis. A point shows its name under the pointer, a group can be
 * hidden or set off by the legend, and a line joins the points that nothing cheaper reaches. All of
 * it is CSS: the page has no scripts.
 *
 * @param gain name of the vertical axis, such as {@code top-1, %}
 * @param costs names of the horizontal axes, such as {@code parameters}, one chart each
 */
public record Tradeoff(String gain, List<String> costs, List<Point> points) implements Section {
  private static final int WIDTH = 1000;
  private static final int HEIGHT = 520;
  private static final int TOP = 14;
  private static final int RIGHT = 24;
  private static final int BOTTOM = 46;
  private static final int LEFT = 52;

  /** Units of the viewBox that a letter of a label takes, and a line of them. */
  private static final double LETTER = 6.2;

  private static final double LINE = 15;

  /** Around the circle of colors by the golden angle: neighbors in the legend are far apart. */
  private static final double GOLDEN_ANGLE = 137.508;

  private static final int SHAPES = 3;

  public Tradeoff {
    costs = List.copyOf(costs);
    points = List.copyOf(points);
    for (Point point : points) {
      if (point.costs().size() != costs.size() || point.costs().stream().anyMatch(c -> !(c > 0))) {
        throw new IllegalArgumentException(
            point.name() + ": has the costs " + point.costs() + " for " + costs);
      }
    }
  }

  /**
   * A point.
   *
   * @param name shown under the pointer
   * @param group gives it color and shape
   * @param gain the larger the better
   * @param costs one for each axis, above 0; the smaller the better
   * @param notes further lines under the pointer
   */
  public record Point(
      String name, String group, double gain, List<Double> costs, List<String> notes) {
    public Point {
      costs = List.copyOf(costs);
      notes = List.copyOf(notes);
    }
  }

  @Override
  public String html() {
    List<String> groups =
        new ArrayList<>(new LinkedHashSet<>(points.stream().map(Point::group).toList()));
    Html html = new Html().open("section", "class", "tradeoff");
    html.line().open("style").markup(rules(groups.size())).close();
    legend(html, groups);
    for (int cost = 0; cost < costs.size(); cost++) {
      html.line().open("div", "class", "card");
      html.leaf("h2", gain + " against " + costs.get(cost));
      chart(html, cost, groups);
      html.close();
    }
    return html.close().toString();
  }

  /** What the legend does: an empty box hides its group, the pointer over it dims the others. */
  private static String rules(int groups) {
    StringBuilder rules = new StringBuilder();
    for (int g = 0; g < groups; g++) {
      rules
          .append("\n.tradeoff:has(#g%d:not(:checked)) .g%d{display:none}".formatted(g, g))
          .append("\n.tradeoff:has(.k%d:hover) .point:not(.g%d){opacity:.12}".formatted(g, g));
    }
    return rules.append('\n').toString();
  }

  private static void legend(Html html, List<String> groups) {
    html.line().open("div", "class", "card keys");
    for (int g = 0; g < groups.size(); g++) {
      html.line().open("label", "class", "key k" + g);
      html.empty("input", "type", "checkbox", "checked", "checked", "id", "g" + g);
      html.open("i", "class", shape(g), "style", hue(g)).close();
      html.text(groups.get(g)).close();
    }
    html.close();
  }

  /** Colors come round again after 21 groups, nearly; then the shape is another. */
  private static String shape(int group) {
    return "s" + (group + group / 21) % SHAPES;
  }

  private static String hue(int group) {
    return String.format(Locale.ROOT, "--h:%.0f", group * GOLDEN_ANGLE % 360);
  }

  private void chart(Html html, int cost, List<String> groups) {
    LogAxis x =
        LogAxis.covering(
            points.stream().mapToDouble(p -> p.costs().get(cost)).min().orElse(1),
            points.stream().mapToDouble(p -> p.costs().get(cost)).max().orElse(10));
    Ticks y =
        Ticks.covering(
            points.stream().mapToDouble(Point::gain).min().orElse(0),
            points.stream().mapToDouble(Point::gain).max().orElse(1),
            8);
    html.open("div", "class", "scroll").open("div", "class", "plot");
    html.open(
        "svg",
        "xmlns",
        "http://www.w3.org/2000/svg",
        "viewBox",
        "0 0 " + WIDTH + " " + HEIGHT,
        "role",
        "img",
        "aria-label",
        gain + " against " + costs.get(cost));
    axes(html, x, y, cost);
    front(html, x, y, cost);
    html.close();
    for (Point point : points) {
      point(html, point, groups.indexOf(point.group()), x(x, point, cost), y(y, point));
    }
    html.close().close();
  }

  private void axes(Html html, LogAxis xs, Ticks ys, int cost) {
    for (double value : ys.values()) {
      String at = number(at(ys, value));
      html.line();
      line(html, "grid", number(LEFT), at, number(WIDTH - RIGHT), at);
      html.leaf(
          "text",
          ys.label(value),
          "class",
          "ticks end",
          "x",
          number(LEFT - 6),
          "y",
          number(at(ys, value) + 4));
    }
    for (double value : xs.ticks()) {
      String at = number(LEFT + xs.share(value) * (WIDTH - RIGHT - LEFT));
      html.line();
      line(html, "grid", at, number(TOP), at, number(HEIGHT - BOTTOM));
      html.leaf(
          "text",
          LogAxis.label(value),
          "class",
          "ticks middle",
          "x",
          at,
          "y",
          number(HEIGHT - BOTTOM + 18));
    }
    html.leaf(
        "text",
        costs.get(cost),
        "class",
        "ticks end",
        "x",
        number(WIDTH - RIGHT),
        "y",
        number(HEIGHT - 6));
  }

  private static void line(Html html, String style, String x1, String y1, String x2, String y2) {
    html.empty("line", "class", style, "x1", x1, "y1", y1, "x2", x2, "y2", y2);
  }

  /** Joins the points that nothing cheaper reaches, and names those for which there is room. */
  private void front(Html html, LogAxis xs, Ticks ys, int cost) {
    StringBuilder path = new StringBuilder();
    double lastEnd = 0;
    double lastY = Double.MAX_VALUE;
    StringBuilder names = new StringBuilder();
    for (Point point : best(cost)) {
      double x = x(xs, point, cost);
      double y = y(ys, point);
      path.append(path.isEmpty() ? "M" : "L").append(number(x)).append(' ').append(number(y));
      double width = point.name().length() * LETTER;
      double begin = x - 8 - width;
      boolean isFree = begin >= LEFT && (begin >= lastEnd || lastY - y >= LINE);
      if (isFree) {
        names.append(
            new Html()
                .leaf(
                    "text",
                    point.name(),
                    "class",
                    "ticks end",
                    "x",
                    number(x - 8),
                    "y",
                    number(y - 5)));
        lastEnd = x;
        lastY = y;
      }
    }
    html.line().empty("path", "class", "front", "d", path.toString());
    html.markup(names.toString());
  }

  /** The points than which no other costs as little and gains as much, from cheap to dear. */
  List<Point> best(int cost) {
    List<Point> sorted = new ArrayList<>(points);
    sorted.sort(
        Comparator.comparingDouble((Point point) -> point.costs().get(cost))
            .thenComparing(Comparator.comparingDouble(Point::gain).reversed()));
    List<Point> best = new ArrayList<>();
    for (Point point : sorted) {
      if (best.isEmpty() || point.gain() > best.get(best.size() - 1).gain()) {
        best.add(point);
      }
    }
    return best;
  }

  private void point(Html html, Point point, int group, double x, double y) {
    String side = (x > WIDTH * 0.6 ? " left" : "") + (y < HEIGHT * 0.4 ? " below" : "");
    html.line()
        .open(
            "a",
            "class",
            "point g" + group + side,
            "tabindex",
            "0",
            "style",
            String.format(
                Locale.ROOT,
                "left:%.2f%%;top:%.2f%%;%s",
                100 * x / WIDTH,
                100 * y / HEIGHT,
                hue(group)));
    html.open("i", "class", shape(group)).close();
    html.open("span", "class", "tip").leaf("b", point.name());
    html.empty("br").text(gain + " " + String.format(Locale.ROOT, "%.2f", point.gain()));
    for (int c = 0; c < costs.size(); c++) {
      html.empty("br").text(costs.get(c) + " " + LogAxis.label(point.costs().get(c)));
    }
    for (String note : point.notes()) {
      html.empty("br").text(note);
    }
    html.close().close();
  }

  private static double x(LogAxis axis, Point point, int cost) {
    return LEFT + axis.share(point.costs().get(cost)) * (WIDTH - RIGHT - LEFT);
  }

  private static double y(Ticks axis, Point point) {
    return at(axis, point.gain());
  }

  private static double at(Ticks axis, double value) {
    double share = (value - axis.low()) / (axis.high() - axis.low());
    return HEIGHT - BOTTOM - share * (HEIGHT - BOTTOM - TOP);
  }

  private static String number(double value) {
    String text = String.format(Locale.ROOT, "%.1f", value);
    return text.endsWith(".0") ? text.substring(0, text.length() - 2) : text;
  }
}
