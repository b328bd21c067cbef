package dev.linnet.models;

import static dev.linnet.models.Parts.Part.ACTIVATION;
import static dev.linnet.models.Parts.Part.DROP_BLOCK_RATE;
import static dev.linnet.models.Parts.Part.OUTPUT_STRIDE;
import static dev.linnet.models.Parts.Part.PADDING;
import static dev.linnet.models.Parts.Part.SQUEEZE_EXCITE;
import static dev.linnet.models.Parts.Part.WIDTH;

import dev.linnet.base.Check;
import dev.linnet.nn.AvgPool2d;
import dev.linnet.nn.Conv2d;
import dev.linnet.nn.DropBlock;
import dev.linnet.nn.DropPath;
import dev.linnet.nn.Identity;
import dev.linnet.nn.MaxPool2d;
import dev.linnet.nn.Module;
import dev.linnet.nn.NormAct;
import dev.linnet.nn.Padding;
import dev.linnet.nn.Sequential;
import dev.linnet.nn.SqueezeExcite;
import dev.linnet.tensor.Nonlinearity;
import dev.linnet.tensor.Tensor;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * ResNet: four stages of residual blocks, {@code y = relu(F(x) + shortcut(x))}.
 *
 * <p>He et al., CVPR 2016, arXiv:1512.03385 (Table 1, Fig. 5); groups from Xie et al., CVPR 2017,
 * arXiv:1611.05431 (ResNeXt); width from Zagoruyko and Komodakis, arXiv:1605.07146; the variant D
 * from He et al., CVPR 2019, arXiv:1812.01187 (Fig. 2); squeeze-and-excitation from Hu et al., CVPR
 * 2018, arXiv:1709.01507 (SE-ResNet, Fig. 3). One deviation, shared with timm and torchvision: the
 * stride sits in the 3×3 convolution, not in the first 1×1 (variant B there). State names and
 * order: timm {@code resnet.py}.
 */
public final class ResNet extends Classifier {
  private static final int STAGES = 4;

  /** The kinds of residual block, with the ratio of their output to their {@code planes}. */
  enum Block {
    /** Fig. 5, left: two 3×3. */
    BASIC(1),
    /** Fig. 5, right: 1×1, 3×3, 1×1. */
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
   * A column of Table 1.
   *
   * @param block kind of residual block
   * @param depths blocks in each of the four stages
   * @param groups parts of the 3×3 convolution's channels (cardinality)
   * @param width channels of one group of the first stage's 3×3
   * @param variant stem and shortcuts
   * @param squeezeExcite whether each block weighs its channels
   */
  record Config(
      Block block,
      List<Integer> depths,
      int groups,
      int width,
      Variant variant,
      boolean squeezeExcite) {
    Config {
      depths = List.copyOf(depths);
      Check.that(depths.size() == STAGES, "depths", depths, "four counts, such as [3, 4, 6, 3]");
      Check.that(groups >= 1, "groups", groups, "at least 1");
      Check.that(width >= 1, "width", width, "at least 1");
    }

    static Config basic(Integer... depths) {
      return new Config(Block.BASIC, List.of(depths), 1, 64, Variant.PLAIN, false);
    }

    static Config bottleneck(Integer... depths) {
      return new Config(Block.BOTTLENECK, List.of(depths), 1, 64, Variant.PLAIN, false);
    }

    Config groups(int groups, int width) {
      return new Config(block, depths, groups, width, variant, squeezeExcite);
    }

    Config d() {
      return new Config(block, depths, groups, width, Variant.D, squeezeExcite);
    }

    Config se() {
      return new Config(block, depths, groups, width, variant, true);
    }
  }

  // What timm's first weights of a name want.
  private static final Published STRIKES_BACK =
      Published.timm(Preprocessing.IMAGENET.withCropPct(0.95));
  private static final Published BAG_OF_TRICKS = Published.timm(Preprocessing.IMAGENET);
  private static final Published BAG_OF_TRICKS_256 =
      Published.timm(Preprocessing.IMAGENET.withInput(InputSize.square(3, 256)).withCropPct(0.95));
  private static final Published TORCHVISION =
      Published.timm(Preprocessing.IMAGENET.withInterpolation("bilinear"));

