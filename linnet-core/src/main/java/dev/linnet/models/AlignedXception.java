package dev.linnet.models;

import static dev.linnet.models.Parts.Part.ACTIVATION;
import static dev.linnet.models.Parts.Part.OUTPUT_STRIDE;
import static dev.linnet.models.Parts.Part.PADDING;

import dev.linnet.base.Check;
import dev.linnet.nn.Activation;
import dev.linnet.nn.Conv2d;
import dev.linnet.nn.DropPath;
import dev.linnet.nn.Identity;
import dev.linnet.nn.Module;
import dev.linnet.nn.NormAct;
import dev.linnet.nn.Padding;
import dev.linnet.nn.Sequential;
import dev.linnet.tensor.Nonlinearity;
import dev.linnet.tensor.Tensor;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/**
 * Aligned Xception, the trunk of DeepLab v3+: Xception with strided separable convolutions for its
 * pools, a norm after each depthwise 3×3, and a longer middle.
 *
 * <p>Chen et al., ECCV 2018, arXiv:1802.02611 (Fig. 4), after Chollet, CVPR 2017, arXiv:1610.02357.
 * One deviation, shared with timm: the borders are symmetric where the authors' follow TensorFlow.
 * State names and order: timm {@code xception_aligned.py}.
 */
public final class AlignedXception extends Classifier {
  private static final int STEM = 64;
  private static final int CONVOLUTIONS = 3;
  private static final double EPS = 1e-3;
  private static final List<Integer> LAST = List.of(1536, 1536, 2048);

  /**
   * A block of Fig. 4.
   *
   * @param out channels after each of its three separable convolutions
   * @param stride of the last of them
   */
  record Row(List<Integer> out, int stride) {
    Row {
      out = List.copyOf(out);
      Check.that(out.size() == CONVOLUTIONS, "out", out, "three, such as [728, 1024, 1024]");
    }

    static Row of(int out, int stride) {
      return new Row(List.of(out, out, out), stride);
    }

    int last() {
      return out.get(CONVOLUTIONS - 1);
    }
  }

  /**
   * A network of Fig. 4, whose exit flow all share.
   *
   * @param entry blocks of the entry flow
   * @param middle number of blocks of the middle flow
   */
  record Config(List<Row> entry, int middle) {
    Config {
      entry = List.copyOf(entry);
      Check.that(middle >= 1, "middle", middle, "at least 1");
    }

    /** All blocks but the last, which has no shortcut. */
    List<Row> rows() {
      List<Row> rows = new ArrayList<>(entry);
      rows.addAll(Collections.nCopies(middle, Row.of(728, 1)));
      rows.add(new Row(List.of(728, 1024, 1024), 2));
      return rows;
    }
  }

  private static final List<Row> ENTRY = List.of(Row.of(128, 2), Row.of(256, 2), Row.of(728, 2));
  private static final List<Row> LONG_ENTRY =
      List.of(Row.of(128, 2), Row.of(256, 1), Row.of(256, 2), Row.of(728, 1), Row.of(728, 2));

  private static final Preprocessing TENSORFLOW =
      Preprocessing.IMAGENET
          .withColors(List.of(0.5, 0.5, 0.5), List.of(0.5, 0.5, 0.5))
          .withInput(InputSize.square(3, 299))
          .withCropPct(0.903);

  /** Every name that this file adds to the zoo. */
  static final Family<Config> FAMILY =
      Family.of("xception_aligned", AlignedXception::new)
          .takes(ACTIVATION, PADDING, OUTPUT_STRIDE)
          .model("xception41", new Config(ENTRY, 8), Published.timm(TENSORFLOW))
          .model("xception65", new Config(ENTRY, 16), Published.timm(TENSORFLOW.withCropPct(0.94)))
          .model("xception71", new Config(LONG_ENTRY, 16), Published.timm(TENSORFLOW));

  private final Sequential stem;
  private final Sequential blocks;

  private AlignedXception(Config config, ModelOptions options) {
    super(options);
    stem =
        child(
            "stem",
            new Sequential()
                .append(new Stem(options.inChannels(), 32, 2, options))
                .append(new Stem(32, STEM, 1, options)));
    blocks = child("blocks", new Sequential());
    List<Row> rows = config.rows();
    int channels = STEM;
    int resolution = 2;
    int dilation = 1;
    for (int i = 0; i < rows.size(); i++) {
      Row row = rows.get(i);
      int stride = row.stride();
      int before = dilation;
      if (stride > 1) {
        level("blocks." + i + ".stack.act3", row.out().get(1), resolution);
        if (resolution * stride > options.outputStride()) {
          dilation *= stride;
          stride = 1;
        }
        resolution *= stride;
      }
      DropPath dropPath = DropPath.ofBlock(options.dropPathRate(), i, rows.size() + 1);
      Stack stack =
          new Stack(channels, row.out(), new Steps(stride, before), options, Place.INSIDE);
      blocks.append(new Block(shortcut(channels, row.last(), stride), stack, dropPath));
      channels = row.last();
    }
    blocks.append(new Exit(new Stack(channels, LAST, new Steps(1, dilation), options, Place.LAST)));
    channels = LAST.get(CONVOLUTIONS - 1);
    level("blocks." + rows.size(), channels, resolution);
    head("head.fc", channels);
  }

