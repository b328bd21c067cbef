package dev.linnet.train;

import dev.linnet.base.Check;
import dev.linnet.optim.WeightAverage;

/**
 * An average of the weights, which is evaluated and saved in their place once it has begun.
 *
 * @param average that of the network's weights; whoever made it closes it
 * @param first updates before and with the first averaging, at least 1
 * @param every updates from one averaging to the next, at least 1
 * @param statistics what becomes of batch norm's running statistics
 */
public record Averaging(WeightAverage average, long first, long every, Statistics statistics) {

  /** What becomes of batch norm's running statistics. */
  public enum Statistics {
    /** They are averaged like the weights. */
    AVERAGED,
    /**
     * They are estimated over the training pictures before every evaluation, because averaged
     * weights give other activations than any of the weights did ({@code update_bn} of PyTorch).
     */
    ESTIMATED
  }

  public Averaging {
    Check.that(first >= 1, "first", first, "at least 1");
    Check.that(every >= 1, "every", every, "at least 1");
  }

  /** Averages every so many updates, from the start. */
  public static Averaging every(long updates, WeightAverage average) {
    return new Averaging(average, updates, updates, Statistics.AVERAGED);
  }

  /** Whether anything was averaged after so many updates. */
  boolean hasBegun(long updates) {
    return updates >= first;
  }

  /** Takes the weights in, where it is time after so many updates. */
  void updated(long updates) {
    if (hasBegun(updates) && (updates - first) % every == 0) {
      average.update((updates - first) / every + 1);
    }
  }
}
