package dev.linnet.models;

import static dev.linnet.models.Parts.Part.ACTIVATION;
import static dev.linnet.models.Parts.Part.OUTPUT_STRIDE;
import static dev.linnet.models.Parts.Part.PADDING;
import static dev.linnet.models.Parts.Part.WIDTH;

import dev.linnet.base.Check;
import dev.linnet.nn.AvgPool2d;
import dev.linnet.nn.Conv2d;
import dev.linnet.nn.DropPath;
import dev.linnet.nn.Identity;
import dev.linnet.nn.Initializer;
import dev.linnet.nn.MaxPool2d;
import dev.linnet.nn.Module;
import dev.linnet.nn.NormAct;
import dev.linnet.nn.Padding;
import dev.linnet.nn.Sequential;
import dev.linnet.tensor.Nonlinearity;
import dev.linnet.tensor.Tensor;
import java.util.List;

/**
 * ResNet v2: residual blocks whose norms and activations stand before the convolutions, so that
 * shortcuts carry x through unchanged: {@code y = F(relu(bn(x))) + x}.
 *
 * <p>He et al., ECCV 2016, arXiv:1603.05027 (Fig. 1b, Fig. 4e); the variant D from He et al., CVPR
 * 2019, arXiv:1812.01187 (Fig. 2). Deviations, shared with timm: the stride sits in the 3×3, where
 * the authors' code has it too from 2016 on; a block that changes the shape projects {@code
 * relu(bn(x))}; no norm ends a branch, so that {@link ZeroGamma} sets its last convolution to 0.
 * The head is a 1×1 convolution. State names, order and first values: timm {@code resnetv2.py}.
 */
public final class ResNetV2 extends Classifier {
  private static final int STEM = 64;
  private static final int STAGES = 4;

  /** The kinds of residual block, with the ratio of their output to their 3×3. */
  enum Block {
    /** Two 3×3. */
    BASIC(1),
    /** 1×1, 3×3, 1×1. */
    BOTTLENECK(4);

    private final int expansion;

    Block(int expansion) {
      this.expansion = expansion;
    }
  }

  /** Where the input and the shortcuts lose resolution. */
  enum Variant {
    /** One 7×7 in the stem; a strided 1×1 in the shortcuts. */
    PLAIN,
    /** Three 3×3 in the stem (C); a mean over 2×2 before the 1×1 in the shortcuts (D). */
    D
  }

  /**
   * A column of Table 1 of the first ResNet paper.
   *
   * @param block kind of residual block
   * @param depths blocks in each of the four stages
   * @param variant stem and shortcuts
   */
  record Config(Block block, List<Integer> depths, Variant variant) {
    Config {
      depths = List.copyOf(depths);
      Check.that(depths.size() == STAGES, "depths", depths, "four counts, such as [3, 4, 6, 3]");
    }

    static Config basic(Integer... depths) {
      return new Config(Block.BASIC, List.of(depths), Variant.PLAIN);
    }

    static Config bottleneck(Integer... depths) {
      return new Config(Block.BOTTLENECK, List.of(depths), Variant.PLAIN);
    }

    Config d() {
      return new Config(block, depths, Variant.D);
    }
  }

  // What timm's first weights of a name want.
  private static final Preprocessing HALVES =
      Preprocessing.INCEPTION.withInput(InputSize.square(3, 224)).withCropPct(0.875);
  private static final Published SMALL = Published.timm(HALVES.withCropPct(0.9));
  private static final Published LARGE = Published.timm(HALVES.withCropPct(0.95));
  private static final Published UNTRAINED = Published.timm(HALVES);

  /** Every name that this file adds to the zoo. */
  static final Family<Config> FAMILY =
      Family.of("resnetv2", ResNetV2::new)
          .takes(ACTIVATION, PADDING, WIDTH, OUTPUT_STRIDE)
          .model("resnetv2_18", Config.basic(2, 2, 2, 2), SMALL)
          .model("resnetv2_34", Config.basic(3, 4, 6, 3), SMALL)
          .model("resnetv2_34d", Config.basic(3, 4, 6, 3).d(), SMALL)
          .model("resnetv2_50", Config.bottleneck(3, 4, 6, 3), LARGE)
          .model("resnetv2_50d", Config.bottleneck(3, 4, 6, 3).d(), UNTRAINED)
          .model("resnetv2_101", Config.bottleneck(3, 4, 23, 3), LARGE)
          .model("resnetv2_152", Config.bottleneck(3, 8, 36, 3), UNTRAINED);

