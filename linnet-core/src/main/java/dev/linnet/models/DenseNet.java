package dev.linnet.models;

import static dev.linnet.models.Parts.Part.ACTIVATION;

import dev.linnet.base.Check;
import dev.linnet.nn.AvgPool2d;
import dev.linnet.nn.Conv2d;
import dev.linnet.nn.Initializer;
import dev.linnet.nn.Linear;
import dev.linnet.nn.MaxPool2d;
import dev.linnet.nn.Module;
import dev.linnet.nn.NormAct;
import dev.linnet.nn.Sequential;
import dev.linnet.tensor.Nonlinearity;
import dev.linnet.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

/**
 * DenseNet-BC: each layer sees the maps of all layers before it in its block, {@code xₗ = H([x₀, …,
 * xₗ₋₁])}.
 *
 * <p>Huang et al., CVPR 2017, arXiv:1608.06993 (Table 1; §3 for CIFAR: growth 12, 100 layers,
 * bottlenecks of 4 growth, half of the channels kept between blocks). The dropout inside the layers
 * that the paper has for pictures without augmentation is left out. State names and order: timm
 * {@code densenet.py}; the network for CIFAR, which timm has not, is named alike.
 */
public final class DenseNet extends Classifier {
  private static final int BOTTLENECK = 4; // channels of the 1×1, in growths

  /** How the network begins. */
  enum Stem {
    /** A 7×7 of stride 2 and a pool. */
    PHOTO(29),
    /** A 3×3. */
    SMALL(4);

    private final int least;

    Stem(int least) {
      this.least = least;
    }
  }

  /**
   * A column of Table 1.
   *
   * @param growth k: maps that a layer adds
   * @param depths layers in each block
   * @param stem how the network begins; it gives 2k maps
   */
  record Config(int growth, List<Integer> depths, Stem stem) {
    Config {
      depths = List.copyOf(depths);
      Check.that(growth >= 1, "growth", growth, "at least 1");
      Check.that(!depths.isEmpty(), "depths", depths, "one count for each block");
    }

    static Config photo(int growth, Integer... depths) {
      return new Config(growth, List.of(depths), Stem.PHOTO);
    }
  }

  /** {@code norm.1} of {@code denselayer1}, which is {@code norm1} since PyTorch 0.4.1. */
  private static final Pattern OLD_NAME =
      Pattern.compile("(?<=\\.denselayer\\d{1,3}\\.)(norm|conv)\\.([12])(?=\\.)");

  private static final Published IMAGENET = Published.timm(Preprocessing.IMAGENET);

  /** Every name that this file adds to the zoo. */
  static final Family<Config> FAMILY =
      Family.of("densenet", DenseNet::new)
          .takes(ACTIVATION)
          .names(name -> OLD_NAME.matcher(name).replaceFirst("$1$2"))
          .model("densenet121", Config.photo(32, 6, 12, 24, 16), IMAGENET)
          .model("densenet161", Config.photo(48, 6, 12, 36, 24), IMAGENET)
          .model("densenet169", Config.photo(32, 6, 12, 32, 32), IMAGENET)
          .model("densenet201", Config.photo(32, 6, 12, 48, 32), IMAGENET)
          .model(
              "densenet_bc_100_12",
              new Config(12, List.of(16, 16, 16), Stem.SMALL),
              Published.CIFAR10);

  private final Stem stem;
  private final Sequential layers = new Sequential(); // unnamed: its parts belong to the network

