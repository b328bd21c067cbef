package dev.linnet.nn;

import dev.linnet.base.Check;
import dev.linnet.base.RandomState;
import dev.linnet.tensor.DType;
import dev.linnet.tensor.Device;
import dev.linnet.tensor.Tensor;
import java.util.Arrays;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * ShakeDrop: disturbs a residual branch in training, otherwise in the backward pass than in the
 * forward one, and scales it by what is expected in evaluation.
 *
 * <pre>
 *   forward   x · (b + α − bα)      b = 0 with probability p, else 1
 *   backward  g · (b + β − bβ)      α uniform in [−1, 1], β uniform in [0, 1]
 *   evaluation  x · (1 − p)
 * </pre>
 *
 * <p>Yamada et al., IEEE Access 2019, arXiv:1802.02375 (equation 6, with the ranges of §4.1 for
 * PyramidNet). All three are drawn per sample; the authors' code draws b once a batch.
 */
public final class ShakeDrop extends Module implements Stochastic {
  private final double rate;
  private @Nullable RandomState random;

  /**
   * @param rate p, in [0, 1)
   */
  public ShakeDrop(double rate) {
    Check.that(rate >= 0 && rate < 1, "drop_path_rate", rate, "in [0, 1)");
    this.rate = rate;
  }

  /**
   * The rate of one block of many: it grows linearly with depth up to the network's rate, which the
   * last block has (equation 2).
   *
   * @param networkRate the last block's rate, in [0, 1)
   * @param block the block's number, from 0
   * @param blocks the number of blocks in the network
   */
  public static ShakeDrop ofBlock(double networkRate, int block, int blocks) {
    return new ShakeDrop(networkRate * (block + 1) / blocks);
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
   * x [N, …].
   *
   * @throws IllegalStateException in training before {@link Module#reseed}
   */
  @Override
  protected Tensor compute(Tensor x) {
    if (rate == 0 || x.device().kind() == Device.Kind.META) {
      return x;
    }
    if (!isTraining()) {
      return x.mul(1 - rate);
    }
    if (random == null) {
      throw new IllegalStateException(
          "a layer that drops at random has no stream yet; call reseed on the model first");
    }
    long[] shape = new long[x.rank()];
    Arrays.fill(shape, 1);
    shape[0] = x.dim(0);
    Tensor b = Tensor.bernoulli(1 - rate, random, shape);
    Tensor dropped = b.mul(-1).add(1);
    Tensor alpha = Tensor.uniform(-1, 1, random, DType.FLOAT32, shape);
    Tensor beta = Tensor.uniform(0, 1, random, DType.FLOAT32, shape);
    Tensor forward = like(x, b.add(dropped.mul(alpha)));
    Tensor backward = like(x, b.add(dropped.mul(beta)));
    return x.mul(backward).add(x.mul(forward.sub(backward)).detach());
  }

  private static Tensor like(Tensor x, Tensor factors) {
    return factors.to(x.dtype()).to(x.device());
  }
}