  /** Every name that this file adds to the zoo. */
  static final Family<Config> FAMILY =
      Family.of("resnet", ResNet::new)
          .takes(ACTIVATION, PADDING, SQUEEZE_EXCITE, WIDTH, OUTPUT_STRIDE, DROP_BLOCK_RATE)
          .model("resnet18", Config.basic(2, 2, 2, 2), STRIKES_BACK)
          .model("resnet34", Config.basic(3, 4, 6, 3), STRIKES_BACK)
          .model("resnet50", Config.bottleneck(3, 4, 6, 3), STRIKES_BACK)
          .model("resnet101", Config.bottleneck(3, 4, 23, 3), STRIKES_BACK)
          .model("resnet152", Config.bottleneck(3, 8, 36, 3), STRIKES_BACK)
          .model("resnet18d", Config.basic(2, 2, 2, 2).d(), BAG_OF_TRICKS)
          .model("resnet26d", Config.bottleneck(2, 2, 2, 2).d(), BAG_OF_TRICKS)
          .model("resnet34d", Config.basic(3, 4, 6, 3).d(), BAG_OF_TRICKS)
          .model("resnet50d", Config.bottleneck(3, 4, 6, 3).d(), BAG_OF_TRICKS)
          .model("resnet101d", Config.bottleneck(3, 4, 23, 3).d(), BAG_OF_TRICKS_256)
          .model("resnet152d", Config.bottleneck(3, 8, 36, 3).d(), BAG_OF_TRICKS_256)
          .model("resnext50_32x4d", Config.bottleneck(3, 4, 6, 3).groups(32, 4), STRIKES_BACK)
          .model("resnext101_32x4d", Config.bottleneck(3, 4, 23, 3).groups(32, 4), TORCHVISION)
          .model("resnext101_32x8d", Config.bottleneck(3, 4, 23, 3).groups(32, 8), TORCHVISION)
          .model("resnext101_64x4d", Config.bottleneck(3, 4, 23, 3).groups(64, 4), STRIKES_BACK)
          .model("wide_resnet50_2", Config.bottleneck(3, 4, 6, 3).groups(1, 128), BAG_OF_TRICKS)
          .model("wide_resnet101_2", Config.bottleneck(3, 4, 23, 3).groups(1, 128), TORCHVISION)
          .model("seresnet18", Config.basic(2, 2, 2, 2).se(), BAG_OF_TRICKS)
          .model("seresnet34", Config.basic(3, 4, 6, 3).se(), BAG_OF_TRICKS)
          .model("seresnet50", Config.bottleneck(3, 4, 6, 3).se(), STRIKES_BACK)
          .model("seresnet101", Config.bottleneck(3, 4, 23, 3).se(), BAG_OF_TRICKS)
          .model("seresnet152", Config.bottleneck(3, 8, 36, 3).se(), BAG_OF_TRICKS)
          .model(
              "seresnext26d_32x4d",
              Config.bottleneck(2, 2, 2, 2).groups(32, 4).d().se(),
              BAG_OF_TRICKS)
          .model(
              "seresnext50_32x4d", Config.bottleneck(3, 4, 6, 3).groups(32, 4).se(), BAG_OF_TRICKS)
          .model(
              "seresnext101_32x4d",
              Config.bottleneck(3, 4, 23, 3).groups(32, 4).se(),
              BAG_OF_TRICKS);

  private final Module conv1;
  private final NormAct bn1;
  private final MaxPool2d maxpool;
  private final Sequential stages = new Sequential(); // unnamed: layer1…4 belong to the network

