package dev.linnet.optim;

import dev.linnet.base.Check;

/**
 * A hyperbolic tangent from the top to the floor.
 *
 * <pre>
 *   η_k = η_min + (η − η_min)·½(1 − tanh(a·(1 − k/T) + b·k/T)),   k below T;   η_min from T on
 * </pre>
 *
 * <p>Hsueh et al., WACV 2019, arXiv:1806.01593, Eq. 2; timm's {@code TanhLRScheduler}.
 *
 * @param lr η, above 0
 * @param totalUpdates T, at least 1
 * @param from a, where the tangent begins, below {@code to}
 * @param to b, where it ends
 * @param minLr η_min, in [0, lr]
 */
public record Tanh(double lr, long totalUpdates, double from, double to, double minLr)
    implements Schedule {
  public Tanh {
    ScheduleCheck.lr(lr);
    ScheduleCheck.total(totalUpdates);
    Check.that(from >= -100 && from < to, "schedule.from", from, "in [-100, to = " + to + ")");
    Check.that(to <= 100, "schedule.to", to, "at most 100");
    ScheduleCheck.minLr(minLr, lr);
  }

  @Override
  public double lr(long update) {
    ScheduleCheck.update(update);
    if (update >= totalUpdates) {
      return minLr;
    }
    double share = (double) update / totalUpdates;
    return minLr + (lr - minLr) * (0.5 * (1 - Math.tanh(from * (1 - share) + to * share)));
  }
}
