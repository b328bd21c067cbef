package dev.linnet.optim;

import dev.linnet.base.Check;

/** The checks that schedules share. */
final class ScheduleCheck {
  private ScheduleCheck() {}

  static void lr(double lr) {
    Check.that(lr > 0 && lr < Double.POSITIVE_INFINITY, "schedule.lr", lr, "above 0");
  }

  static void minLr(double minLr, double lr) {
    Check.that(minLr >= 0 && minLr <= lr, "schedule.min_lr", minLr, "in [0, lr = " + lr + "]");
  }

  static void total(long totalUpdates) {
    Check.that(totalUpdates >= 1, "total updates", totalUpdates, "at least 1");
  }

  static void gamma(double gamma) {
    Check.that(gamma > 0 && gamma <= 1, "schedule.gamma", gamma, "in (0, 1]");
  }

  /** Updates count from 0. */
  static void update(long update) {
    Check.that(update >= 0, "update", update, "at least 0");
  }
}
