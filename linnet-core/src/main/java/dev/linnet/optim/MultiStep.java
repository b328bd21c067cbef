package dev.linnet.optim;

import dev.linnet.base.Check;
import java.util.List;

/**
 * Falls by a factor at given updates: η_k = η·γ^(milestones up to k).
 *
 * <p>Goyal et al., 2017, arXiv:1706.02677, §5.1, with γ = 0.1 after epochs 30, 60 and 80; PyTorch's
 * {@code MultiStepLR}.
 *
 * @param lr η, above 0
 * @param milestones the first update of each lower rate, rising, from 0
 * @param gamma γ, in (0, 1]
 */
public record MultiStep(double lr, List<Long> milestones, double gamma) implements Schedule {
  public MultiStep {
    ScheduleCheck.lr(lr);
    milestones = List.copyOf(milestones);
    boolean rising = !milestones.isEmpty() && milestones.get(0) >= 0;
    for (int i = 1; i < milestones.size(); i++) {
      rising &= milestones.get(i) >= milestones.get(i - 1);
    }
    Check.that(rising, "schedule.milestones", milestones, "rising updates, at least one");
    ScheduleCheck.gamma(gamma);
  }

  @Override
  public double lr(long update) {
    ScheduleCheck.update(update);
    long passed = milestones.stream().filter(milestone -> milestone <= update).count();
    return lr * Math.pow(gamma, (double) passed);
  }
}
