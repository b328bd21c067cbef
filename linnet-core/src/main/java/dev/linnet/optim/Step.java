package dev.linnet.optim;

import dev.linnet.base.Check;

/**
 * Falls by a factor at even distances: η_k = η·γ^⌊k/s⌋.
 *
 * <p>He et al., CVPR 2016, arXiv:1512.03385, §3.4, with γ = 0.1; PyTorch's {@code StepLR}.
 *
 * @param lr η, above 0
 * @param every s, updates from one fall to the next, at least 1
 * @param gamma γ, in (0, 1]
 */
public record Step(double lr, long every, double gamma) implements Schedule {
  public Step {
    ScheduleCheck.lr(lr);
    Check.that(every >= 1, "updates a step", every, "at least 1");
    ScheduleCheck.gamma(gamma);
  }

  @Override
  public double lr(long update) {
    ScheduleCheck.update(update);
    long falls = update / every;
    return lr * Math.pow(gamma, (double) falls);
  }
}
