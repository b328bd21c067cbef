package dev.linnet.models;

import dev.linnet.base.Check;
import dev.linnet.nn.AvgPool2d;
import dev.linnet.nn.Conv2d;
import dev.linnet.nn.DropPath;
import dev.linnet.nn.Identity;
import dev.linnet.nn.Module;
import dev.linnet.nn.NormAct;
import dev.linnet.nn.Sequential;
import dev.linnet.tensor.Nonlinearity;
import dev.linnet.tensor.Tensor;
import java.util.List;

/**
 * ResNet: four stages of residual blocks, {@code y = relu(F(x) + shortcut(x))}.
 *
 * <p>He et al., CVPR 2016, arXiv:1512.03385 (Table 1, Fig. 5); groups from Xie et al., CVPR 2017,
 * arXiv:1611.05431 (ResNeXt); width from Zagoruyko and Komodakis, arXiv:1605.07146; the variant D
 * from He et al., CVPR 2019, arXiv:1812.01187 (Fig. 2). One deviation, shared with timm and
 * torchvision: the stride sits in the 3×3 convolution, not in the first 1×1 (variant B there).
 * State names and order: timm {@code resnet.py}.
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
   */
  record Config(Block block, List<Integer> depths, int groups, int width, Variant variant) {
    Config {
      depths = List.copyOf(depths);
      Check.that(depths.size() == STAGES, "depths", depths, "four counts, such as [3, 4, 6, 3]");
      Check.that(groups >= 1, "groups", groups, "at least 1");
      Check.that(width >= 1, "width", width, "at least 1");
    }

    static Config basic(Integer... depths) {
      return new Config(Block.BASIC, List.of(depths), 1, 64, Variant.PLAIN);
    }

    static Config bottleneck(Integer... depths) {
      return new Config(Block.BOTTLENECK, List.of(depths), 1, 64, Variant.PLAIN);
    }

    Config groups(int groups, int width) {
      return new Config(block, depths, groups, width, variant);
    }

    Config d() {
      return new Config(block, depths, groups, width, Variant.D);
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
          .model("wide_resnet101_2", Config.bottleneck(3, 4, 23, 3).groups(1, 128), TORCHVISION);

  private final Module conv1;
  private final NormAct bn1;
  private final Sequential stages = new Sequential(); // unnamed: layer1…4 belong to the network

  private ResNet(Config config, ModelOptions options) {
    super(options);
    conv1 = child("conv1", stem(config.variant(), options.inChannels()));
    bn1 = child("bn1", NormAct.of(64, Nonlinearity.RELU));
    int count = config.depths().stream().mapToInt(Integer::intValue).sum();
    int channels = 64;
    int number = 0;
    for (int stage = 0; stage < STAGES; stage++) {
      Sequential blocks = child("layer" + (stage + 1), new Sequential());
      int planes = 64 << stage;
      for (int i = 0; i < config.depths().get(stage); i++) {
        int stride = i == 0 && stage > 0 ? 2 : 1;
        DropPath dropPath = DropPath.ofBlock(options.dropPathRate(), number++, count);
        Place place = new Place(channels, planes, stride, dropPath, options.zeroGamma());
        blocks.append(
            switch (config.block()) {
              case BASIC -> new BasicBlock(place, config);
              case BOTTLENECK -> new Bottleneck(place, config);
            });
        channels = config.block().expansion * planes;
      }
      stages.append(blocks);
    }
    head("fc", channels);
  }

  /** Maps [N, inChannels, H, W] to [N, numFeatures, ⌈H/32⌉, ⌈W/32⌉]. */
  @Override
  public Tensor features(Tensor x) {
    return stages.forward(bn1.forward(conv1.forward(x)).maxPool2d(3, 2, 1));
  }

  private static Module stem(Variant variant, int inChannels) {
    return switch (variant) {
      case PLAIN -> Conv2d.of(inChannels, 64, 7).withStride(2).withoutBias().build();
      case D ->
          new Sequential()
              .append(Conv2d.of(inChannels, 32, 3).withStride(2).withoutBias())
              .append(NormAct.of(32, Nonlinearity.RELU))
              .append(new Identity()) // timm counts the ReLU
              .append(Conv2d.of(32, 32, 3).withoutBias())
              .append(NormAct.of(32, Nonlinearity.RELU))
              .append(new Identity())
              .append(Conv2d.of(32, 64, 3).withoutBias());
    };
  }

  /** Where in the network a block stands. */
  private record Place(int in, int planes, int stride, DropPath dropPath, ZeroGamma zeroGamma) {

    /** The norm that ends the branch, with the add and the last ReLU. */
    NormAct.Spec lastNorm(int channels) {
      NormAct.Spec norm = NormAct.of(channels, Nonlinearity.RELU);
      return zeroGamma.isOn(ZeroGamma.ON) ? norm.withZeroGamma() : norm;
    }

    /** A projection where the shape changes, else x itself. */
    Module shortcut(int out, Variant variant) {
      if (stride == 1 && in == out) {
        return new Identity();
      }
      NormAct.Spec norm = NormAct.of(out, Nonlinearity.IDENTITY);
      Conv2d.Spec conv = Conv2d.of(in, out, 1).withoutBias();
      return switch (variant) {
        case PLAIN -> new Sequential().append(conv.withStride(stride)).append(norm);
        case D -> {
          Module pool = stride == 1 ? new Identity() : AvgPool2d.of(2, stride).withCeil().build();
          yield new Sequential().append(pool).append(conv).append(norm);
        }
      };
    }
  }

  /** Fig. 5, left: two 3×3. */
  private static final class BasicBlock extends Module {
    private final Conv2d conv1;
    private final NormAct bn1;
    private final Conv2d conv2;
    private final NormAct bn2;
    private final DropPath dropPath;
    private final Module shortcut;

    BasicBlock(Place place, Config config) {
      int planes = place.planes();
      conv1 =
          child("conv1", Conv2d.of(place.in(), planes, 3).withStride(place.stride()).withoutBias());
      bn1 = child("bn1", NormAct.of(planes, Nonlinearity.RELU));
      conv2 = child("conv2", Conv2d.of(planes, planes, 3).withoutBias());
      bn2 = child("bn2", place.lastNorm(planes));
      dropPath = child("drop_path", place.dropPath());
      shortcut = child("downsample", place.shortcut(planes, config.variant()));
    }

    @Override
    public Tensor forward(Tensor x) {
      Tensor y = bn1.forward(conv1.forward(x));
      return bn2.forward(conv2.forward(y), shortcut.forward(x), dropPath);
    }
  }

  /** Fig. 5, right: 1×1 reduces, 3×3 looks around, 1×1 expands. */
  private static final class Bottleneck extends Module {
    private final Conv2d conv1;
    private final NormAct bn1;
    private final Conv2d conv2;
    private final NormAct bn2;
    private final Conv2d conv3;
    private final NormAct bn3;
    private final DropPath dropPath;
    private final Module shortcut;

    Bottleneck(Place place, Config config) {
      int width = place.planes() * config.width() / 64 * config.groups();
      int out = Block.BOTTLENECK.expansion * place.planes();
      conv1 = child("conv1", Conv2d.of(place.in(), width, 1).withoutBias());
      bn1 = child("bn1", NormAct.of(width, Nonlinearity.RELU));
      conv2 =
          child(
              "conv2",
              Conv2d.of(width, width, 3)
                  .withStride(place.stride())
                  .withGroups(config.groups())
                  .withoutBias());
      bn2 = child("bn2", NormAct.of(width, Nonlinearity.RELU));
      conv3 = child("conv3", Conv2d.of(width, out, 1).withoutBias());
      bn3 = child("bn3", place.lastNorm(out));
      dropPath = child("drop_path", place.dropPath());
      shortcut = child("downsample", place.shortcut(out, config.variant()));
    }

    @Override
    public Tensor forward(Tensor x) {
      Tensor y = bn1.forward(conv1.forward(x));
      y = bn2.forward(conv2.forward(y));
      return bn3.forward(conv3.forward(y), shortcut.forward(x), dropPath);
    }
  }
}
