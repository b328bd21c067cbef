package dev.linnet.optim;

import dev.linnet.base.Check;
import dev.linnet.nn.Module;
import dev.linnet.nn.Parameter;
import dev.linnet.tensor.Autograd;
import dev.linnet.tensor.Foreach;
import dev.linnet.tensor.Scope;
import dev.linnet.tensor.Tensor;
import dev.linnet.tensor.TensorList;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * An average of all weights and running statistics of a network: an exponential one ({@link
 * Config}) or the plain mean ({@link #EQUAL}).
 *
 * <pre>
 *   s = t − updateAfter − 1
 *   d = 0 where s ≤ 0 (a copy), else decay; with warm-up 1 − (1 + s)^(−power) in [minDecay, decay]
 *   a ← a + (1 − d)·(θ − a)
 * </pre>
 *
 * <p>As {@code ModelEmaV3} of timm, with γ = 1: running statistics are averaged too, integer
 * buffers are copied. Polyak and Juditsky, SIAM J. Control Optim. 30(4), 1992; the warm-up is
 * Katherine Crowson's. Cost: one pass over the weights an update and their memory once more.
 *
 * <p>For one thread at a time. The average belongs to this object; the network outlives it.
 */
public final class WeightAverage implements AutoCloseable {

  /** How much of the present weights goes into the average. */
  @FunctionalInterface
  public interface Rule {
    /**
     * The share, in [0, 1]; 1 is a copy.
     *
     * @param update how many averagings there were, this one included: 1 for the first
     */
    double share(long update);
  }

  /**
   * The plain mean of all weights given, {@code a ← a + (θ − a)/n}: stochastic weight averaging
   * (Izmailov et al., UAI 2018, arXiv:1803.05407, Algorithm 1).
   */
  public static final Rule EQUAL = update -> 1.0 / update;

  /**
   * The numbers.
   *
   * @param decay share of the average that an update keeps, in [0, 1)
   * @param warmup whether the decay grows towards its value, so that the start is forgotten
   * @param power how fast it grows, above 0: 2/3 for runs above a million updates, 3/4 for shorter
   * @param minDecay least decay under warm-up, in [0, decay]
   * @param updateAfter updates during which the average is a copy, at least 0
   */
  public record Config(double decay, Warmup warmup, double power, double minDecay, long updateAfter)
      implements Rule {
    /** timm's values, with the warm-up that makes them fit short runs too. */
    public static final Config DEFAULT = new Config(0.9999, Warmup.ON, 2.0 / 3, 0, 0);

    public Config {
      Check.that(decay >= 0 && decay < 1, "ema.decay", decay, "in [0, 1)");
      Check.that(power > 0 && power <= 10, "ema.power", power, "in (0, 10]");
      Check.that(
          minDecay >= 0 && minDecay <= decay,
          "ema.min_decay",
          minDecay,
          "in [0, decay = " + decay + "]");
      Check.that(updateAfter >= 0, "ema.update_after", updateAfter, "at least 0");
    }

    /** Another decay. */
    public Config withDecay(double value) {
      return new Config(value, warmup, power, minDecay, updateAfter);
    }

    /** With or without warm-up. */
    public Config withWarmup(Warmup value) {
      return new Config(decay, value, power, minDecay, updateAfter);
    }

    /** Another speed of the warm-up. */
    public Config withPower(double value) {
      return new Config(decay, warmup, value, minDecay, updateAfter);
    }

    /** Another least decay under warm-up. */
    public Config withMinDecay(double value) {
      return new Config(decay, warmup, power, value, updateAfter);
    }

    /** Another number of updates during which the average is a copy. */
    public Config withUpdateAfter(long value) {
      return new Config(decay, warmup, power, minDecay, value);
    }

    /**
     * d, the share of the average that an update keeps.
     *
     * @param update the number of weight updates done, this one included: 1 after the first
     */
    public double decay(long update) {
      long s = update - updateAfter - 1;
      if (s <= 0) {
        return 0;
      }
      return switch (warmup) {
        case OFF -> decay;
        case ON -> Math.max(Math.min(1 - Math.pow(1.0 + s, -power), decay), minDecay);
      };
    }

    @Override
    public double share(long update) {
      return 1 - decay(update);
    }
  }

  /** Whether the decay grows towards its value. */
  public enum Warmup {
    ON,
    OFF
  }

  private final Module module;
  private final Rule rule;
  private final Map<String, Tensor> averages = new LinkedHashMap<>();
  private @Nullable Lists lists;
  private boolean swapped;
  private boolean closed;

  /**
   * Starts with a copy of the network's weights.
   *
   * @param module with memory
   */
  public WeightAverage(Module module, Rule rule) {
    this.module = module;
    this.rule = rule;
    Scope.run(
        "weight average",
        () ->
            Autograd.off(
                () ->
                    module
                        .state()
                        .forEach(
                            (name, p) ->
                                averages.put(name, p.value().detach().copy().unscoped()))));
  }

  /**
   * Moves the average towards the network's weights.
   *
   * @param update the number of weight updates done, this one included: 1 after the first; whoever
   *     averages after every k-th update only counts averagings instead
   */
  public void update(long update) {
    checkFree("update");
    double share = rule.share(update);
    Scope.run(
        "weight average",
        () ->
            Autograd.off(
                () -> {
                  Lists now = lists();
                  if (share == 1) {
                    Foreach.copy(now.averages, now.weights);
                  } else {
                    Foreach.lerp(now.averages, now.weights, share);
                  }
                  Foreach.copy(now.copies, now.counts);
                }));
  }

  /**
   * Puts the averaged weights into the network, by exchanging memory, until {@link #swapOut}:
   *
   * <pre>{@code
   * average.swapIn();
   * try {
   *   evaluate(model);
   * } finally {
   *   average.swapOut();
   * }
   * }</pre>
   *
   * <p>Until then there are no updates, of the weights or of the average.
   */
  public void swapIn() {
    checkFree("swapIn");
    exchange();
    swapped = true;
  }

  /** Gives the network its own weights back, bit for bit; harmless where it has them. */
  public void swapOut() {
    if (swapped) {
      exchange();
      swapped = false;
    }
  }

  /**
   * The averaged weights by the network's names, in its order. The tensors are this object's own:
   * the next update changes them.
   */
  public Map<String, Tensor> state() {
    checkFree("state");
    return Collections.unmodifiableMap(averages);
  }

  /**
   * Goes on from a state that {@link #state} gave, bit for bit; the values are copied.
   *
   * @throws dev.linnet.base.LinnetException if names, shapes or types differ; nothing is changed
   *     then
   */
  public void loadState(Map<String, Tensor> saved) {
    checkFree("loadState");
    StateCheck.same("weight average", averages, saved);
    Scope.run(
        "load weight average",
        () ->
            Autograd.off(
                () ->
                    saved.forEach(
                        (name, t) -> averages.computeIfPresent(name, (n, mine) -> mine.set(t)))));
  }

  /** Frees the average; the network gets its own weights back first. Closing twice is harmless. */
  @Override
  public void close() {
    if (closed) {
      return;
    }
    swapOut();
    closed = true;
    if (lists != null) {
      lists.close();
      lists = null;
    }
    averages.values().forEach(Tensor::close);
  }

  private void exchange() {
    Map<String, Parameter> state = module.state();
    averages.forEach(
        (name, average) -> {
          Parameter p = state.get(name);
          if (p != null) {
            p.value().swapMemory(average);
          }
        });
  }

  private void checkFree(String what) {
    if (closed) {
      throw new IllegalStateException(what + ": the weight average was used after it was closed");
    }
    if (swapped) {
      throw new IllegalStateException(
          what + ": the averaged weights are in the network; call swapOut first");
    }
  }

  /** The lists of before, or new ones where tensors of the network were replaced. */
  private Lists lists() {
    Lists now = lists;
    List<Tensor> values = module.state().values().stream().map(Parameter::value).toList();
    if (now == null || !now.holds(values)) {
      if (now != null) {
        now.close();
      }
      now = new Lists(List.copyOf(averages.values()), values);
      lists = now;
    }
    return now;
  }

  /** Native lists, kept between updates: what is averaged, and integers that are copied. */
  private static final class Lists implements AutoCloseable {
    private final List<Tensor> values;
    private final TensorList averages;
    private final TensorList weights;
    private final TensorList copies;
    private final TensorList counts;

    Lists(List<Tensor> mine, List<Tensor> values) {
      this.values = values;
      averages = pick(mine, true);
      weights = pick(values, true);
      copies = pick(mine, false);
      counts = pick(values, false);
    }

    boolean holds(List<Tensor> others) {
      for (int i = 0; i < values.size(); i++) {
        if (values.get(i) != others.get(i)) {
          return false;
        }
      }
      return values.size() == others.size();
    }

    private static TensorList pick(List<Tensor> all, boolean floating) {
      List<Tensor> picked = new ArrayList<>();
      for (Tensor t : all) {
        if (t.dtype().isFloating() == floating) {
          picked.add(t);
        }
      }
      return TensorList.of(picked);
    }

    @Override
    public void close() {
      averages.close();
      weights.close();
      copies.close();
      counts.close();
    }
  }
}
