package dev.linnet.models;

import static dev.linnet.models.Parts.Part.ACTIVATION;
import static dev.linnet.models.Parts.Part.SHAKE_DROP;

import dev.linnet.base.Check;
import dev.linnet.nn.AvgPool2d;
import dev.linnet.nn.Conv2d;
import dev.linnet.nn.DropPath;
import dev.linnet.nn.Identity;
import dev.linnet.nn.Module;
import dev.linnet.nn.NormAct;
import dev.linnet.nn.Sequential;
import dev.linnet.nn.ShakeDrop;
import dev.linnet.tensor.Nonlinearity;
import dev.linnet.tensor.Tensor;

/**
 * PyramidNet for small pictures: a pre-activated ResNet whose every block is a little wider than
 * the one before, {@code D_k = D_{k−1} + α / N}, from 16 to 16 + α channels.
 *
 * <p>Han, Kim and Kim, CVPR 2017, arXiv:1610.02915 (equation 3; the additive network). A block
 * begins with a norm without activation and ends with a norm (Fig. 6d); shortcuts have no weights:
 * where a stage begins they are a mean over 2×2, and zeros stand for the new channels (§2.3).
 * ShakeDrop ({@link ShakeDrop}; {@code shake_drop} with a {@code drop_path_rate} of 0.5 as in its
 * paper) disturbs the branches where drop path would leave them out. State names: bn1, conv1, … in
 * {@code layer1} to {@code layer3}.
 */
public final class PyramidNet extends Classifier {
  private static final int STEM = 16;
  private static final int STAGES = 3;

  /** The kinds of residual block, with the ratio of their output to their 3×3. */
  enum Block {
    /** Two 3×3. */
    BASIC(1, 6),
    /** 1×1, 3×3, 1×1. */
    BOTTLENECK(4, 9);

    private final int expansion;
    private final int layersOfThree; // of one block in each of the three stages

    Block(int expansion, int layersOfThree) {
      this.expansion = expansion;
      this.layersOfThree = layersOfThree;
    }
  }

  /**
   * A row of Table 4.
   *
   * @param depth layers, 6n + 2 of basic blocks or 9n + 2 of bottlenecks
   * @param alpha α, what the last block is wider than the stem
   * @param block kind of residual block
   */
  record Config(int depth, int alpha, Block block) {
    Config {
      Check.that(
          depth > 2 && (depth - 2) % block.layersOfThree == 0,
          "depth",
          depth,
          block.layersOfThree + "n + 2");
      Check.that(alpha >= 1, "alpha", alpha, "at least 1");
    }

    int blocksInStage() {
      return (depth - 2) / block.layersOfThree;
    }

    /** The channels of a block's 3×3: D_k, rounded half to even. */
    int planes(int number) {
      return (int) Math.rint(STEM + (double) alpha * (number + 1) / (STAGES * blocksInStage()));
    }
  }

  /** Every name that this file adds to the zoo. */
  static final Family<Config> FAMILY =
      Family.of("pyramidnet", PyramidNet::new)
          .takes(ACTIVATION, SHAKE_DROP)
          .model("pyramidnet110_a48", new Config(110, 48, Block.BASIC), Published.CIFAR10)
          .model("pyramidnet110_a84", new Config(110, 84, Block.BASIC), Published.CIFAR10)
          .model("pyramidnet200_a240", new Config(200, 240, Block.BOTTLENECK), Published.CIFAR100);

  private final Conv2d conv1;
  private final NormAct bn1;
  private final Sequential stages = new Sequential(); // unnamed: layer1…3 belong to the network
  private final NormAct norm;

