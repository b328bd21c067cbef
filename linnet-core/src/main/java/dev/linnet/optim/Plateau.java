package dev.linnet.optim;

import dev.linnet.base.Check;
import java.util.List;

/**
 * Falls by a factor when the validation's top-1 no longer rises.
 *
 * <p>After each epoch: better is above best·(1 + threshold); more than {@code patience} epochs in a
 * row that are not better lower the rate to max(η·factor, η_min), and the next {@code cooldown}
 * epochs are not counted. PyTorch's {@code ReduceLROnPlateau} with {@code mode="max"} and a
 * relative threshold. It is a function of the epochs' metrics, so a resumed run has the same rates.
 *
 * @param lr η, above 0
 * @param rule when it falls, and how far
 * @param top1 the validation's top-1 after each epoch so far
 */
public record Plateau(double lr, Rule rule, List<Double> top1) implements Schedule {
  /** A fall that is smaller than this is left out, as PyTorch's {@code eps}. */
  private static final double LEAST_FALL = 1e-8;

  /**
   * When the rate falls, and how far.
   *
   * @param factor what it is multiplied by, in (0, 1)
   * @param patience epochs in a row without a better top-1 that are borne, at least 0
   * @param threshold what counts as better: more than this share of the best, in [0, 1]
   * @param cooldown epochs after a fall that are not counted, at least 0
   * @param minLr η_min, at least 0
   */
  public record Rule(double factor, int patience, double threshold, int cooldown, double minLr) {
    /** PyTorch's. */
    public static final Rule DEFAULT = new Rule(0.1, 10, 1e-4, 0, 0);

    public Rule {
      Check.that(factor > 0 && factor < 1, "schedule.factor", factor, "in (0, 1)");
      Check.that(patience >= 0, "schedule.patience", patience, "at least 0");
      Check.that(threshold >= 0 && threshold <= 1, "schedule.threshold", threshold, "in [0, 1]");
      Check.that(cooldown >= 0, "schedule.cooldown", cooldown, "at least 0");
      Check.that(minLr >= 0, "schedule.min_lr", minLr, "at least 0");
    }
  }

  public Plateau {
    ScheduleCheck.lr(lr);
    ScheduleCheck.minLr(rule.minLr(), lr);
    top1 = List.copyOf(top1);
  }

  /** Before the first epoch. */
  public Plateau(double lr, Rule rule) {
    this(lr, rule, List.of());
  }

  @Override
  public Plateau after(List<Double> epochs) {
    return new Plateau(lr, rule, epochs);
  }

  @Override
  public double lr(long update) {
    ScheduleCheck.update(update);
    double now = lr;
    double best = Double.NEGATIVE_INFINITY;
    int bad = 0;
    int cooling = 0;
    for (double score : top1) {
      boolean better = best == Double.NEGATIVE_INFINITY || score > best * (1 + rule.threshold());
      best = better ? score : best;
      bad = better ? 0 : bad + 1;
      if (cooling > 0) {
        cooling--;
        bad = 0;
      }
      if (bad > rule.patience()) {
        double lower = Math.max(now * rule.factor(), rule.minLr());
        now = now - lower > LEAST_FALL ? lower : now;
        cooling = rule.cooldown();
        bad = 0;
      }
    }
    return now;
  }
}
