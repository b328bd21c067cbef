package dev.linnet.optim;

import dev.linnet.base.Check;

/**
 * How the part of the signs in {@link PowerSign} and {@link AddSign} fades over a run.
 *
 * <pre>
 *   f(t) = 1                              none
 *        = 1 − t/T                        linear
 *        = ½(1 + cos(2πn·t/T))            cosine, n periods; ½ ends at 0
 *        = ½(1 + cos(π·frac(n·t/T)))      restart, n times
 * </pre>
 *
 * <p>Bello et al., ICML 2017, arXiv:1709.07417, §4.4.
 *
 * @param kind the shape
 * @param periods n, above 0; only for cosine and restart
 * @param totalUpdates T, at least 1
 */
public record SignDecay(Kind kind, double periods, long totalUpdates) {
  /** The signs count all the time. */
  public static final SignDecay NONE = new SignDecay(Kind.NONE, 1, 1);

  /** The shape. */
  public enum Kind {
    NONE,
    LINEAR,
    COSINE,
    RESTART
  }

  public SignDecay {
    checkPeriods(periods);
    Check.that(totalUpdates >= 1, "total updates", totalUpdates, "at least 1");
  }

  /** Refuses what is no number of periods. */
  public static void checkPeriods(double periods) {
    Check.that(periods > 0 && periods <= 1000, "optimizer.periods", periods, "in (0, 1000]");
  }

  /**
   * f(t).
   *
   * @param update t, from 0; beyond T as at T
   */
  public double at(long update) {
    double t = Math.min(update, totalUpdates) / (double) totalUpdates;
    return switch (kind) {
      case NONE -> 1;
      case LINEAR -> 1 - t;
      case COSINE -> 0.5 * (1 + Math.cos(2 * Math.PI * periods * t));
      case RESTART -> {
        double part = periods * t;
        yield 0.5 * (1 + Math.cos(Math.PI * (part - Math.floor(part))));
      }
    };
  }
}
