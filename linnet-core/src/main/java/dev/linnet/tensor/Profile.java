package dev.linnet.tensor;

import java.util.List;

/**
 * What a piece of work spent its time on, as {@link Profiler#run} noted it.
 *
 * @param start when it began, in ns of {@link System#nanoTime}
 * @param nanos how long it took
 * @param own of these, what noting took
 * @param events what happened, in the order in which it ended; an event lies in another one or
 *     beside it
 */
public record Profile(long start, long nanos, long own, List<Event> events) {
  public Profile {
    events = List.copyOf(events);
  }

  /** What an event is. */
  public enum Kind {
    /** A part of the work as {@link Profiler#within} was told: a layer, or a phase of a step. */
    PART,
    /** An operator ahead: in the forward pass, the loss, the update. */
    AHEAD,
    /** An operator of the way back. */
    BACK
  }

  /**
   * A span of time.
   *
   * @param name of an operator, such as {@code conv2d} and {@code conv2d, back}; empty for a part
   * @param part the innermost part in which it ran; on the way back that of the operator whose
   *     gradient it computes; of a part: itself
   * @param start in ns of {@link System#nanoTime}
   * @param nanos how long it took
   * @param own of these, what noting took; operators have none
   * @param work what was done
   */
  public record Event(
      Kind kind, String name, Object part, long start, long nanos, long own, Work work) {
    /** When it ended, in ns of {@link System#nanoTime}. */
    public long end() {
      return start + nanos;
    }
  }

  /**
   * What an operator did.
   *
   * @param bytes of what it must read and write at least, each once
   * @param macs multiply-adds of convolutions and matrix products, as {@link Recording} counts them
   * @param dtype of its result
   * @param shapes of its inputs; on the way back of the gradients that it was given
   */
  public record Work(long bytes, long macs, DType dtype, List<Shape> shapes) {
    public Work {
      shapes = List.copyOf(shapes);
    }

    /** Nothing. */
    static final Work NONE = new Work(0, 0, DType.FLOAT32, List.of());
  }
}
