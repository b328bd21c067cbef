package dev.linnet.nn;

import dev.linnet.base.Check;
import dev.linnet.base.RandomState;
import dev.linnet.tensor.Device;
import dev.linnet.tensor.Tensor;
import java.util.Arrays;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Stochastic depth: leaves a residual branch out, sample by sample, with probability p in training
 * and divides the branches that stay by 1 − p; does nothing in evaluation.
 *
 * <p>Huang et al., ECCV 2016, arXiv:1603.09382. As in timm the draw is per sample, where the paper
 * draws once a batch, and the scale is applied in training, where the paper applies it in
 * evaluation.
 */
public final class DropPath extends Module implements Stochastic {
  private final double rate;
  private @Nullable RandomState random;

  /**
   * @param rate p, in [0, 1)
   */
  public DropPath(double rate) {
    Check.that(rate >= 0 && rate < 1, "drop_path_rate", rate, "in [0, 1)");
    this.rate = rate;
  }

  /**
   * The rate of one block of many: it grows linearly with depth from 0 to the network's rate
   * (equation 4 of the paper, from 0).
   *
   * @param networkRate the last block's rate, in [0, 1)
   * @param block the block's number, from 0
   * @param blocks the number of blocks in the network
   */
  public static DropPath ofBlock(double networkRate, int block, int blocks) {
    return new DropPath(blocks == 1 ? 0 : networkRate * block / (blocks - 1));
  }

  /** p. */
  public double rate() {
    return rate;
  }

  /** True if the next forward pass may drop something. */
  public boolean isActive() {
    return rate > 0 && isTraining();
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
    if (!isActive() || x.device().kind() == Device.Kind.META) {
      return x;
    }
    long[] shape = new long[x.rank()];
    Arrays.fill(shape, 1);
    shape[0] = x.dim(0);
    return x.mul(Dropout.mask(x, rate, random, shape));
  }
}
