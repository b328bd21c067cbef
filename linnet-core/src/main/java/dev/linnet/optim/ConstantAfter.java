package dev.linnet.optim;

import dev.linnet.base.Check;
import java.util.List;

/**
 * A schedule that is left for a constant learning rate, as stochastic weight averaging wants it:
 * the weights go on moving while they are averaged (Izmailov et al., UAI 2018, arXiv:1803.05407,
 * §3.1). PyTorch's {@code SWALR} goes there over ten epochs; this one at once.
 *
 * @param before what holds until then
 * @param from the first update with the constant rate, at least 0
 * @param lr the constant rate, above 0
 */
public record ConstantAfter(Schedule before, long from, double lr) implements Schedule {
  public ConstantAfter {
    Check.that(from >= 0, "from", from, "at least 0");
    Check.that(lr > 0 && lr < Double.POSITIVE_INFINITY, "swa.lr", lr, "above 0");
  }

  @Override
  public ConstantAfter after(List<Double> top1) {
    return new ConstantAfter(before.after(top1), from, lr);
  }

  @Override
  public double lr(long update) {
    return update < from ? before.lr(update) : lr;
  }
}