  private final Stem stem;
  private final Sequential stages;
  private final NormAct norm;

  private ResNetV2(Config config, ModelOptions options) {
    super(options);
    double width = options.width(1);
    int channels = Channels.round(STEM * width);
    stem = child("stem", new Stem(config.variant(), channels, options));
    level("stem." + stem.last(), channels, 2);
    stages = child("stages", new Sequential());
    int count = config.depths().stream().mapToInt(Integer::intValue).sum();
    int number = 0;
    int resolution = 4;
    int dilation = 1;
    for (int stage = 0; stage < STAGES; stage++) {
      Sequential blocks = new Sequential();
      int out = Channels.round((STEM << stage) * config.block().expansion * width);
      int stride = stage > 0 ? 2 : 1;
      int before = dilation;
      if (resolution >= options.outputStride()) {
        dilation *= stride;
        stride = 1;
      }
      resolution *= stride;
      for (int i = 0; i < config.depths().get(stage); i++) {
        DropPath dropPath = DropPath.ofBlock(options.dropPathRate(), number++, count);
        Steps steps =
            i == 0 ? new Steps(stride, before, dilation) : new Steps(1, dilation, dilation);
        Place place = new Place(channels, out, steps, dropPath, config, options);
        blocks.append(
            switch (config.block()) {
              case BASIC -> new BasicBlock(place);
              case BOTTLENECK -> new Bottleneck(place);
            });
        channels = out;
      }
      stages.append(new Stage(blocks));
      level("stages." + stage, channels, resolution);
    }
    norm = child("norm", NormAct.of(channels, options.activation(Nonlinearity.RELU)));
    head("head.fc", new Head.OfConv(channels));
  }

  @Override
  Layers layerNames() {
    return Layers.USUAL.joining("norm\\.");
  }

  /** Maps [N, inChannels, H, W] to [N, numFeatures, ⌈H/32⌉, ⌈W/32⌉]. */
  @Override
  public Tensor features(Tensor x) {
    return norm.forward(stages.forward(stem.forward(x)));
  }

  /** Maps [N, numFeatures] to [N, classes] by the 1×1 convolution. */
  @Override
  public Tensor head(Tensor pooled) {
    return super.head(pooled.unsqueeze(-1).unsqueeze(-1)).flatten(1);
  }

  /** A 7×7, or three 3×3 with norms between them, and a pool. */
  private static final class Stem extends Module {
    private final Sequential layers = new Sequential();
    private String last = "";

    Stem(Variant variant, int width, ModelOptions options) {
      int in = options.inChannels();
      Padding padding = options.padding(Padding.SYMMETRIC);
      NormAct.Spec norm = NormAct.of(width / 2, options.activation(Nonlinearity.RELU));
      switch (variant) {
        case PLAIN -> conv("conv", Conv2d.of(in, width, 7).withStride(2).withPadding(padding));
        case D -> {
          conv("conv1", Conv2d.of(in, width / 2, 3).withStride(2).withPadding(padding));
          layers.append(child("norm1", norm));
          conv("conv2", Conv2d.of(width / 2, width / 2, 3).withPadding(padding));
          layers.append(child("norm2", norm));
          conv("conv3", Conv2d.of(width / 2, width, 3).withPadding(padding));
        }
      }
      Padding border = options.padding(Padding.of(1));
      layers.append(child("pool", MaxPool2d.of(3, 2).withPadding(border)));
    }

    private void conv(String name, Conv2d.Spec conv) {
      layers.append(child(name, conv.withoutBias()));
      last = name;
    }

    /** The name of its last convolution. */
    String last() {
      return last;
    }

    @Override
    protected Tensor compute(Tensor x) {
      return layers.forward(x);
    }
  }

  /** Blocks of one width. */
  private static final class Stage extends Module {
    private final Sequential blocks;

    Stage(Sequential blocks) {
      this.blocks = child("blocks", blocks);
    }

    @Override
    protected Tensor compute(Tensor x) {
      return blocks.forward(x);
    }
  }

  /** Stride, and the dilation of the first and of the other 3×3 convolutions of a block. */
  private record Steps(int stride, int firstDilation, int dilation) {}

