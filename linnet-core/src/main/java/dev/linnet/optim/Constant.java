package dev.linnet.optim;

/**
 * The same learning rate throughout.
 *
 * @param lr η, above 0
 */
public record Constant(double lr) implements Schedule {
  public Constant {
    ScheduleCheck.lr(lr);
  }

  @Override
  public double lr(long update) {
    ScheduleCheck.update(update);
    return lr;
  }
}