  private ResNet(Config config, ModelOptions options) {
    super(options);
    int width = Channels.round(64 * options.width(1));
    conv1 = child("conv1", stem(config.variant(), width, options));
    bn1 = child("bn1", NormAct.of(width, options.activation(Nonlinearity.RELU)));
    maxpool = child("maxpool", MaxPool2d.of(3, 2).withPadding(options.padding(Padding.of(1))));
    level("bn1", width, 2);
    int count = config.depths().stream().mapToInt(Integer::intValue).sum();
    int channels = width;
    int number = 0;
    int resolution = 4;
    int dilation = 1;
    for (int stage = 0; stage < STAGES; stage++) {
      Sequential blocks = child("layer" + (stage + 1), new Sequential());
      int planes = width << stage;
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
        Drops drops = new Drops(dropBlock(stage, options.dropBlockRate()), dropPath);
        Place place = new Place(channels, planes, steps, drops, config, options);
        blocks.append(
            switch (config.block()) {
              case BASIC -> new BasicBlock(place);
              case BOTTLENECK -> new Bottleneck(place);
            });
        channels = config.block().expansion * planes;
      }
      level("layer" + (stage + 1), channels, resolution);
      stages.append(blocks);
    }
    head("fc", channels);
  }

  /** Maps [N, inChannels, H, W] to [N, numFeatures, ⌈H/32⌉, ⌈W/32⌉]. */
  @Override
  public Tensor features(Tensor x) {
    return stages.forward(maxpool.forward(bn1.forward(conv1.forward(x))));
  }

  /** DropBlock in the last two stages, on their smaller maps with smaller blocks, as in timm. */
  private static DropBlock dropBlock(int stage, double rate) {
    return switch (stage) {
      case 2 -> new DropBlock(rate, 5, 0.25);
      case 3 -> new DropBlock(rate, 3, 1.0);
      default -> new DropBlock(0, 1, 1.0);
    };
  }

  private static Module stem(Variant variant, int width, ModelOptions options) {
    Nonlinearity activation = options.activation(Nonlinearity.RELU);
    Padding padding = options.padding(Padding.SYMMETRIC);
    return switch (variant) {
      case PLAIN ->
          Conv2d.of(options.inChannels(), width, 7)
              .withStride(2)
              .withPadding(padding)
              .withoutBias()
              .build();
      case D ->
          new Sequential()
              .append(
                  Conv2d.of(options.inChannels(), width / 2, 3)
                      .withStride(2)
                      .withPadding(padding)
                      .withoutBias())
              .append(NormAct.of(width / 2, activation))
              .append(new Identity()) // timm counts the ReLU
              .append(Conv2d.of(width / 2, width / 2, 3).withPadding(padding).withoutBias())
              .append(NormAct.of(width / 2, activation))
              .append(new Identity())
              .append(Conv2d.of(width / 2, width, 3).withPadding(padding).withoutBias());
    };
  }

  /** Stride, and the dilation of the first and of the other 3×3 convolutions of a block. */
  private record Steps(int stride, int firstDilation, int dilation) {}

  /** What a block leaves out in training: parts of its maps, or its whole branch. */
  private record Drops(DropBlock block, DropPath path) {}

