package dev.linnet.tensor;

import dev.linnet.tensor.Trace.Op;
import dev.linnet.tensor.Trace.Value;

/**
 * How many pictures of a batch a {@link Program} takes at once. The maps of a whole batch are read
 * from memory by each operator again; those of a few pictures are still in the cache (decision
 * 0038). Fewer read the weights more often, and leave threads without work.
 */
final class Slices {
  /** Bytes of the largest map of a slice; by measurement. */
  private static final long WIDEST = 16L << 20;

  private static final long FEWEST = 2;

  private Slices() {}

  /**
   * Pictures of a slice: a divisor of the batch, and all of it where slices would not pay, or where
   * an operator's result has not the batch's pictures one after the other.
   *
   * @param trace of a whole batch
   * @param dtype of what flows
   */
  static long of(Trace trace, DType dtype) {
    long batch = trace.input().shape.dim(0);
    long widest = 0;
    long flow = 0;
    long weights = 0;
    for (Op op : trace.ops()) {
      Shape made = op.output.shape;
      boolean apart = made.rank() > 0 && made.dim(0) % batch == 0;
      if (!apart || isOfTokens(op)) {
        return batch;
      }
      long bytes = made.count() / batch * dtype.bytes();
      widest = Math.max(widest, bytes);
      flow += bytes;
      for (Value input : op.inputs) {
        weights += input.isConstant() ? input.shape.count() * dtype.bytes() : 0;
      }
    }
    for (long slice = Math.min(batch, WIDEST / Math.max(1, widest)); slice >= FEWEST; slice--) {
      if (batch % slice == 0) {
        return weights <= slice * flow ? slice : batch;
      }
    }
    return batch;
  }

  /** A product for each place of a map. Networks of those take a quarter longer in slices. */
  private static boolean isOfTokens(Op op) {
    return op.name.equals("linear") && op.output.shape.rank() > 2;
  }
}
