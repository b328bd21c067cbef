package dev.linnet.nn;

import dev.linnet.base.Check;
import dev.linnet.base.RandomState;
import dev.linnet.tensor.Device;
import dev.linnet.tensor.Tensor;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * DropBlock: sets blocks of neighbors of a map to 0 in training, in all channels alike, and scales
 * what stays so that its sum is expected to stay; does nothing in evaluation.
 *
 * <pre>
 *   γ = s·p·H·W / (k_h·k_w) / ((H − k_h + 1)·(W − k_w + 1))     k = min(block, side)
 *   seeds ~ Bernoulli(γ) at every place of every map; a block of k_h × k_w around each is dropped
 *   y = x · mask · (places / places kept), counted over the whole batch
 * </pre>
 *
 * <p>Ghiasi et al., NeurIPS 2018, arXiv:1810.12890 (Algorithm 1, equation 1). As in timm seeds lie
 * anywhere, where the paper keeps them away from the border; the rate is the same from the first
 * step on, where the paper lets it grow.
 */
public final class DropBlock extends Module implements Stochastic {
  private static final double TINY = 1e-7; // timm's, should everything be dropped

  private final double rate;
  private final int block;
  private final double gammaScale;
  private @Nullable RandomState random;

  /**
   * @param rate p, about the share that is dropped, in [0, 1)
   * @param block k, side of a block, at least 1; no more than the map's
   * @param gammaScale s, factor on the number of blocks, above 0
   */
  public DropBlock(double rate, int block, double gammaScale) {
    Check.that(rate >= 0 && rate < 1, "drop_block_rate", rate, "in [0, 1)");
    Check.that(block >= 1, "block", block, "at least 1");
    Check.that(gammaScale > 0, "gamma_scale", gammaScale, "above 0");
    this.rate = rate;
    this.block = block;
    this.gammaScale = gammaScale;
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
   * x [N, C, H, W].
   *
   * @throws IllegalStateException in training before {@link Module#reseed}
   */
  @Override
  protected Tensor compute(Tensor x) {
    if (!isActive() || x.device().kind() == Device.Kind.META) {
      return x;
    }
    if (random == null) {
      throw new IllegalStateException(
          "a layer that drops at random has no stream yet; call reseed on the model first");
    }
    double gamma = Math.min(1, gamma(x.dim(2), x.dim(3)));
    Tensor seeds = Tensor.bernoulli(gamma, random, x.dim(0), 1, x.dim(2), x.dim(3));
    return x.mul(mask(seeds).to(x.dtype()).to(x.device()));
  }

  /** γ, the chance that a place of a map is the seed of a block. */
  double gamma(long height, long width) {
    long h = Math.min(block, height);
    long w = Math.min(block, width);
    return gammaScale * rate * height * width / (h * w) / ((height - h + 1) * (width - w + 1));
  }

  /** From seeds [N, 1, H, W], ones or zeros, to the factors on the maps. */
  Tensor mask(Tensor seeds) {
    int height = (int) Math.min(block, seeds.dim(2));
    int width = (int) Math.min(block, seeds.dim(3));
    Tensor kept = seeds.maxAround(height, width).neg().add(1);
    Tensor scale = kept.sum().add(TINY).pow(-1).mul((double) kept.count());
    return kept.mul(scale);
  }
}