  /** Where in the network a block stands. */
  private record Place(
      int in, int planes, Steps steps, Drops drops, Config config, ModelOptions options) {

    int out() {
      return config.block().expansion * planes;
    }

    Nonlinearity activation() {
      return options.activation(Nonlinearity.RELU);
    }

    boolean hasSqueezeExcite() {
      return options.squeezeExcite(config.squeezeExcite());
    }

    SqueezeExcite.Spec squeezeExcite() {
      int reduced = Channels.round(out() / 16.0, 8, 0);
      return SqueezeExcite.of(out(), reduced, SqueezeExcite.Names.FC);
    }

    /** The norm that ends the branch; without squeeze-and-excitation also the add and the ReLU. */
    NormAct.Spec lastNorm() {
      NormAct.Spec norm =
          NormAct.of(out(), hasSqueezeExcite() ? Nonlinearity.IDENTITY : activation());
      return options.zeroGamma().isOn(ZeroGamma.ON) ? norm.withZeroGamma() : norm;
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

    /** A projection where the shape changes, else x itself. */
    Module shortcut() {
      if (steps.stride() == 1 && in == out()) {
        return new Identity();
      }
      NormAct.Spec norm = NormAct.of(out(), Nonlinearity.IDENTITY);
      Conv2d.Spec conv = Conv2d.of(in, out(), 1).withoutBias();
      return switch (config.variant()) {
        case PLAIN -> new Sequential().append(conv.withStride(steps.stride())).append(norm);
        case D -> new Sequential().append(mean()).append(conv).append(norm);
      };
    }

    /** The mean over 2×2 of variant D, also where a dilation stands for its stride. */
    private Module mean() {
      if (steps.dilation() > steps.firstDilation()) {
        return AvgPool2d.of(2, 1).withPadding(Padding.SAME).build();
      }
      return steps.stride() == 1 ? new Identity() : AvgPool2d.of(2, 2).withCeil().build();
    }
  }

  /** What each block ends with: {@code act(dropPath(se(norm(y))) + shortcut(x))}. */
  private record End(
      NormAct norm,
      @Nullable Module squeezeExcite,
      DropPath dropPath,
      Module shortcut,
      Nonlinearity activation) {

    /** With the branch's last convolution, of y, before the norm. */
    Tensor apply(Conv2d conv, Tensor y, Tensor x) {
      if (squeezeExcite == null) {
        return norm.forward(conv, y, shortcut.forward(x), dropPath);
      }
      Tensor branch = dropPath.forward(squeezeExcite.forward(norm.forward(conv, y)));
      return activation.apply(branch.add(shortcut.forward(x)));
    }
  }

  /** A block whose last children are those of an {@link End}. */
  private abstract static class Residual extends Module {
    final End end(String norm, Place place) {
      return new End(
          child(norm, place.lastNorm()),
          place.hasSqueezeExcite() ? child("se", place.squeezeExcite()) : null,
          child("drop_path", place.drops().path()),
          child("downsample", place.shortcut()),
          place.activation());
    }
  }

  /** Fig. 5, left: two 3×3. */
  private static final class BasicBlock extends Residual {
    private final Conv2d conv1;
    private final NormAct bn1;
    private final DropBlock dropBlock;
    private final Conv2d conv2;
    private final End end;

    BasicBlock(Place place) {
      int planes = place.planes();
      conv1 = child("conv1", place.first(place.in(), planes));
      bn1 = child("bn1", NormAct.of(planes, place.activation()));
      dropBlock = child("drop_block", place.drops().block());
      conv2 = child("conv2", place.second(planes, planes));
      end = end("bn2", place);
    }

    @Override
    protected Tensor compute(Tensor x) {
      Tensor[] ways = bn1.fork(conv1, x, dropBlock);
      return end.apply(conv2, ways[0], ways[1]);
    }
  }

  /** Fig. 5, right: 1×1 reduces, 3×3 looks around, 1×1 expands. */
  private static final class Bottleneck extends Residual {
    private final Conv2d conv1;
    private final NormAct bn1;
    private final Conv2d conv2;
    private final NormAct bn2;
    private final DropBlock dropBlock;
    private final Conv2d conv3;
    private final End end;

    Bottleneck(Place place) {
      Config config = place.config();
      int width = place.planes() * config.width() / 64 * config.groups();
      conv1 = child("conv1", Conv2d.of(place.in(), width, 1).withoutBias());
      bn1 = child("bn1", NormAct.of(width, place.activation()));
      conv2 = child("conv2", place.first(width, width).withGroups(config.groups()));
      bn2 = child("bn2", NormAct.of(width, place.activation()));
      dropBlock = child("drop_block", place.drops().block());
      conv3 = child("conv3", Conv2d.of(width, place.out(), 1).withoutBias());
      end = end("bn3", place);
    }

    @Override
    protected Tensor compute(Tensor x) {
      Tensor[] ways = bn1.fork(conv1, x);
      Tensor y = bn2.forward(conv2, ways[0], dropBlock);
      return end.apply(conv3, y, ways[1]);
    }
  }
}
