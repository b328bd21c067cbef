package dev.linnet.optim;

import dev.linnet.base.Check;

/**
 * A power of what is left of the run: η_k = η_min + (η − η_min)·(1 − k/T)^p, k at most T.
 *
 * <p>Liu et al., 2015, arXiv:1506.04579, §3 ("poly", p = 0.9); PyTorch's {@code PolynomialLR} and
 * timm's {@code PolyLRScheduler}.
 *
 * @param lr η, above 0
 * @param totalUpdates T, at least 1
 * @param power p, in (0, 100]; 1 is a straight line
 * @param minLr η_min, in [0, lr]
 */
public record Polynomial(double lr, long totalUpdates, double power, double minLr)
    implements Schedule {
  public Polynomial {
    ScheduleCheck.lr(lr);
    ScheduleCheck.total(totalUpdates);
    Check.that(power > 0 && power <= 100, "schedule.power", power, "in (0, 100]");
    ScheduleCheck.minLr(minLr, lr);
  }

  @Override
  public double lr(long update) {
    ScheduleCheck.update(update);
    double left = 1 - (double) Math.min(update, totalUpdates) / totalUpdates;
    return minLr + (lr - minLr) * Math.pow(left, power);
  }
}
