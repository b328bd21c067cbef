package dev.linnet.train;

import java.util.List;
import java.util.Optional;

/**
 * How a training went.
 *
 * @param end why it ended
 * @param epochs a row an epoch, of the whole run
 * @param best the row of the best epoch; empty where none was finished
 * @param updates updates made in the whole run
 * @param seconds training time of the whole run, validation included
 */
public record TrainingResult(
    End end, List<EpochMetrics> epochs, Optional<EpochMetrics> best, long updates, double seconds) {
  public TrainingResult {
    epochs = List.copyOf(epochs);
  }

  /** Why a training ended. */
  public enum End {
    /** All epochs are done. */
    FINISHED,
    /** Validation did not improve for long enough. */
    EARLY_STOPPED,
    /** Somebody asked it to stop; the state is saved. */
    INTERRUPTED
  }
}
