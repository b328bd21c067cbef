package dev.linnet.models;

import dev.linnet.nn.Conv2d;
import dev.linnet.nn.DropPath;
import dev.linnet.nn.Identity;
import dev.linnet.nn.Initializer;
import dev.linnet.nn.Module;
import dev.linnet.nn.NormAct;
import dev.linnet.nn.SqueezeExcite;
import dev.linnet.tensor.Nonlinearity;

/**
 * Where in a {@link MobileNetwork} a block stands, and the layers that blocks have there.
 *
 * @param in channels of its input
 * @param row of the table
 * @param stride of this block
 * @param dilation of its largest convolution
 * @param dropPath on its branch
 * @param plan of the network
 * @param options of the network
 */
record BlockSite(
    int in,
    MobilePlan.Row row,
    int stride,
    int dilation,
    DropPath dropPath,
    MobilePlan plan,
    ModelOptions options) {
  private static final double SQUEEZE = 0.25;

  Module block() {
    return switch (row.kind()) {
      case CONV -> new ConvBnAct(this);
      case SEPARABLE -> new DepthwiseSeparable(this, norm(row.channels()));
      case INVERTED ->
          row.expansion() == 1
              ? new DepthwiseSeparable(this, lastNorm())
              : new InvertedResidual(this);
      case FUSED -> new EdgeResidual(this);
    };
  }

  int out() {
    return row.channels();
  }

  /** Channels in the middle of the block. */
  int expanded() {
    return Channels.round(in * row.expansion());
  }

  boolean hasShortcut() {
    return row.shortcut() && stride == 1 && in == out();
  }

  Nonlinearity activation() {
    return options.activation(row.activation().orElse(plan.activation()));
  }

  /** A 1×1. */
  Conv2d.Spec pointwise(int from, int to) {
    return Conv2d.of(from, to, 1).withoutBias();
  }

  /** The convolution that has the row's kernel and the block's stride. */
  Conv2d.Spec spatial(int from, int to) {
    return Conv2d.of(from, to, row.kernel())
        .withStride(stride)
        .withDilation(dilation)
        .withPadding(options.padding(plan.origin().padding()))
        .withoutBias();
  }

  /** The same, each channel for itself. */
  Conv2d.Spec depthwise(int channels) {
    return spatial(channels, channels)
        .withGroups(channels)
        .withStart(Initializer.kaimingNormalFanOut(channels), Initializer.ZEROS);
  }

  /** A norm with the block's activation. */
  NormAct.Spec norm(int channels) {
    return NormAct.of(channels, activation()).withEps(plan.origin().eps());
  }

  /** The norm that ends the branch, without activation: the bottleneck is linear. */
  NormAct.Spec lastNorm() {
    NormAct.Spec norm = NormAct.of(out(), Nonlinearity.IDENTITY).withEps(plan.origin().eps());
    boolean zero = hasShortcut() && options.zeroGamma().isOn(ZeroGamma.OFF);
    return zero ? norm.withZeroGamma() : norm;
  }

  /** Squeeze-and-excitation of the block's middle channels, where the row has it. */
  Module squeezeExcite(int channels) {
    if (!options.squeezeExcite(row.squeezeExcite())) {
      return new Identity();
    }
    return switch (plan.squeeze()) {
      case OF_INPUT -> {
        int reduced = (int) Math.rint(channels * (SQUEEZE / row.expansion()));
        yield SqueezeExcite.of(channels, Math.max(1, reduced), SqueezeExcite.Names.CONV)
            .withActivation(activation())
            .build();
      }
      case OF_EXPANDED ->
          SqueezeExcite.of(channels, Channels.round(channels * SQUEEZE), SqueezeExcite.Names.CONV)
              .withGate(Nonlinearity.HARDSIGMOID)
              .build();
    };
  }
}
