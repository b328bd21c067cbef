package dev.linnet.train;

import dev.linnet.base.LinnetException;

/** The loss became NaN or infinite; the last good checkpoint stays. */
public final class DivergedException extends LinnetException {
  private static final long serialVersionUID = 1L;

  DivergedException(double loss, TrainingListener.Position at, double lr) {
    super(
        "the loss became "
            + loss
            + " at update "
            + (at.update() + 1)
            + " (epoch "
            + (at.epoch() + 1)
            + ", learning rate "
            + lr
            + "); training stopped and the last good checkpoint is kept;"
            + " try a lower schedule.lr, a longer warm-up or clip");
  }
}
