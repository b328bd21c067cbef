package dev.linnet.report;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * A logarithmic axis with ticks at 1, 2 and 5 times the powers of ten.
 *
 * @param low where it begins, above 0
 * @param high where it ends
 */
record LogAxis(double low, double high) {
  private static final double[] STEPS = {1, 2, 5};
  private static final double ROOM = 1.12;

  /** An axis with room beside the least and the largest value. */
  static LogAxis covering(double least, double most) {
    return new LogAxis(least / ROOM, most * ROOM);
  }

  /** Where a value lies, from 0 at the beginning to 1 at the end. */
  double share(double value) {
    return Math.log(value / low) / Math.log(high / low);
  }

  /** The round values on it. */
  List<Double> ticks() {
    List<Double> ticks = new ArrayList<>();
    for (int power = (int) Math.floor(Math.log10(low)); power <= Math.log10(high); power++) {
      for (double step : STEPS) {
        double value = step * Math.pow(10, power);
        if (value >= low && value <= high) {
          ticks.add(value);
        }
      }
    }
    return ticks;
  }

  /** Three digits with a unit: 5, 1.5 k, 25.6 M, 4.09 G. */
  static String label(double value) {
    String[] units = {"", " k", " M", " G", " T"};
    double rest = value;
    int unit = 0;
    while (rest >= 999.5 && unit < units.length - 1) {
      rest /= 1000;
      unit++;
    }
    int digits = rest < 9.995 ? 2 : rest < 99.95 ? 1 : 0;
    String text = String.format(Locale.ROOT, "%." + digits + "f", rest);
    return (text.contains(".") ? text.replaceAll("\\.?0+$", "") : text) + units[unit];
  }
}