  /** Maps [N, inChannels, H, W] to [N, 2048, ⌈H/32⌉, ⌈W/32⌉]. */
  @Override
  public Tensor features(Tensor x) {
    return blocks.forward(stem.forward(x));
  }

  private static Conv2d.Spec conv(int in, int out, int kernel) {
    return Conv2d.of(in, out, kernel).withoutBias().withTorchStart();
  }

  private static NormAct.Spec norm(int channels, Nonlinearity activation) {
    return NormAct.of(channels, activation).withEps(EPS);
  }

  private static Module shortcut(int in, int out, int stride) {
    return in == out && stride == 1 ? new Identity() : new Projection(in, out, stride);
  }

  /** Stride of the last of a block's convolutions, and dilation of all of them. */
  private record Steps(int stride, int dilation) {}

  /** Where in the network a block stands. */
  private enum Place {
    /** Activations before the convolutions, none inside them. */
    INSIDE,
    /** Activations after the norms. */
    LAST
  }

  /** A 3×3 with norm and activation. */
  private static final class Stem extends Module {
    private final Conv2d conv;
    private final NormAct bn;

    Stem(int in, int out, int stride, ModelOptions options) {
      conv =
          child(
              "conv",
              conv(in, out, 3).withStride(stride).withPadding(options.padding(Padding.SYMMETRIC)));
      bn = child("bn", norm(out, options.activation(Nonlinearity.RELU)));
    }

    @Override
    protected Tensor compute(Tensor x) {
      return bn.forward(conv.forward(x));
    }
  }

  /** The 1×1 of a shortcut whose shape changes. */
  private static final class Projection extends Module {
    private final Conv2d conv;
    private final NormAct bn;

    Projection(int in, int out, int stride) {
      conv = child("conv", conv(in, out, 1).withStride(stride));
      bn = child("bn", norm(out, Nonlinearity.IDENTITY));
    }

    @Override
    protected Tensor compute(Tensor x) {
      return bn.forward(conv.forward(x));
    }
  }

  /** Three separable convolutions around which a shortcut goes. */
  private static final class Block extends Module {
    private final Module shortcut;
    private final Stack stack;
    private final DropPath dropPath;

    Block(Module shortcut, Stack stack, DropPath dropPath) {
      this.shortcut = child("shortcut", shortcut);
      this.stack = child("stack", stack);
      this.dropPath = child("drop_path", dropPath);
    }

    @Override
    protected Tensor compute(Tensor x) {
      return dropPath.forward(stack.forward(x)).add(shortcut.forward(x));
    }
  }

  /** The last block: no shortcut. */
  private static final class Exit extends Module {
    private final Stack stack;

    Exit(Stack stack) {
      this.stack = child("stack", stack);
    }

    @Override
    protected Tensor compute(Tensor x) {
      return stack.forward(x);
    }
  }

  /** Three separable convolutions. */
  private static final class Stack extends Module {
    private final Sequential parts = new Sequential(); // unnamed: act1, conv1, … belong here

    Stack(int in, List<Integer> out, Steps steps, ModelOptions options, Place place) {
      Nonlinearity activation = options.activation(Nonlinearity.RELU);
      boolean inside = place == Place.INSIDE;
      int channels = in;
      for (int i = 1; i <= CONVOLUTIONS; i++) {
        boolean last = i == CONVOLUTIONS;
        if (inside) {
          // act2 and act3 are done by the norm before them
          parts.append(child("act" + i, i == 1 ? new Activation(activation) : new Identity()));
        }
        int next = out.get(i - 1);
        Conv2d.Spec depthwise =
            conv(channels, channels, 3)
                .withStride(last ? steps.stride() : 1)
                .withDilation(steps.dilation())
                .withPadding(options.padding(Padding.SYMMETRIC));
        NormAct.Spec between = norm(channels, inside ? Nonlinearity.IDENTITY : activation);
        NormAct.Spec after = norm(next, inside && last ? Nonlinearity.IDENTITY : activation);
        if (inside && last && options.zeroGamma().isOn(ZeroGamma.OFF)) {
          after = after.withZeroGamma();
        }
        parts.append(child("conv" + i, new Separable(depthwise, between, next, after)));
        channels = next;
      }
    }

    @Override
    protected Tensor compute(Tensor x) {
      return parts.forward(x);
    }
  }

  /** A 3×3 in each channel, then a 1×1 across them, each with a norm. */
  private static final class Separable extends Module {
    private final Conv2d depthwise;
    private final NormAct bnDepthwise;
    private final Conv2d pointwise;
    private final NormAct bnPointwise;

    Separable(Conv2d.Spec conv, NormAct.Spec between, int out, NormAct.Spec after) {
      depthwise = child("conv_dw", conv.withGroups(conv.in()));
      bnDepthwise = child("bn_dw", between);
      pointwise = child("conv_pw", conv(conv.in(), out, 1));
      bnPointwise = child("bn_pw", after);
    }

    @Override
    protected Tensor compute(Tensor x) {
      Tensor y = bnDepthwise.forward(depthwise.forward(x));
      return bnPointwise.forward(pointwise.forward(y));
    }
  }
}
