package dev.linnet.nn;

import dev.linnet.base.Check;
import dev.linnet.tensor.Fusion;
import dev.linnet.tensor.Nonlinearity;
import dev.linnet.tensor.Tensor;

/**
 * Squeeze-and-excitation: weighs each channel by all channels' means, {@code x · gate(W₂ act(W₁
 * mean(x)))}.
 *
 * <p>Hu et al., CVPR 2018, arXiv:1709.01507 (§3, Fig. 2). The two linear maps are 1×1 convolutions,
 * as in timm and torchvision.
 */
public final class SqueezeExcite extends Module {
  /** What the two convolutions are called in the state. */
  public enum Names {
    /** {@code fc1}, {@code fc2}: timm's ResNets and RegNets. */
    FC("fc1", "fc2"),
    /** {@code conv_reduce}, {@code conv_expand}: timm's EfficientNets. */
    CONV("conv_reduce", "conv_expand");

    private final String reduce;
    private final String expand;

    Names(String reduce, String expand) {
      this.reduce = reduce;
      this.expand = expand;
    }
  }

  /**
   * The description of the layer.
   *
   * @param channels C, at least 1
   * @param reduced channels between the two convolutions, at least 1
   * @param activation between them
   * @param gate turns the last numbers into weights
   * @param names of the convolutions
   */
  public record Spec(
      int channels, int reduced, Nonlinearity activation, Nonlinearity gate, Names names)
      implements Layer<SqueezeExcite> {
    public Spec {
      Check.that(channels >= 1, "channels", channels, "at least 1");
      Check.that(reduced >= 1, "reduced", reduced, "at least 1");
    }

    /** Another function between the convolutions. */
    public Spec withActivation(Nonlinearity value) {
      return new Spec(channels, reduced, value, gate, names);
    }

    /** Another gate, such as MobileNet v3's hard sigmoid. */
    public Spec withGate(Nonlinearity value) {
      return new Spec(channels, reduced, activation, value, names);
    }

    @Override
    public SqueezeExcite build() {
      return new SqueezeExcite(this);
    }
  }

  private final Spec spec;
  private final Conv2d reduce;
  private final Conv2d expand;

  private SqueezeExcite(Spec spec) {
    this.spec = spec;
    reduce = child(spec.names().reduce, Conv2d.of(spec.channels(), spec.reduced(), 1));
    expand = child(spec.names().expand, Conv2d.of(spec.reduced(), spec.channels(), 1));
  }

  /** ReLU between, sigmoid after. */
  public static Spec of(int channels, int reduced, Names names) {
    return new Spec(channels, reduced, Nonlinearity.RELU, Nonlinearity.SIGMOID, names);
  }

  /** Weighs [N, C, H, W]. */
  @Override
  protected Tensor compute(Tensor x) {
    Tensor[] ways = Fusion.squeeze(x);
    Tensor weights = expand.forward(spec.activation().apply(reduce.forward(ways[1])));
    return ways[0].mul(spec.gate().apply(weights));
  }
}
