package dev.linnet.train;

import dev.linnet.base.Check;
import dev.linnet.models.Classifier;

/**
 * Which layers of a network are trained, and from which epoch on: the head from the first, then,
 * where it goes in stages, one more layer below it every few epochs, or several every epoch. The
 * others are frozen: no gradient, no decay, no momentum, batch norm's statistics fixed.
 *
 * <p>Gradual unfreezing: Howard and Ruder, ACL 2018, arXiv:1801.06146, §3.3.
 *
 * @param layers below the head that are trained at last, at least 0; {@link #ALL} for all
 * @param every epochs from one layer to the next, such as 1, or 0.25 for four layers an epoch;
 *     {@link #AT_ONCE}: all from the start
 */
public record Unfreezing(int layers, double every) {
  /** Every layer there is. */
  public static final int ALL = Integer.MAX_VALUE;

  /** No stages. */
  public static final double AT_ONCE = 0;

  private static final double LEAST = 1e-3;
  private static final double MOST = 1e6;

  /** Nothing is frozen. */
  public static final Unfreezing NONE_FROZEN = new Unfreezing(ALL, AT_ONCE);

  public Unfreezing {
    Check.that(layers >= 0, "layers", layers, "at least 0");
    Check.that(
        every == AT_ONCE || (every >= LEAST && every <= MOST),
        "every",
        every,
        "in [0.001, 1000000], or 0 for all at once");
  }

  /** The layers below the head that an epoch trains, epochs counted from 0. */
  public int layersAt(int epoch) {
    return every == AT_ONCE ? layers : (int) Math.min(layers, Math.floor(epoch / every + 1e-9));
  }

  /** Freezes and thaws for an epoch, counted from 0; the mode of the network stays. */
  void begin(Classifier model, int epoch) {
    if (!equals(NONE_FROZEN)) {
      model.trainTop(layersAt(epoch));
    }
  }

  /** Freezes what no epoch trains, so that an optimizer made next has no memory of it. */
  public void freezeRest(Classifier model) {
    if (!equals(NONE_FROZEN)) {
      model.trainTop(layers);
    }
  }
}