  private PyramidNet(Config config, ModelOptions options) {
    super(options);
    Check.that(
        !options.shakeDrop() || options.dropPathRate() > 0,
        "drop_path_rate",
        options.dropPathRate(),
        "above 0 where shake_drop is on, such as its paper's 0.5");
    conv1 = child("conv1", Conv2d.of(options.inChannels(), STEM, 3).withoutBias());
    bn1 = child("bn1", NormAct.of(STEM, Nonlinearity.IDENTITY));
    level("bn1", STEM, 1);
    int count = STAGES * config.blocksInStage();
    int channels = STEM;
    for (int stage = 0; stage < STAGES; stage++) {
      Sequential blocks = child("layer" + (stage + 1), new Sequential());
      for (int i = 0; i < config.blocksInStage(); i++) {
        int number = stage * config.blocksInStage() + i;
        int planes = config.planes(number);
        Module path =
            options.shakeDrop()
                ? ShakeDrop.ofBlock(options.dropPathRate(), number, count)
                : DropPath.ofBlock(options.dropPathRate(), number, count);
        Place place =
            new Place(channels, planes, stage > 0 && i == 0 ? 2 : 1, config.block(), options);
        blocks.append(new PyramidBlock(place, path));
        channels = place.out();
      }
      level("layer" + (stage + 1), channels, 1 << stage);
      stages.append(blocks);
    }
    norm = child("norm", NormAct.of(channels, options.activation(Nonlinearity.RELU)));
    head("fc", channels);
  }

  /** Maps [N, inChannels, H, W] to [N, numFeatures, ⌈H/4⌉, ⌈W/4⌉]. */
  @Override
  public Tensor features(Tensor x) {
    return norm.forward(stages.forward(bn1.forward(conv1.forward(x))));
  }

  /** Where in the network a block stands. */
  private record Place(int in, int planes, int stride, Block block, ModelOptions options) {
    int out() {
      return planes * block.expansion;
    }

    NormAct.Spec norm(int channels) {
      return NormAct.of(channels, options.activation(Nonlinearity.RELU));
    }

    NormAct.Spec last() {
      NormAct.Spec norm = NormAct.of(out(), Nonlinearity.IDENTITY);
      return options.zeroGamma().isOn(ZeroGamma.OFF) ? norm.withZeroGamma() : norm;
    }
  }

  /** A norm, convolutions with norms and activations between them, and a norm. */
  private static final class PyramidBlock extends Module {
    private final Sequential branch = new Sequential(); // unnamed: its parts belong to the block
    private final Module path;
    private final Module shortcut;
    private final int out;

    PyramidBlock(Place place, Module path) {
      int planes = place.planes();
      out = place.out();
      branch.append(child("bn1", NormAct.of(place.in(), Nonlinearity.IDENTITY)));
      switch (place.block()) {
        case BASIC -> {
          conv(1, Conv2d.of(place.in(), planes, 3).withStride(place.stride()));
          branch.append(child("bn2", place.norm(planes)));
          conv(2, Conv2d.of(planes, planes, 3));
          branch.append(child("bn3", place.last()));
        }
        case BOTTLENECK -> {
          conv(1, Conv2d.of(place.in(), planes, 1));
          branch.append(child("bn2", place.norm(planes)));
          conv(2, Conv2d.of(planes, planes, 3).withStride(place.stride()));
          branch.append(child("bn3", place.norm(planes)));
          conv(3, Conv2d.of(planes, out, 1));
          branch.append(child("bn4", place.last()));
        }
      }
      this.path = child("drop_path", path);
      shortcut =
          child(
              "shortcut",
              place.stride() > 1 ? AvgPool2d.of(2, 2).withCeil().build() : new Identity());
    }

    private void conv(int number, Conv2d.Spec conv) {
      branch.append(child("conv" + number, conv.withoutBias()));
    }

    @Override
    protected Tensor compute(Tensor x) {
      Tensor kept = shortcut.forward(x);
      long zeros = out - kept.dim(1);
      Tensor wide = zeros == 0 ? kept : kept.pad(0, 0, 0, 0, 0, zeros);
      return path.forward(branch.forward(x)).add(wide);
    }
  }
}
