package dev.linnet.optim;

import dev.linnet.base.Check;

/**
 * Half a cosine from the top to the floor, changing with every update.
 *
 * <pre>
 *   η_k = η_min + (η − η_min)·½(1 + cos(π·(k/T)^p)),   k at most T
 * </pre>
 *
 * <p>Loshchilov and Hutter, ICLR 2017, arXiv:1608.03983, Eq. 5, without restarts; p: Zhang and Li,
 * 2020, arXiv:2004.05909 (k-decay). After T it stays at the floor, as timm's; PyTorch's {@code
 * CosineAnnealingLR} rises again.
 *
 * @param lr η, above 0
 * @param totalUpdates T, at least 1
 * @param minLr η_min, in [0, lr]
 * @param kDecay p, above 0; 1 is the cosine, more stays at the top for longer
 */
public record Cosine(double lr, long totalUpdates, double minLr, double kDecay)
    implements Schedule {
  public Cosine {
    ScheduleCheck.lr(lr);
    ScheduleCheck.total(totalUpdates);
    ScheduleCheck.minLr(minLr, lr);
    Check.that(kDecay > 0 && kDecay <= 100, "schedule.k_decay", kDecay, "in (0, 100]");
  }

  /** Without k-decay. */
  public Cosine(double lr, long totalUpdates, double minLr) {
    this(lr, totalUpdates, minLr, 1);
  }

  @Override
  public double lr(long update) {
    ScheduleCheck.update(update);
    long k = Math.min(update, totalUpdates);
    double angle =
        kDecay == 1
            ? Math.PI * k / totalUpdates
            : Math.PI * Math.pow((double) k / totalUpdates, kDecay);
    return minLr + (lr - minLr) * (0.5 * (1 + Math.cos(angle)));
  }
}
