package dev.linnet.optim;

import dev.linnet.base.Check;

/**
 * Cosines one after the other, each from the top again: SGDR.
 *
 * <pre>
 *   cycle c has T_c = T_0·mul^c updates and the top η·decay^c
 *   η_k = η_min + (η·decay^c − η_min)·½(1 + cos(π·t/T_c)),   t updates into its cycle
 * </pre>
 *
 * <p>Loshchilov and Hutter, ICLR 2017, arXiv:1608.03983, Eq. 5; decay and limit of the cycles are
 * timm's. A last cycle that the run cuts off stays cut off.
 *
 * @param lr η, above 0
 * @param cycleUpdates T_0, at least 1
 * @param cycleMul factor of a cycle's length, in [1, 100]
 * @param cycleDecay factor of a cycle's top, in (0, 1]
 * @param cycles cycles after which the rate stays at η_min, at least 1; {@link #ENDLESS}
 * @param minLr η_min, in [0, lr]
 */
public record WarmRestarts(
    double lr, long cycleUpdates, double cycleMul, double cycleDecay, int cycles, double minLr)
    implements Schedule {
  /** As many cycles as the run holds. */
  public static final int ENDLESS = Integer.MAX_VALUE;

  public WarmRestarts {
    ScheduleCheck.lr(lr);
    Check.that(cycleUpdates >= 1, "updates a cycle", cycleUpdates, "at least 1");
    Check.that(cycleMul >= 1 && cycleMul <= 100, "schedule.cycle_mul", cycleMul, "in [1, 100]");
    Check.that(cycleDecay > 0 && cycleDecay <= 1, "schedule.cycle_decay", cycleDecay, "in (0, 1]");
    Check.that(cycles >= 1, "schedule.cycle_limit", cycles, "at least 1");
    ScheduleCheck.minLr(minLr, lr);
  }

  @Override
  public double lr(long update) {
    ScheduleCheck.update(update);
    double begin = 0;
    double length = cycleUpdates;
    long cycle = 0;
    if (cycleMul == 1) {
      cycle = update / cycleUpdates;
      begin = (double) cycle * cycleUpdates;
    } else {
      while ((double) update - begin >= length) {
        begin += length;
        length *= cycleMul;
        cycle++;
      }
    }
    if (cycle >= cycles) {
      return minLr;
    }
    double top = Math.max(minLr, lr * Math.pow(cycleDecay, (double) cycle));
    double angle = Math.PI * ((double) update - begin) / length;
    return minLr + (top - minLr) * (0.5 * (1 + Math.cos(angle)));
  }
}
