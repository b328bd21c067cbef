package dev.linnet.optim;

import dev.linnet.base.Check;
import java.util.List;
import java.util.OptionalDouble;

/**
 * A rise to the learning rate before a schedule.
 *
 * <pre>
 *   k &lt; w:  η_k = η₀ + (η − η₀)·s(k),   s: k/w, (k + 1)/w or 0 by the shape
 *   else:   the schedule's rate at k − w, or at k where it counts from the start
 * </pre>
 *
 * <p>Goyal et al., 2017, arXiv:1706.02677, §2.2. With η₀ = 0 and {@link Shape#LINEAR} the very
 * first update changes nothing; timm and torchvision start at a small η₀, the Bag of Tricks paper
 * at η/w ({@link Shape#LINEAR_FROM_ONE}). With {@link Count#FROM_START} a cosine is below its top
 * when the rise ends, so the peak is never η: timm without its {@code warmup_prefix}.
 *
 * @param then what follows
 * @param lr η, what the rise leads to, above 0
 * @param updates w, at least 0
 * @param from η₀, in [0, lr]
 * @param shape how it rises
 * @param count where the schedule's own update 0 is
 */
public record Warmup(Schedule then, double lr, long updates, double from, Shape shape, Count count)
    implements Schedule {

  /** How the rate rises. */
  public enum Shape {
    /** Share k/w of the way at update k; the first update after the rise has η. */
    LINEAR,
    /** Share (k + 1)/w: the last update of the rise has η already. */
    LINEAR_FROM_ONE,
    /** η₀ throughout (He et al., CVPR 2016, arXiv:1512.03385, §4.2). */
    CONSTANT
  }

  /** Where the schedule that follows has its update 0. */
  public enum Count {
    /** At the end of the rise. */
    AFTER_WARMUP,
    /** At the start of the run, under the rise. */
    FROM_START
  }

  public Warmup {
    ScheduleCheck.lr(lr);
    Check.that(updates >= 0, "warm-up updates", updates, "at least 0");
    Check.that(from >= 0 && from <= lr, "schedule.warmup_lr", from, "in [0, lr = " + lr + "]");
  }

  /** A linear rise from 0 before the schedule begins. */
  public static Warmup of(Schedule then, double lr, long updates) {
    return new Warmup(then, lr, updates, 0, Shape.LINEAR, Count.AFTER_WARMUP);
  }

  /** Another first rate. */
  public Warmup withFrom(double value) {
    return new Warmup(then, lr, updates, value, shape, count);
  }

  /** Another shape of the rise. */
  public Warmup withShape(Shape value) {
    return new Warmup(then, lr, updates, from, value, count);
  }

  /** Another place of the schedule's update 0. */
  public Warmup withCount(Count value) {
    return new Warmup(then, lr, updates, from, shape, value);
  }

  @Override
  public Warmup after(List<Double> top1) {
    return new Warmup(then.after(top1), lr, updates, from, shape, count);
  }

  @Override
  public OptionalDouble momentum(long update) {
    return then.momentum(Math.max(0, own(update)));
  }

  /** Which of its own updates the schedule that follows is at. */
  private long own(long update) {
    return count == Count.AFTER_WARMUP ? update - updates : update;
  }

  @Override
  public double lr(long update) {
    ScheduleCheck.update(update);
    if (update >= updates) {
      return then.lr(own(update));
    }
    double share =
        switch (shape) {
          case LINEAR -> (double) update / updates;
          case LINEAR_FROM_ONE -> (update + 1.0) / updates;
          case CONSTANT -> 0;
        };
    return from + (lr - from) * share;
  }
}
