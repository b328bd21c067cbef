package dev.linnet.models;

import static dev.linnet.models.Parts.Part.ACTIVATION;
import static dev.linnet.models.Parts.Part.WIDTH;

import dev.linnet.base.Check;
import dev.linnet.nn.Conv2d;
import dev.linnet.nn.DropPath;
import dev.linnet.nn.Dropout;
import dev.linnet.nn.Identity;
import dev.linnet.nn.Initializer;
import dev.linnet.nn.Module;
import dev.linnet.nn.NormAct;
import dev.linnet.nn.Sequential;
import dev.linnet.tensor.Nonlinearity;
import dev.linnet.tensor.Tensor;

/**
 * Wide ResNet for small pictures: three stages of n pre-activated blocks of two 3×3 convolutions
 * that are k times as wide as the ResNet's, 6n + 4 layers in all.
 *
 * <p>Zagoruyko and Komodakis, BMVC 2016, arXiv:1605.07146 (Table 1). The dropout of §2.4 stands
 * between the convolutions of a block, none before the last layer. The shortcut of a block that
 * changes the shape is a 1×1 convolution of {@code relu(bn(x))}, as in the authors' code. State
 * names: bn1, conv1, bn2, conv2, downsample in {@code layer1} to {@code layer3}.
 */
public final class WideResNet extends Classifier {
  private static final int WIDTH_OF_STEM = 16;
  private static final int STAGES = 3;

  /**
   * WRN-depth-k.
   *
   * @param depth layers, 6n + 4
   * @param widening k, at least 1
   */
  record Config(int depth, int widening) {
    Config {
      Check.that(depth >= 10 && (depth - 4) % 6 == 0, "depth", depth, "6n + 4, such as 28");
      Check.that(widening >= 1, "k", widening, "at least 1");
    }

    int blocksInStage() {
      return (depth - 4) / 6;
    }
  }

  /** Every name that this file adds to the zoo. */
  static final Family<Config> FAMILY =
      Family.of("wide_resnet", WideResNet::new)
          .takes(ACTIVATION, WIDTH)
          .model("wrn_16_4", new Config(16, 4), Published.CIFAR10)
          .model("wrn_16_8", new Config(16, 8), Published.CIFAR10)
          .model("wrn_40_2", new Config(40, 2), Published.CIFAR10)
          .model("wrn_40_4", new Config(40, 4), Published.CIFAR10)
          .model("wrn_28_10", new Config(28, 10), Published.CIFAR10);

  private final Conv2d conv1;
  private final Sequential stages = new Sequential(); // unnamed: layer1…3 belong to the network
  private final NormAct norm;

  private WideResNet(Config config, ModelOptions options) {
    super(options.withDropRate(0));
    conv1 = child("conv1", Conv2d.of(options.inChannels(), WIDTH_OF_STEM, 3).withoutBias());
    level("conv1", WIDTH_OF_STEM, 1);
    int count = STAGES * config.blocksInStage();
    int channels = WIDTH_OF_STEM;
    for (int stage = 0; stage < STAGES; stage++) {
      Sequential blocks = child("layer" + (stage + 1), new Sequential());
      int planes = Channels.round((WIDTH_OF_STEM << stage) * config.widening() * options.width(1));
      for (int i = 0; i < config.blocksInStage(); i++) {
        int number = stage * config.blocksInStage() + i;
        int stride = stage > 0 && i == 0 ? 2 : 1;
        DropPath dropPath = DropPath.ofBlock(options.dropPathRate(), number, count);
        blocks.append(new Block(channels, planes, stride, dropPath, options));
        channels = planes;
      }
      level("layer" + (stage + 1), channels, 1 << stage);
      stages.append(blocks);
    }
    norm = child("norm", NormAct.of(channels, options.activation(Nonlinearity.RELU)));
    head("fc", channels);
  }

  /** Maps [N, inChannels, H, W] to [N, 64k, ⌈H/4⌉, ⌈W/4⌉]. */
  @Override
  public Tensor features(Tensor x) {
    return norm.forward(stages.forward(conv1.forward(x)));
  }

  /** {@code x + conv(drop(relu(bn(conv(relu(bn(x)))))))}. */
  private static final class Block extends Module {
    private final boolean changesShape;
    private final NormAct bn1;
    private final Conv2d conv1;
    private final NormAct bn2;
    private final Dropout dropout;
    private final Conv2d conv2;
    private final DropPath dropPath;
    private final Module shortcut;

    Block(int in, int planes, int stride, DropPath dropPath, ModelOptions options) {
      changesShape = in != planes || stride > 1;
      Nonlinearity activation = options.activation(Nonlinearity.RELU);
      Conv2d.Spec last = Conv2d.of(planes, planes, 3).withoutBias();
      bn1 = child("bn1", NormAct.of(in, activation));
      conv1 = child("conv1", Conv2d.of(in, planes, 3).withStride(stride).withoutBias());
      bn2 = child("bn2", NormAct.of(planes, activation));
      dropout = child("dropout", new Dropout(options.dropRate()));
      conv2 =
          child(
              "conv2",
              options.zeroGamma().isOn(ZeroGamma.OFF)
                  ? last.withStart(Initializer.ZEROS, Initializer.ZEROS)
                  : last);
      this.dropPath = child("drop_path", dropPath);
      shortcut =
          child(
              "downsample",
              changesShape
                  ? Conv2d.of(in, planes, 1).withStride(stride).withoutBias().build()
                  : new Identity());
    }

    @Override
    protected Tensor compute(Tensor x) {
      Tensor a = bn1.forward(x);
      Tensor kept = shortcut.forward(changesShape ? a : x);
      Tensor y = conv2.forward(dropout.forward(bn2.forward(conv1.forward(a))));
      return dropPath.forward(y).add(kept);
    }
  }
}
