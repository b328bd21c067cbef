package dev.linnet.tricks;

import dev.linnet.base.Check;
import dev.linnet.base.OrAuto;
import dev.linnet.base.internal.About;

/**
 * Progressive resizing trains on small pictures first, which costs less, and on large ones at the
 * end.
 *
 * <pre>
 *   size of epoch e = from + (size − from) · e / (until · epochs),   size from until · epochs on
 * </pre>
 *
 * <p>rounded to the stride of the network's last maps. Howard, fast.ai, 2018 (DAWNBench); with
 * changing regularization in Tan and Le, ICML 2021, arXiv:2104.00298, §4. Card:
 * docs/tricks/progressive_resizing.md.
 *
 * @param from size of the first epoch, in pixels, in [1, 8192]; auto: half of the size
 * @param until share of the epochs after which the size is reached, in (0, 1]
 */
public record ProgressiveResizing(
    @About("size of the first epoch, in pixels; auto: half") OrAuto<Integer> from,
    @About("share of the epochs after which the full size is reached, in (0, 1]") double until) {
  /** Composer's values: half the size, and the last fifth of the epochs at all of it. */
  public static final ProgressiveResizing DEFAULT = new ProgressiveResizing(OrAuto.auto(), 0.8);

  public ProgressiveResizing {
    Check.that(
        from.isAutoOr(pixels -> pixels >= 1 && pixels <= 8192),
        "progressive_resizing.from",
        from,
        "in [1, 8192], or auto");
    Check.that(until > 0 && until <= 1, "progressive_resizing.until", until, "in (0, 1]");
  }

  /**
   * The size of an epoch's pictures.
   *
   * @param epoch from 0
   * @param epochs of the run
   * @param full size of the run, in pixels
   * @param stride of the network's last maps
   */
  public int size(int epoch, int epochs, int full, int stride) {
    double grown = Math.min(1, epoch / (until * epochs));
    int first = Math.min(full, from.orElse(Math.max(1, full / 2)));
    double size = first + (full - first) * grown;
    int rounded = (int) Math.max(stride, Math.round(size / stride) * stride);
    return grown == 1 ? full : Math.min(full, rounded);
  }
}
