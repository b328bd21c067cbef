package dev.linnet.data;

/**
 * Reads a set of pictures in batches on worker threads, ahead of who trains.
 *
 * <p>The trainer's view of it; what is read and how is settled when it is made.
 */
public interface Loader extends AutoCloseable {
  /** Batches of an epoch. */
  int batches();

  /** Pictures of an epoch, those of this process. */
  int images();

  /** K, the number of classes. */
  int classes();

  /**
   * Begins an epoch, or goes on inside one without replaying the batches before.
   *
   * @param epoch from 0; keys the order and every draw
   * @param firstBatch in [0, {@link #batches()}]
   */
  Pass pass(int epoch, int firstBatch);

  /** Frees threads and buffers. */
  @Override
  void close();

  /** One way through an epoch, on one thread. */
  interface Pass extends AutoCloseable {
    /** True while there are batches left. */
    boolean hasNext();

    /**
     * The next batch, uint8; its tensors belong to the innermost open scope, and their memory is
     * used again once {@link #next} is called twice more.
     *
     * @throws dev.linnet.base.LinnetException what a worker met, such as too many bad pictures
     */
    Batch next();

    /** Seconds that {@link #next} has waited for workers so far. */
    double waitedSeconds();

    /** Stops the workers of this pass. */
    @Override
    void close();
  }
}