  /** Where in the network a block stands. */
  private record Place(
      int in, int out, Steps steps, DropPath dropPath, Config config, ModelOptions options) {

    /** Channels of the 3×3. */
    int middle() {
      return Channels.round((double) out / config.block().expansion);
    }

    NormAct.Spec norm(int channels) {
      return NormAct.of(channels, options.activation(Nonlinearity.RELU));
    }

    /** The 3×3 that has the block's stride. */
    Conv2d.Spec first(int in, int out) {
      return Conv2d.of(in, out, 3)
          .withStride(steps.stride())
          .withDilation(steps.firstDilation())
          .withPadding(options.padding(Padding.SYMMETRIC))
          .withoutBias();
    }

    /** A 3×3 after it. */
    Conv2d.Spec second(int in, int out) {
      return Conv2d.of(in, out, 3)
          .withDilation(steps.dilation())
          .withPadding(options.padding(Padding.SYMMETRIC))
          .withoutBias();
    }

    /** The convolution that ends the branch. */
    Conv2d.Spec last(Conv2d.Spec conv) {
      return options.zeroGamma().isOn(ZeroGamma.OFF)
          ? conv.withStart(Initializer.ZEROS, Initializer.ZEROS)
          : conv;
    }

    boolean changesShape() {
      return steps.stride() > 1 || steps.dilation() != steps.firstDilation() || in != out;
    }

    Module projection() {
      return changesShape() ? new Projection(this) : new Identity();
    }
  }

  /** The shortcut of a block that changes the shape. */
  private static final class Projection extends Module {
    private final Module pool;
    private final Conv2d conv;

    Projection(Place place) {
      Conv2d.Spec pointwise = Conv2d.of(place.in(), place.out(), 1).withoutBias();
      Steps steps = place.steps();
      boolean isPlain = place.config().variant() == Variant.PLAIN;
      pool = child("pool", isPlain ? new Identity() : mean(steps));
      conv = child("conv", isPlain ? pointwise.withStride(steps.stride()) : pointwise);
    }

    /** The mean over 2×2 of variant D, also where a dilation stands for its stride. */
    private static Module mean(Steps steps) {
      if (steps.dilation() > steps.firstDilation()) {
        return AvgPool2d.of(2, 1).withPadding(Padding.SAME).build();
      }
      return steps.stride() == 1 ? new Identity() : AvgPool2d.of(2, 2).withCeil().build();
    }

    @Override
    protected Tensor compute(Tensor x) {
      return conv.forward(pool.forward(x));
    }
  }

  /** What all blocks begin and end with: {@code dropPath(F(a)) + shortcut}, a = act(norm₁(x)). */
  private abstract static class PreActivated extends Module {
    private final boolean changesShape;
    private final Module shortcut;
    private final NormAct norm1;
    private final DropPath dropPath;

    PreActivated(Place place) {
      changesShape = place.changesShape();
      shortcut = child("downsample", place.projection());
      norm1 = child("norm1", place.norm(place.in()));
      dropPath = child("drop_path", place.dropPath());
    }

    /** F. */
    abstract Tensor branch(Tensor a);

    @Override
    protected final Tensor compute(Tensor x) {
      Tensor a = norm1.forward(x);
      Tensor kept = shortcut.forward(changesShape ? a : x);
      return dropPath.forward(branch(a)).add(kept);
    }
  }

  /** Two 3×3. */
  private static final class BasicBlock extends PreActivated {
    private final Conv2d conv1;
    private final NormAct norm2;
    private final Conv2d conv2;

    BasicBlock(Place place) {
      super(place);
      int out = place.out();
      conv1 = child("conv1", place.first(place.in(), out));
      norm2 = child("norm2", place.norm(out));
      conv2 = child("conv2", place.last(place.second(out, out)));
    }

    @Override
    Tensor branch(Tensor a) {
      return conv2.forward(norm2.forward(conv1.forward(a)));
    }
  }

  /** 1×1 reduces, 3×3 looks around, 1×1 expands. */
  private static final class Bottleneck extends PreActivated {
    private final Conv2d conv1;
    private final NormAct norm2;
    private final Conv2d conv2;
    private final NormAct norm3;
    private final Conv2d conv3;

    Bottleneck(Place place) {
      super(place);
      int middle = place.middle();
      conv1 = child("conv1", Conv2d.of(place.in(), middle, 1).withoutBias());
      norm2 = child("norm2", place.norm(middle));
      conv2 = child("conv2", place.first(middle, middle));
      norm3 = child("norm3", place.norm(middle));
      conv3 = child("conv3", place.last(Conv2d.of(middle, place.out(), 1).withoutBias()));
    }

    @Override
    Tensor branch(Tensor a) {
      Tensor y = conv2.forward(norm2.forward(conv1.forward(a)));
      return conv3.forward(norm3.forward(y));
    }
  }
}
