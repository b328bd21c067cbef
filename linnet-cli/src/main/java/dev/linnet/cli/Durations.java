package dev.linnet.cli;

import java.util.Locale;

/** Times for people. */
final class Durations {
  private static final int MINUTE = 60;
  private static final int HOUR = 3600;

  private Durations() {}

  /** Such as {@code 4.2 s}, {@code 3:07} or {@code 1:02:03}. */
  static String show(double seconds) {
    if (seconds < MINUTE) {
      return String.format(Locale.ROOT, seconds < 10 ? "%.1f s" : "%.0f s", seconds);
    }
    long whole = Math.round(seconds);
    return whole < HOUR
        ? "%d:%02d".formatted(whole / MINUTE, whole % MINUTE)
        : "%d:%02d:%02d".formatted(whole / HOUR, whole % HOUR / MINUTE, whole % MINUTE);
  }
}