  private DenseNet(Config config, ModelOptions options) {
    super(options);
    stem = config.stem();
    Nonlinearity activation = options.activation(Nonlinearity.RELU);
    int channels = 2 * config.growth();
    int resolution = stem(channels, options);
    int blocks = config.depths().size();
    for (int i = 1; i <= blocks; i++) {
      int depth = config.depths().get(i - 1);
      String name = "features.denseblock" + i;
      layers.append(child(name, new DenseBlock(channels, depth, config.growth(), activation)));
      channels += depth * config.growth();
      if (i < blocks) {
        level(name, channels, resolution);
        layers.append(child("features.transition" + i, new Transition(channels, activation)));
        channels /= 2;
        resolution *= 2;
      }
    }
    layers.append(child("features.norm5", NormAct.of(channels, activation)));
    level("features.norm5", channels, resolution);
    head(
        "classifier",
        new Head.OfLinear(
            Linear.of(channels, options.classes())
                .withStart(Initializer.TORCH_DEFAULT, Initializer.ZEROS)));
  }

  /** Declares the beginning and returns how often it divides the picture's side. */
  private int stem(int channels, ModelOptions options) {
    switch (stem) {
      case PHOTO -> {
        layers.append(
            child("features.conv0", conv(options.inChannels(), channels, 7).withStride(2)));
        layers.append(
            child("features.norm0", NormAct.of(channels, options.activation(Nonlinearity.RELU))));
        level("features.norm0", channels, 2);
        layers.append(child("features.pool0", MaxPool2d.of(3, 2).withPadding(1)));
        return 4;
      }
      case SMALL -> {
        layers.append(child("features.conv0", conv(options.inChannels(), channels, 3)));
        return 1;
      }
    }
    throw new AssertionError(stem);
  }

  private static Conv2d.Spec conv(int in, int out, int kernel) {
    return Conv2d.of(in, out, kernel)
        .withStart(Initializer.KAIMING_NORMAL_FAN_IN, Initializer.ZEROS)
        .withoutBias();
  }

  /** Maps [N, inChannels, H, W] to [N, numFeatures, ⌊H/32⌋, ⌊W/32⌋], about. */
  @Override
  public Tensor features(Tensor x) {
    return layers.forward(x);
  }

  @Override
  protected void checkSize(long height, long width) {
    checkAtLeast(stem.least, height, width);
  }

  /** Fig. 1: layers of which each sees all maps before it. */
  private static final class DenseBlock extends Module {
    private final List<DenseLayer> layers = new ArrayList<>();

    DenseBlock(int in, int depth, int growth, Nonlinearity activation) {
      for (int i = 0; i < depth; i++) {
        layers.add(
            child("denselayer" + (i + 1), new DenseLayer(in + i * growth, growth, activation)));
      }
    }

    @Override
    protected Tensor compute(Tensor x) {
      Tensor maps = x;
      for (DenseLayer layer : layers) {
        maps = Tensor.cat(List.of(maps, layer.forward(maps)), 1);
      }
      return maps;
    }
  }

  /** H of the variant B: norm, activation, 1×1, norm, activation, 3×3. */
  private static final class DenseLayer extends Module {
    private final NormAct norm1;
    private final Conv2d conv1;
    private final NormAct norm2;
    private final Conv2d conv2;

    DenseLayer(int in, int growth, Nonlinearity activation) {
      int width = BOTTLENECK * growth;
      norm1 = child("norm1", NormAct.of(in, activation));
      conv1 = child("conv1", conv(in, width, 1));
      norm2 = child("norm2", NormAct.of(width, activation));
      conv2 = child("conv2", conv(width, growth, 3));
    }

    @Override
    protected Tensor compute(Tensor x) {
      return conv2.forward(norm2.forward(conv1.forward(norm1.forward(x))));
    }
  }

  /** Between two blocks: half of the channels (variant C), half of the side. */
  private static final class Transition extends Module {
    private final NormAct norm;
    private final Conv2d conv;
    private final AvgPool2d pool;

    Transition(int in, Nonlinearity activation) {
      norm = child("norm", NormAct.of(in, activation));
      conv = child("conv", conv(in, in / 2, 1));
      pool = child("pool", AvgPool2d.of(2, 2));
    }

    @Override
    protected Tensor compute(Tensor x) {
      return pool.forward(conv.forward(norm.forward(x)));
    }
  }
}
