package dev.linnet.train;

import dev.linnet.base.Check;
import dev.linnet.nn.Parameter;
import dev.linnet.optim.Schedule;
import dev.linnet.tensor.Autograd;
import dev.linnet.tensor.Scope;
import dev.linnet.tensor.Tensor;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * Tries learning rates: some updates while the rate rises by the same factor each time, until the
 * loss diverges. Afterwards everything is as before, bit for bit: weights, running statistics,
 * optimizer; random numbers are keyed, so that nothing of them moves.
 *
 * <pre>
 *   η_k = from·(to/from)^(k/(n − 1))
 *   smoothed loss: average with β = 0.98, bias-corrected; the end: above 4 times its lowest
 * </pre>
 *
 * <p>Smith, WACV 2017, arXiv:1506.01186, §3.3; the numbers are those of fast.ai's {@code lr_find}.
 *
 * <p>For one thread; {@link #requestStop} may be called from any.
 */
public final class LearningRateFinder {
  private static final double BETA = 0.98;

  private final Trainer.Parts parts;
  private final TrainOptions options;
  private final AtomicBoolean stop = new AtomicBoolean();

  /**
   * Which rates are tried.
   *
   * @param from the first, above 0
   * @param to the last, above {@code from}
   * @param updates how many, at least 20
   * @param diverged the end: a smoothed loss above this times its lowest, above 1
   */
  public record Range(double from, double to, int updates, double diverged) {
    /** fast.ai's. */
    public static final Range DEFAULT = new Range(1e-7, 10, 100, 4);

    public Range {
      Check.that(from > 0 && from < to, "from", from, "above 0 and below to, which is " + to);
      Check.that(to <= 1e6, "to", to, "at most 1000000");
      Check.that(updates >= 20 && updates <= 1_000_000, "updates", updates, "in [20, 1000000]");
      Check.that(diverged > 1, "diverged", diverged, "above 1");
    }

    private double lr(long update) {
      return from * Math.pow(to / from, (double) update / (updates - 1));
    }
  }

  /**
   * @param parts of the training; schedule, average, validation and store stay untouched
   * @param options of the training
   */
  public LearningRateFinder(Trainer.Parts parts, TrainOptions options) {
    this.parts = parts;
    this.options = options;
  }

  /** Asks to end after the running update. From any thread. */
  public void requestStop() {
    stop.set(true);
  }

  /**
   * Tries the rates and restores everything.
   *
   * @throws dev.linnet.base.LinnetException if an epoch has fewer batches than one update needs
   */
  public LearningRateCurve run(Range range) {
    Schedule rates = range::lr;
    Trainer.Parts tried =
        new Trainer.Parts(
            parts.model(),
            parts.objective(),
            parts.optimizer(),
            rates,
            Optional.empty(),
            parts.training(),
            Optional.empty(),
            parts.store());
    Average average = new Average(range);
    try (Snapshot before = new Snapshot(parts)) {
      try {
        new Trainer(tried, options).probe((lr, loss) -> average.add(lr, loss) && !stop.get());
      } catch (DivergedException end) {
        // as far as the curve goes
      } finally {
        parts.optimizer().clearGradients();
        before.restore();
      }
    }
    return new LearningRateCurve(average.points, range.updates());
  }

  /** The curve as it grows. */
  private static final class Average {
    final List<LearningRateCurve.Point> points = new ArrayList<>();
    private final Range range;
    private double sum;
    private double lowest = Double.POSITIVE_INFINITY;

    Average(Range range) {
      this.range = range;
    }

    /** Whether to go on. */
    boolean add(double lr, double loss) {
      sum = BETA * sum + (1 - BETA) * loss;
      double smoothed = sum / (1 - Math.pow(BETA, points.size() + 1.0));
      points.add(new LearningRateCurve.Point(lr, loss, smoothed));
      lowest = Math.min(lowest, smoothed);
      return points.size() < range.updates() && smoothed <= range.diverged() * lowest;
    }
  }

  /** Copies of all that training changes. */
  private static final class Snapshot implements AutoCloseable {
    private final Trainer.Parts parts;
    private final Map<String, Tensor> optimizer = new LinkedHashMap<>();
    private final Map<String, Tensor> weights = new LinkedHashMap<>();

    Snapshot(Trainer.Parts parts) {
      this.parts = parts;
      Scope.run(
          "snapshot",
          () ->
              Autograd.off(
                  () -> {
                    parts.optimizer().state().forEach((name, t) -> optimizer.put(name, copy(t)));
                    state().forEach((name, p) -> weights.put(name, copy(p.value())));
                  }));
    }

    private static Tensor copy(Tensor t) {
      return t.detach().copy().unscoped();
    }

    private Map<String, Parameter> state() {
      Map<String, Parameter> all = new LinkedHashMap<>();
      parts.model().state().forEach((name, p) -> all.put("model." + name, p));
      parts.objective().parameters().forEach((name, p) -> all.put("objective." + name, p));
      return all;
    }

    void restore() {
      parts.optimizer().loadState(optimizer);
      Scope.run(
          "restore",
          () -> Autograd.off(() -> state().forEach((name, p) -> set(p, weights.get(name)))));
    }

    private static void set(Parameter parameter, @Nullable Tensor saved) {
      if (saved == null) {
        throw new IllegalStateException("the network has a part that it had not before");
      }
      parameter.value().detach().set(saved);
    }

    @Override
    public void close() {
      optimizer.values().forEach(Tensor::close);
      weights.values().forEach(Tensor::close);
    }
  }
}
