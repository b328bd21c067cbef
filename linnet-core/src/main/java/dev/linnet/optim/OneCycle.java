package dev.linnet.optim;

import dev.linnet.base.Check;
import java.util.Optional;
import java.util.OptionalDouble;

/**
 * One rise and one fall over the whole run.
 *
 * <pre>
 *   up:    η/div → η           over the first pct_start of the run
 *   down:  η → η/div/final     over the rest; three-phase: η → η/div in as long as up took,
 *                              then η/div → η/div/final
 *   μ:     max → base as the rate rises, base → max as it falls
 * </pre>
 *
 * <p>Smith and Topin, 2018, arXiv:1708.07120; numbers and phases as PyTorch's {@code OneCycleLR}.
 *
 * @param lr η, the peak, above 0
 * @param totalUpdates at least 1
 * @param shape the curve of each phase
 * @param momentums what the momentum cycles between; empty: the optimizer keeps its own
 */
public record OneCycle(double lr, long totalUpdates, Shape shape, Optional<Momentums> momentums)
    implements Schedule {

  /**
   * What the momentum, or Adam's β₁, cycles between.
   *
   * @param base where the rate is highest, in [0, max]
   * @param max where the rate is lowest, in [0, 1)
   */
  public record Momentums(double base, double max) {
    /** PyTorch's. */
    public static final Momentums DEFAULT = new Momentums(0.85, 0.95);

    public Momentums {
      Check.that(max >= 0 && max < 1, "schedule.max_momentum", max, "in [0, 1)");
      Check.that(
          base >= 0 && base <= max,
          "schedule.base_momentum",
          base,
          "in [0, max_momentum = " + max + "]");
    }
  }

  /**
   * The curve, whatever its height and length.
   *
   * @param pctStart share of the run that rises, in (0, 1); with three phases up to 0.5
   * @param divFactor peak by first rate, at least 1
   * @param finalDivFactor first rate by last rate, at least 1
   * @param anneal the form of rise and fall
   * @param phases two or three
   */
  public record Shape(
      double pctStart, double divFactor, double finalDivFactor, Anneal anneal, Phases phases) {
    /** PyTorch's. */
    public static final Shape DEFAULT = new Shape(0.3, 25, 1e4, Anneal.COS, Phases.TWO);

    public Shape {
      double most = phases == Phases.THREE ? 0.5 : 1;
      Check.that(
          pctStart > 0 && pctStart < 1 && pctStart <= most,
          "schedule.pct_start",
          pctStart,
          phases == Phases.THREE ? "in (0, 0.5] with three phases" : "in (0, 1)");
      Check.that(
          divFactor >= 1 && divFactor < Double.POSITIVE_INFINITY,
          "schedule.div_factor",
          divFactor,
          "at least 1");
      Check.that(
          finalDivFactor >= 1 && finalDivFactor < Double.POSITIVE_INFINITY,
          "schedule.final_div_factor",
          finalDivFactor,
          "at least 1");
    }
  }

  /** How a rate goes from one value to another. */
  public enum Anneal {
    /** Half a cosine. */
    COS,
    /** A straight line. */
    LINEAR
  }

  /** How many phases the cycle has. */
  public enum Phases {
    /** Up, then down to the end. */
    TWO,
    /** Up, as fast down, then to the end. */
    THREE
  }

  public OneCycle {
    ScheduleCheck.lr(lr);
    ScheduleCheck.total(totalUpdates);
  }

  /** The momentum stays the optimizer's own. */
  public OneCycle(double lr, long totalUpdates, Shape shape) {
    this(lr, totalUpdates, shape, Optional.empty());
  }

  @Override
  public double lr(long update) {
    double first = lr / shape.divFactor();
    return at(update, first, lr, first / shape.finalDivFactor());
  }

  @Override
  public OptionalDouble momentum(long update) {
    return momentums
        .map(m -> OptionalDouble.of(at(update, m.max(), m.base(), m.max())))
        .orElse(OptionalDouble.empty());
  }

  /** What goes from one number over another to a last one. */
  private double at(long update, double first, double peak, double last) {
    ScheduleCheck.update(update);
    double top = shape.pctStart() * totalUpdates - 1;
    double end = totalUpdates - 1.0;
    double k = Math.min((double) update, end);
    if (k <= top) {
      return between(first, peak, k, 0, top);
    }
    if (shape.phases() == Phases.TWO) {
      return between(peak, last, k, top, end);
    }
    double middle = 2 * shape.pctStart() * totalUpdates - 2;
    return k <= middle
        ? between(peak, first, k, top, middle)
        : between(first, last, k, middle, end);
  }

  private double between(double from, double to, double k, double begin, double end) {
    double share = end > begin ? (k - begin) / (end - begin) : 1;
    return switch (shape.anneal()) {
      case COS -> to + (from - to) / 2 * (1 + Math.cos(Math.PI * share));
      case LINEAR -> from + (to - from) * share;
    };
  }
}
