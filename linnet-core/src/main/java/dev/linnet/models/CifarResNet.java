package dev.linnet.models;

import dev.linnet.base.Check;
import dev.linnet.nn.Conv2d;
import dev.linnet.nn.DropPath;
import dev.linnet.nn.Identity;
import dev.linnet.nn.Module;
import dev.linnet.nn.NormAct;
import dev.linnet.nn.Sequential;
import dev.linnet.tensor.Nonlinearity;
import dev.linnet.tensor.Tensor;

/**
 * ResNet for small pictures: a 3×3 stem and three stages of n blocks of two 3×3 convolutions, 6n +
 * 2 layers in all.
 *
 * <p>He et al., CVPR 2016, arXiv:1512.03385 (§4.2). Shortcuts have no weights: where a stage begins
 * they take every second pixel and add channels of zeros (option A), as many before as after. State
 * names as timm's ResNet, which has none of these networks.
 */
public final class CifarResNet extends Classifier {
  private static final int WIDTH = 16;
  private static final int STAGES = 3;

  /**
   * A row of Table 6.
   *
   * @param depth layers, 6n + 2
   */
  record Config(int depth) {
    Config {
      Check.that(depth >= 8 && (depth - 2) % 6 == 0, "depth", depth, "6n + 2, such as 20");
    }

    int blocksInStage() {
      return (depth - 2) / 6;
    }
  }

  static final Family<Config> FAMILY =
      Family.of("cifar_resnet", CifarResNet::new)
          .model("resnet20", new Config(20), Published.CIFAR10)
          .model("resnet32", new Config(32), Published.CIFAR10)
          .model("resnet44", new Config(44), Published.CIFAR10)
          .model("resnet56", new Config(56), Published.CIFAR10)
          .model("resnet110", new Config(110), Published.CIFAR10);

  private final Conv2d conv1;
  private final NormAct bn1;
  private final Sequential stages = new Sequential(); // unnamed: layer1…3 belong to the network

  private CifarResNet(Config config, ModelOptions options) {
    super(options);
    conv1 = child("conv1", Conv2d.of(options.inChannels(), WIDTH, 3).withoutBias());
    bn1 = child("bn1", NormAct.of(WIDTH, Nonlinearity.RELU));
    level("bn1", WIDTH, 1);
    int count = STAGES * config.blocksInStage();
    int channels = WIDTH;
    for (int stage = 0; stage < STAGES; stage++) {
      Sequential blocks = child("layer" + (stage + 1), new Sequential());
      int planes = WIDTH << stage;
      for (int i = 0; i < config.blocksInStage(); i++) {
        int number = stage * config.blocksInStage() + i;
        DropPath dropPath = DropPath.ofBlock(options.dropPathRate(), number, count);
        blocks.append(new Block(channels, planes, dropPath, options.zeroGamma()));
        channels = planes;
      }
      level("layer" + (stage + 1), channels, 1 << stage);
      stages.append(blocks);
    }
    head("fc", channels);
  }

  /** Maps [N, inChannels, H, W] to [N, 64, ⌈H/4⌉, ⌈W/4⌉]. */
  @Override
  public Tensor features(Tensor x) {
    return stages.forward(bn1.forward(conv1, x));
  }

  /** Two 3×3 convolutions; one that widens also halves the map. */
  private static final class Block extends Module {
    private final Conv2d conv1;
    private final NormAct bn1;
    private final Conv2d conv2;
    private final NormAct bn2;
    private final DropPath dropPath;
    private final Module shortcut;

    Block(int in, int planes, DropPath dropPath, ZeroGamma zeroGamma) {
      NormAct.Spec last = NormAct.of(planes, Nonlinearity.RELU);
      conv1 = child("conv1", Conv2d.of(in, planes, 3).withStride(planes / in).withoutBias());
      bn1 = child("bn1", NormAct.of(planes, Nonlinearity.RELU));
      conv2 = child("conv2", Conv2d.of(planes, planes, 3).withoutBias());
      bn2 = child("bn2", zeroGamma.isOn(ZeroGamma.OFF) ? last.withZeroGamma() : last);
      this.dropPath = child("drop_path", dropPath);
      shortcut = child("shortcut", in == planes ? new Identity() : new OptionA(planes - in));
    }

    @Override
    protected Tensor compute(Tensor x) {
      Tensor[] ways = bn1.fork(conv1, x);
      return bn2.forward(conv2, ways[0], shortcut.forward(ways[1]), dropPath);
    }
  }

  /** Every second pixel, and channels of zeros on both sides. */
  private static final class OptionA extends Module {
    private final int zeros;

    OptionA(int more) {
      zeros = more / 2;
    }

    @Override
    protected Tensor compute(Tensor x) {
      return x.subsample(2, zeros);
    }
  }
}
