package dev.linnet.nn;

import dev.linnet.base.Check;
import dev.linnet.tensor.Tensor;

/**
 * Layer norm: each token's, or each pixel's, channels get mean 0 and variance 1, then {@code γ x +
 * β}.
 *
 * <p>Ba, Kiros and Hinton, arXiv:1607.06450. Parameter names are PyTorch's: weight [C], bias [C].
 */
public final class LayerNorm extends Module {
  private static final double EPS = 1e-6;

  /** Where the channels are. */
  public enum Layout {
    /** Last: [N, …, C]. */
    TOKENS,
    /** Second: [N, C, H, W]. */
    MAPS
  }

  /**
   * The description of the layer.
   *
   * @param channels C, at least 1
   * @param layout where they are
   * @param eps added to the variance
   */
  public record Spec(int channels, Layout layout, double eps) implements Layer<LayerNorm> {
    public Spec {
      Check.that(channels >= 1, "channels", channels, "at least 1");
      Check.that(eps > 0, "eps", eps, "above 0");
    }

    /** Another ε. */
    public Spec withEps(double value) {
      return new Spec(channels, layout, value);
    }

    @Override
    public LayerNorm build() {
      return new LayerNorm(this);
    }
  }

  private final Spec spec;
  private final Parameter weight;
  private final Parameter bias;

  private LayerNorm(Spec spec) {
    this.spec = spec;
    weight = parameter("weight", Initializer.ONES, spec.channels());
    bias = parameter("bias", Initializer.ZEROS, spec.channels());
  }

  /** ε 1e-6, as timm's transformers and ConvNeXt. */
  public static Spec of(int channels, Layout layout) {
    return new Spec(channels, layout, EPS);
  }

  /** Where the channels are that it normalizes. */
  public Layout layout() {
    return spec.layout();
  }

  @Override
  protected Tensor compute(Tensor x) {
    return switch (spec.layout()) {
      case TOKENS -> normalize(x);
      case MAPS -> normalize(x.permute(0, 2, 3, 1)).permute(0, 3, 1, 2);
    };
  }

  private Tensor normalize(Tensor x) {
    return x.layerNorm(new long[] {spec.channels()}, weight.value(), bias.value(), spec.eps());
  }
}
