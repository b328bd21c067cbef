package dev.linnet.report;

import java.util.List;
import java.util.Locale;
import java.util.stream.DoubleStream;

/**
 * What some things gain or lose, a line each: a dot for the mean, a bar for its spread, small dots
 * for the single values, and a line at zero.
 *
 * @param title such as {@code Gain over the baseline}
 * @param about a sentence below the title; may be empty
 * @param unit of the axis, such as {@code percentage points}
 */
public record Gains(String title, String about, String unit, List<Gain> gains) implements Section {
  private static final int WIDTH = 360;
  private static final int LINE = 34;
  private static final int TOP = 6;
  private static final int SIDE = 16;
  private static final int BOTTOM = 36;

  public Gains {
    gains = List.copyOf(gains);
  }

  /**
   * One line.
   *
   * @param mean NaN where there is none
   * @param deviation half the length of the bar; 0 for none
   * @param values the single ones
   */
  public record Gain(String name, double mean, double deviation, List<Double> values) {
    public Gain {
      values = List.copyOf(values);
    }

    DoubleStream all() {
      return DoubleStream.concat(
              DoubleStream.of(mean - deviation, mean + deviation),
              values.stream().mapToDouble(v -> v))
          .filter(Double::isFinite);
    }
  }

  @Override
  public String html() {
    Html html = new Html().open("section", "class", "card").leaf("h2", title);
    if (!about.isEmpty()) {
      html.leaf("p", about, "class", "about");
    }
    double low = Math.min(0, gains.stream().flatMapToDouble(Gain::all).min().orElse(0));
    double high = Math.max(0, gains.stream().flatMapToDouble(Gain::all).max().orElse(0));
    Ticks ticks = Ticks.covering(low, high, 5);
    int height = TOP + LINE * gains.size() + BOTTOM;
    html.line()
        .open(
            "svg",
            "xmlns",
            "http://www.w3.org/2000/svg",
            "class",
            "gains",
            "viewBox",
            "0 0 " + WIDTH + " " + height,
            "role",
            "img",
            "aria-label",
            title);
    axis(html, ticks, height);
    for (int i = 0; i < gains.size(); i++) {
      gain(html, ticks, gains.get(i), TOP + LINE * i);
    }
    return html.close().close().toString();
  }

  private void axis(Html html, Ticks ticks, int height) {
    for (double value : ticks.values()) {
      String at = number(x(ticks, value));
      String style = value == 0 ? "zero" : "grid";
      line(html, style, at, number(TOP), at, number(height - BOTTOM));
      html.leaf(
          "text",
          (value > 0 ? "+" : "") + ticks.label(value),
          "class",
          "ticks middle",
          "x",
          at,
          "y",
          number(height - BOTTOM + 15));
    }
    html.leaf(
        "text", unit, "class", "ticks end", "x", number(WIDTH - SIDE), "y", number(height - 4));
  }

  private static void gain(Html html, Ticks ticks, Gain gain, int top) {
    html.line().leaf("text", gain.name(), "x", number(SIDE), "y", number(top + 11));
    double y = top + 22;
    for (double value : gain.values()) {
      circle(html, "value", x(ticks, value), y, "2.2");
    }
    if (!Double.isFinite(gain.mean())) {
      return;
    }
    String at = number(y);
    line(
        html,
        "spread",
        number(x(ticks, gain.mean() - gain.deviation())),
        at,
        number(x(ticks, gain.mean() + gain.deviation())),
        at);
    html.open("g", "class", gain.mean() < 0 ? "loss" : "gain");
    html.leaf(
        "title",
        String.format(Locale.ROOT, "%s: %+.2f ± %.2f", gain.name(), gain.mean(), gain.deviation()));
    circle(html, "mean", x(ticks, gain.mean()), y, "4.5");
    html.close();
  }

  private static void circle(Html html, String style, double x, double y, String radius) {
    html.empty("circle", "class", style, "cx", number(x), "cy", number(y), "r", radius);
  }

  private static void line(Html html, String style, String x1, String y1, String x2, String y2) {
    html.line().empty("line", "class", style, "x1", x1, "y1", y1, "x2", x2, "y2", y2);
  }

  private static double x(Ticks ticks, double value) {
    double share = (value - ticks.low()) / (ticks.high() - ticks.low());
    return SIDE + share * (WIDTH - 2 * SIDE);
  }

  private static String number(double value) {
    String text = String.format(Locale.ROOT, "%.1f", value);
    return text.endsWith(".0") ? text.substring(0, text.length() - 2) : text;
  }
}
