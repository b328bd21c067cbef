package dev.linnet.optim;

import java.util.List;
import java.util.OptionalDouble;

/**
 * The learning rate, and where it moves the momentum, of each update: a pure function, so that a
 * plot and a resumed run agree.
 *
 * <p>A record here is the shape alone, counted from its own update 0; {@link Warmup} puts a rise
 * before it.
 */
@FunctionalInterface
public interface Schedule {
  /**
   * The learning rate.
   *
   * @param update which update uses it; the first is 0
   */
  double lr(long update);

  /**
   * The momentum, or Adam's β₁, of an update; empty where the optimizer keeps its own.
   *
   * @param update which update uses it; the first is 0
   */
  default OptionalDouble momentum(long update) {
    return OptionalDouble.empty();
  }

  /**
   * This schedule, knowing how the validation went; itself where it does not look at that.
   *
   * @param top1 top-1 of the validation pictures after each epoch so far
   */
  default Schedule after(List<Double> top1) {
    return this;
  }
}
