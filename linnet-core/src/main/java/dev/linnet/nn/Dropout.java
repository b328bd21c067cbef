package dev.linnet.nn;

import dev.linnet.base.Check;
import dev.linnet.base.RandomState;
import dev.linnet.tensor.Device;
import dev.linnet.tensor.Tensor;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Sets each number to 0 with probability p in training and divides the others by 1 − p; does
 * nothing in evaluation.
 *
 * <p>Srivastava et al., JMLR 2014; divided in training ("inverted"), as every toolkit does, where
 * the paper multiplies in evaluation.
 */
public final class Dropout extends Module implements Stochastic {
  private final double rate;
  private @Nullable RandomState random;

  /**
   * @param rate p, in [0, 1)
   */
  public Dropout(double rate) {
    Check.that(rate >= 0 && rate < 1, "drop_rate", rate, "in [0, 1)");
    this.rate = rate;
  }

  /** p. */
  public double rate() {
    return rate;
  }

  @Override
  public void drawFrom(RandomState state) {
    random = state;
  }

  @Override
  public Optional<RandomState> drawsFrom() {
    return Optional.ofNullable(random);
  }

  /**
   * x of any shape.
   *
   * @throws IllegalStateException in training before {@link Module#reseed}
   */
  @Override
  protected Tensor compute(Tensor x) {
    if (rate == 0 || !isTraining() || x.device().kind() == Device.Kind.META) {
      return x;
    }
    return x.mul(mask(x, rate, random, x.shape().toArray()));
  }

  /** 1 / (1 − rate) with probability 1 − rate, else 0; of x's type, on x's device. */
  static Tensor mask(Tensor x, double rate, @Nullable RandomState random, long[] shape) {
    if (random == null) {
      throw new IllegalStateException(
          "a layer that drops at random has no stream yet; call reseed on the model first");
    }
    double keep = 1 - rate;
    return Tensor.bernoulli(keep, random, shape).mulInPlace(1 / keep).to(x.dtype()).to(x.device());
  }
}
