package dev.linnet.train;

import java.nio.file.Path;

/** What watches a training. Called on the trainer's thread; must not keep what it is given. */
public interface TrainingListener {
  /**
   * The run begins or goes on.
   *
   * @param position where it begins; update 0 for a new run
   * @param totalUpdates updates of the whole run
   */
  default void started(Position position, long totalUpdates) {}

  /** An update was made. */
  default void stepped(Step step) {}

  /** Validation goes on. */
  default void evaluating(int images, int ofImages) {}

  /** An epoch ended, its validation included. */
  default void epochEnded(EpochMetrics metrics) {}

  /** The full state was saved. */
  default void checkpointed(Path file, Position position) {}

  /** The run ended or was stopped. */
  default void ended(TrainingResult result) {}

  /**
   * Where a run stands.
   *
   * @param epoch the running epoch, from 0
   * @param batch the next batch of it, from 0
   * @param update updates made
   */
  record Position(int epoch, int batch, long update) {}

  /**
   * One update.
   *
   * @param update its number, from 1
   * @param epoch the running epoch, from 1
   * @param batch batches of the epoch done
   * @param batches batches of an epoch
   * @param loss mean training loss of the update's pictures
   * @param lr learning rate
   * @param images pictures of the update
   * @param seconds time of the update, waiting for data included
   * @param waitSeconds of it, waiting for data
   */
  record Step(
      long update,
      int epoch,
      int batch,
      int batches,
      double loss,
      double lr,
      int images,
      double seconds,
      double waitSeconds) {}
}
