package dev.linnet.optim;

import dev.linnet.base.Check;

/**
 * Falls by the same factor in the same time, with every update: η_k = η·γ^(k/s).
 *
 * <p>PyTorch's {@code ExponentialLR} is s = 1.
 *
 * @param lr η, above 0
 * @param every s, updates in which the rate falls by γ, at least 1
 * @param gamma γ, in (0, 1]
 */
public record Exponential(double lr, long every, double gamma) implements Schedule {
  public Exponential {
    ScheduleCheck.lr(lr);
    Check.that(every >= 1, "updates a factor", every, "at least 1");
    ScheduleCheck.gamma(gamma);
  }

  @Override
  public double lr(long update) {
    ScheduleCheck.update(update);
    return lr * Math.pow(gamma, (double) update / every);
  }
}
