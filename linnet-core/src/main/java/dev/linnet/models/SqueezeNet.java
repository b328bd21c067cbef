package dev.linnet.models;

import static dev.linnet.models.Parts.Part.ACTIVATION;
import static dev.linnet.models.Parts.Part.WIDTH;

import dev.linnet.base.Check;
import dev.linnet.nn.Activation;
import dev.linnet.nn.Conv2d;
import dev.linnet.nn.Initializer;
import dev.linnet.nn.MaxPool2d;
import dev.linnet.nn.Module;
import dev.linnet.nn.Sequential;
import dev.linnet.tensor.Nonlinearity;
import dev.linnet.tensor.Tensor;
import java.util.List;

/**
 * SqueezeNet: fire modules, in which few 1×1 squeeze the channels before 1×1 and 3×3 expand them.
 *
 * <p>Iandola et al., arXiv:1602.07360 (Table 1, Fig. 1 and 2 without the bypass; the dropout after
 * fire9 is 0.5, here as the options say); version 1.1, whose pools come earlier, from the authors'
 * repository. The head is a convolution whose maps are activated and then pooled. State names and
 * order: torchvision {@code squeezenet.py}.
 */
public final class SqueezeNet extends Classifier {
  private static final int FIRST_FIRE = 2; // as the paper counts
  private static final int LAST_FIRE = 9;
  private static final int BEFORE_POOLS = 8; // the least side of a map that the three pools take

  /**
   * A version.
   *
   * @param channels of the first convolution
   * @param kernel of the first convolution
   * @param pools fire modules after which a pool stands, as the paper counts them
   */
  record Config(int channels, int kernel, List<Integer> pools) {
    Config {
      pools = List.copyOf(pools);
      Check.that(channels >= 1, "channels", channels, "at least 1");
      Check.that(pools.size() == 2, "pools", pools, "two numbers, such as [4, 8]");
    }
  }

  /** Every name that this file adds to the zoo. */
  static final Family<Config> FAMILY =
      Family.of("squeezenet", SqueezeNet::new)
          .takes(ACTIVATION, WIDTH)
          .model("squeezenet1_0", new Config(96, 7, List.of(4, 8)), Published.torchvision())
          .model("squeezenet1_1", new Config(64, 3, List.of(3, 5)), Published.torchvision());

  private final int least;
  private final Nonlinearity activation;
  private final Sequential features;

  private SqueezeNet(Config config, ModelOptions options) {
    super(options);
    least = 2 * (BEFORE_POOLS - 1) + config.kernel();
    activation = options.activation(Nonlinearity.RELU);
    int channels = Channels.round(config.channels() * options.width(1));
    features = child("features", new Sequential());
    features
        .append(
            start(Conv2d.of(options.inChannels(), channels, config.kernel()))
                .withStride(2)
                .withPadding(0))
        .append(Activation.overwriting(activation));
    int resolution = 2;
    level("features.1", channels, resolution);
    features.append(MaxPool2d.of(3, 2).withCeil());
    resolution *= 2;
    for (int number = FIRST_FIRE; number <= LAST_FIRE; number++) {
      int squeeze = Channels.round(16 * (number / 2) * options.width(1));
      features.append(new Fire(channels, squeeze, activation));
      channels = 2 * Fire.EXPANSION * squeeze;
      if (config.pools().contains(number)) {
        level("features." + (features.size() - 1), channels, resolution);
        features.append(MaxPool2d.of(3, 2).withCeil());
        resolution *= 2;
      }
    }
    level("features." + (features.size() - 1), channels, resolution);
    head("classifier.1", new Head.OfConv(channels));
  }

  private static Conv2d.Spec start(Conv2d.Spec conv) {
    return conv.withStart(Initializer.KAIMING_UNIFORM_FAN_IN, Initializer.ZEROS);
  }

  /** Maps [N, inChannels, H, W] to [N, 512, ⌊H/16⌋, ⌊W/16⌋], about. */
  @Override
  public Tensor features(Tensor x) {
    return features.forward(x);
  }

  /** The maps as they are: here the head comes first and its outputs are pooled. */
  @Override
  public Tensor pool(Tensor maps) {
    return maps;
  }

  /** Maps [N, 512, h, w] to logits [N, classes]: a convolution, then the mean of each map. */
  @Override
  public Tensor head(Tensor maps) {
    return super.pool(activation.applyInPlace(super.head(maps)));
  }

  @Override
  protected void checkSize(long height, long width) {
    checkAtLeast(least, height, width);
  }

  /** Fig. 1: 1×1 squeezes; 1×1 and 3×3 expand, side by side. */
  private static final class Fire extends Module {
    static final int EXPANSION = 4; // of each of the two
    private final Conv2d squeeze;
    private final Conv2d expand1x1;
    private final Conv2d expand3x3;
    private final Nonlinearity activation;

    Fire(int in, int squeezed, Nonlinearity activation) {
      int out = EXPANSION * squeezed;
      squeeze = child("squeeze", start(Conv2d.of(in, squeezed, 1)));
      expand1x1 = child("expand1x1", start(Conv2d.of(squeezed, out, 1)));
      expand3x3 = child("expand3x3", start(Conv2d.of(squeezed, out, 3)));
      this.activation = activation;
    }

    @Override
    protected Tensor compute(Tensor x) {
      Tensor y = activation.applyInPlace(squeeze.forward(x));
      Tensor both = Tensor.cat(List.of(expand1x1.forward(y), expand3x3.forward(y)), 1);
      return activation.applyInPlace(both); // once for both
    }
  }
}
