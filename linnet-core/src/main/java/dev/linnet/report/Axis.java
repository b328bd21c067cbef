package dev.linnet.report;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** A horizontal axis: where values lie, and which are named. */
interface Axis {
  /** Where a value lies, from 0 at the left to 1 at the right. */
  double share(double value);

  /** The values that are named, rising. */
  List<Double> values();

  /** A named value as text. */
  String label(double value);

  /** An axis that covers low to high. */
  static Axis of(Chart.Scale scale, double low, double high) {
    return switch (scale) {
      case EVEN -> new Even(Ticks.whole(low, high, 6));
      case LOGARITHMIC -> new Powers(low, Math.max(high, low * 1.01));
    };
  }

  /** Equal distances are equal differences. */
  record Even(Ticks ticks) implements Axis {
    @Override
    public double share(double value) {
      return (value - ticks.low()) / (ticks.high() - ticks.low());
    }

    @Override
    public List<Double> values() {
      return ticks.values();
    }

    @Override
    public String label(double value) {
      return ticks.label(value);
    }
  }

  /** Equal distances are equal factors; powers of ten are named. */
  record Powers(double low, double high) implements Axis {
    private static final double NEARLY = 1e-9;

    @Override
    public double share(double value) {
      return Math.log(value / low) / Math.log(high / low);
    }

    @Override
    public List<Double> values() {
      List<Double> values = new ArrayList<>();
      int first = (int) Math.ceil(Math.log10(low) - NEARLY);
      for (int power = first; power <= Math.log10(high) + NEARLY; power++) {
        values.add(Math.pow(10, power));
      }
      return values;
    }

    @Override
    public String label(double value) {
      int power = (int) Math.round(Math.log10(value));
      return power >= -2 && power <= 3
          ? String.format(Locale.ROOT, "%." + Math.max(0, -power) + "f", value)
          : "1e" + power;
    }
  }
}
