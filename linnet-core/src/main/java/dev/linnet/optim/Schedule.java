package dev.linnet.optim;

/** The learning rate of each update: a pure function, so that a plot and a resumed run agree. */
@FunctionalInterface
public interface Schedule {
  /**
   * The learning rate.
   *
   * @param update which update uses it; the first is 0
   */
  double lr(long update);
}
