package dev.linnet.report;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * Round numbers along an axis: 1, 2 or 5 times a power of ten apart, covering low to high.
 *
 * @param step distance of two ticks, above 0
 * @param first the lowest tick is first · step, at or below the lowest value
 * @param last the highest tick is last · step, at or above the highest value
 */
record Ticks(double step, long first, long last) {

  /** Ticks for values in [low, high], about as many as asked; at least two. */
  static Ticks covering(double low, double high, int count) {
    double range = high > low ? high - low : Math.max(Math.abs(high), 1) * 0.1;
    double raw = range / Math.max(1, count);
    double power = Math.pow(10, Math.floor(Math.log10(raw)));
    double leading = raw / power;
    double step = power * (leading <= 1 ? 1 : leading <= 2 ? 2 : leading <= 5 ? 5 : 10);
    long first = (long) Math.floor(low / step + 1e-9);
    long last = Math.max((long) Math.ceil(high / step - 1e-9), first + 1);
    return new Ticks(step, first, last);
  }

  /** Ticks at whole numbers only, such as epochs. */
  static Ticks whole(double low, double high, int count) {
    Ticks ticks = covering(low, high, count);
    return ticks.step >= 1
        ? ticks
        : new Ticks(1, (long) Math.floor(low), Math.max((long) Math.ceil(high), (long) low + 1));
  }

  double low() {
    return first * step;
  }

  double high() {
    return last * step;
  }

  List<Double> values() {
    List<Double> values = new ArrayList<>();
    for (long i = first; i <= last; i++) {
      values.add(i * step);
    }
    return values;
  }

  /** A tick as text, with the digits that the step needs: 0.25, 40, 20k, 1e-5. */
  String label(double value) {
    double size = Math.max(Math.abs(low()), Math.abs(high()));
    if (value == 0) {
      return "0";
    }
    if (size < 1e-3) {
      return String.format(Locale.ROOT, "%.3g", value).replaceAll("\\.?0+e-0?", "e-");
    }
    if (size >= 10_000 && step >= 100) {
      return trimmed(value / 1000, (int) Math.max(0, Math.ceil(-Math.log10(step / 1000)))) + "k";
    }
    return trimmed(value, (int) Math.max(0, Math.ceil(-Math.log10(step) - 1e-9)));
  }

  private static String trimmed(double value, int digits) {
    return String.format(Locale.ROOT, "%." + digits + "f", value);
  }
}
