package dev.linnet.optim;

import dev.linnet.base.Check;

/**
 * A linear rise, then half a cosine down, changing with every update.
 *
 * <pre>
 *   k &lt; w:  η_k = η₀ + (η − η₀)·k/w
 *   else:   η_k = η_min + (η − η_min)·½(1 + cos(π(k − w)/(T − w))),   k at most T
 * </pre>
 *
 * <p>Cosine: Loshchilov and Hutter, ICLR 2017, arXiv:1608.03983; warm-up: Goyal et al.,
 * arXiv:1706.02677, §2.2. With η₀ = 0 the very first update changes nothing; timm and torchvision
 * start at a small η₀, the Bag of Tricks paper at η/w. timm's cosine is this one with its {@code
 * warmup_prefix} only.
 *
 * @param lr η, above 0
 * @param warmupUpdates w, in [0, totalUpdates]
 * @param totalUpdates T, at least 1
 * @param minLr η_min, in [0, lr]
 * @param warmupLr η₀, in [0, lr]
 */
public record WarmupCosine(
    double lr, long warmupUpdates, long totalUpdates, double minLr, double warmupLr)
    implements Schedule {
  public WarmupCosine {
    Check.that(lr > 0 && lr < Double.POSITIVE_INFINITY, "schedule.lr", lr, "above 0");
    Check.that(totalUpdates >= 1, "total updates", totalUpdates, "at least 1");
    Check.that(
        warmupUpdates >= 0 && warmupUpdates <= totalUpdates,
        "warm-up updates",
        warmupUpdates,
        "in [0, " + totalUpdates + "], the updates of the whole run");
    Check.that(minLr >= 0 && minLr <= lr, "schedule.min_lr", minLr, "in [0, lr = " + lr + "]");
    Check.that(
        warmupLr >= 0 && warmupLr <= lr, "schedule.warmup_lr", warmupLr, "in [0, lr = " + lr + "]");
  }

  /** With a warm-up that starts at 0. */
  public WarmupCosine(double lr, long warmupUpdates, long totalUpdates, double minLr) {
    this(lr, warmupUpdates, totalUpdates, minLr, 0);
  }

  /** Another start of the warm-up. */
  public WarmupCosine withWarmupLr(double value) {
    return new WarmupCosine(lr, warmupUpdates, totalUpdates, minLr, value);
  }

  @Override
  public double lr(long update) {
    Check.that(update >= 0, "update", update, "at least 0");
    if (update < warmupUpdates) {
      return warmupLr + (lr - warmupLr) * ((double) update / warmupUpdates);
    }
    long k = Math.min(update, totalUpdates) - warmupUpdates;
    double angle = Math.PI * k / Math.max(1, totalUpdates - warmupUpdates);
    return minLr + (lr - minLr) * (0.5 * (1 + Math.cos(angle)));
  }
}
