package dev.linnet.loss;

import dev.linnet.base.Check;
import dev.linnet.tensor.Tensor;
import java.util.OptionalDouble;

/**
 * Focal loss of independent classes: what is answered well already counts little.
 *
 * <pre>
 *   loss = mean over batch and classes of α_t·(1 − p_t)^γ·BCE(z, t)
 *   p_t = σ(z)·t + (1 − σ(z))·(1 − t)      α_t = α·t + (1 − α)·(1 − t)
 * </pre>
 *
 * <p>Lin et al., ICCV 2017, arXiv:1708.02002, Eq. 5; torchvision's {@code sigmoid_focal_loss} with
 * its mean.
 *
 * @param smoothing of the targets
 * @param gamma γ, in [0, 10]
 * @param alpha α of the classes that are there, in (0, 1); empty: no such weight
 */
public record SigmoidFocal(Smoothing smoothing, double gamma, OptionalDouble alpha)
    implements Loss {
  public SigmoidFocal {
    checkGamma(gamma);
    double a = alpha.orElse(0.5);
    Check.that(a > 0 && a < 1, "loss.alpha", a, "in (0, 1), or none");
  }

  static void checkGamma(double gamma) {
    Check.that(gamma >= 0 && gamma <= 10, "loss.gamma", gamma, "in [0, 10]");
  }

  /**
   * (1 − p)^γ. Away from 0, where the derivative of a power below 1 is infinite.
   *
   * @param rest 1 − p
   */
  static Tensor modulation(Tensor rest, double gamma) {
    return rest.clamp(1e-12, 1).pow(gamma);
  }

  /**
   * The loss of a batch.
   *
   * @throws IllegalArgumentException if the targets are neither int64 [N] nor float [N, K]
   */
  @Override
  public Tensor forward(Tensor logits, Tensor targets) {
    Pair pair = Pair.of("focal loss", logits, targets);
    Tensor t = pair.soft(smoothing);
    Tensor no = t.neg().add(1);
    Tensor p = pair.logits().sigmoid();
    Tensor rest = p.mul(no).add(p.neg().add(1).mul(t)); // 1 − p_t
    Tensor loss = pair.logits().binaryCrossEntropy(t).mul(modulation(rest, gamma));
    if (alpha.isPresent()) {
      double a = alpha.getAsDouble();
      loss = loss.mul(t.mul(a).add(no.mul(1 - a)));
    }
    return loss.mean();
  }
}
