package dev.linnet.train;

import dev.linnet.nn.Parameter;
import dev.linnet.tensor.Autograd;
import dev.linnet.tensor.Foreach;
import dev.linnet.tensor.Scope;
import dev.linnet.tensor.Tensor;
import dev.linnet.tensor.TensorList;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;

/**
 * Dynamic loss scaling for fp16, whose small gradients would become 0: the loss is multiplied by a
 * scale before backward, the gradients divided by it after. An update whose gradients are not
 * finite is skipped and halves the scale; 2,000 good ones in a row double it.
 *
 * <p>Micikevicius et al., ICLR 2018, arXiv:1710.03740, §3.2; numbers and order of {@code
 * torch.amp.GradScaler}. For one thread.
 */
public final class LossScaler {
  static final double FIRST = 65536;
  private static final double GROWTH = 2;
  private static final double BACKOFF = 0.5;
  private static final int GROWTH_INTERVAL = 2000;

  private double scale;
  private int good;

  /** At its first scale. */
  public LossScaler() {
    this(FIRST, 0);
  }

  /** At a saved state. */
  LossScaler(double scale, int good) {
    this.scale = scale;
    this.good = good;
  }

  /** What the loss is multiplied by. */
  public double scale() {
    return scale;
  }

  /** Good updates since the scale last changed. */
  public int good() {
    return good;
  }

  /** The loss to call {@code backward()} on. */
  Tensor scaled(Tensor loss) {
    return loss.mul(scale);
  }

  /**
   * Divides the gradients by the scale, and changes it for the next update.
   *
   * @return whether all gradients are finite; where not, there must be no update
   */
  boolean unscale(Collection<Parameter> parameters) {
    boolean finite = Double.isFinite(divided(parameters));
    if (!finite) {
      scale *= BACKOFF;
      good = 0;
    } else if (++good == GROWTH_INTERVAL) {
      scale *= GROWTH;
      good = 0;
    }
    return finite;
  }

  /** Divides by the scale, a power of two, so without rounding; gives the norm of all. */
  private double divided(Collection<Parameter> parameters) {
    double[] norm = new double[1];
    Scope.run(
        "unscale gradients",
        () ->
            Autograd.off(
                () -> {
                  List<Tensor> gradients = new ArrayList<>();
                  for (Parameter p : parameters) {
                    Tensor g = p.value().grad();
                    if (g != null) {
                      gradients.add(g);
                    }
                  }
                  try (TensorList list = TensorList.of(gradients)) {
                    Foreach.mul(list, 1 / scale);
                    norm[0] = Foreach.norm(list);
                  }
                }));
    return norm[0];
  }
}
