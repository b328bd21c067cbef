package dev.linnet.optim;

import dev.linnet.base.Check;

/**
 * The top for most of the run, then half a cosine down to the floor.
 *
 * <pre>
 *   k &lt; s:  η_k = η,   s = ⌊flat·T⌋
 *   else:   η_k = η_min + (η − η_min)·½(1 + cos(π(k − s)/(T − s))),   k at most T
 * </pre>
 *
 * <p>fast.ai's {@code fit_flat_cos}, with 0.75 there.
 *
 * @param lr η, above 0
 * @param totalUpdates T, at least 1
 * @param flat share of the run at the top, in [0, 1]
 * @param minLr η_min, in [0, lr]
 */
public record FlatCosine(double lr, long totalUpdates, double flat, double minLr)
    implements Schedule {
  public FlatCosine {
    ScheduleCheck.lr(lr);
    ScheduleCheck.total(totalUpdates);
    Check.that(flat >= 0 && flat <= 1, "schedule.flat", flat, "in [0, 1]");
    ScheduleCheck.minLr(minLr, lr);
  }

  @Override
  public double lr(long update) {
    ScheduleCheck.update(update);
    long start = (long) Math.floor(totalUpdates * flat);
    if (update < start || start == totalUpdates) {
      return lr;
    }
    return new Cosine(lr, totalUpdates - start, minLr).lr(update - start);
  }
}
