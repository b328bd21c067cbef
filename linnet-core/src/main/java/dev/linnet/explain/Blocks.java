package dev.linnet.explain;

import java.util.stream.IntStream;

/**
 * Rows in blocks of a size that does not depend on the number of threads, so that results do not
 * either. Runs on the pool of the calling thread, else on the common one.
 */
final class Blocks {
  private Blocks() {}

  /** What is done with a block. */
  @FunctionalInterface
  interface Work {
    /** Rows {@code from} to {@code to − 1}. */
    void run(int from, int to);
  }

  /** Runs work on all rows, whose blocks may come in any order and at once. */
  static void run(int rows, int size, Work work) {
    int blocks = (rows + size - 1) / size;
    IntStream.range(0, blocks)
        .parallel()
        .forEach(block -> work.run(block * size, Math.min(rows, (block + 1) * size)));
  }
}
