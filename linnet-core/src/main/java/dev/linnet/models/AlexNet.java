package dev.linnet.models;

import static dev.linnet.models.Parts.Part.ACTIVATION;
import static dev.linnet.models.Parts.Part.WIDTH;

import dev.linnet.base.Check;
import dev.linnet.nn.Activation;
import dev.linnet.nn.Conv2d;
import dev.linnet.nn.Dropout;
import dev.linnet.nn.Linear;
import dev.linnet.nn.MaxPool2d;
import dev.linnet.nn.Sequential;
import dev.linnet.tensor.Nonlinearity;
import dev.linnet.tensor.Tensor;
import java.util.List;

/**
 * AlexNet: five convolutions, three overlapping pools and three linear layers.
 *
 * <p>Krizhevsky, Sutskever and Hinton, NeurIPS 2012 (Fig. 2), in the form for one processor of
 * Krizhevsky, arXiv:1404.5997 (footnote 1), as torchvision has it: other channels, no groups and no
 * local response norm. One deviation from torchvision: dropout follows the two hidden linear
 * layers, as in the paper (§4.2, rate 0.5), where torchvision has it before them; evaluation does
 * not change. State names and order: torchvision {@code alexnet.py}.
 */
public final class AlexNet extends Classifier {
  private static final int GRID = 6; // side of the maps that the first linear layer sees
  private static final int LEAST = 63;

  /**
   * The figure's numbers.
   *
   * @param channels of the five convolutions
   * @param hidden outputs of each hidden linear layer
   */
  record Config(List<Integer> channels, int hidden) {
    Config {
      channels = List.copyOf(channels);
      Check.that(channels.size() == 5, "channels", channels, "five counts");
      Check.that(hidden >= 1, "hidden", hidden, "at least 1");
    }
  }

  /** Every name that this file adds to the zoo. */
  static final Family<Config> FAMILY =
      Family.of("alexnet", AlexNet::new)
          .takes(ACTIVATION, WIDTH)
          .model(
              "alexnet",
              new Config(List.of(64, 192, 384, 256, 256), 4096),
              Published.torchvision());

  private final Nonlinearity activation;
  private final Sequential features;
  private final Linear fc6;
  private final Dropout drop6;
  private final Linear fc7;

  private AlexNet(Config config, ModelOptions options) {
    super(options);
    activation = options.activation(Nonlinearity.RELU);
    int[] c =
        config.channels().stream()
            .mapToInt(channels -> Channels.round(channels * options.width(1)))
            .toArray();
    int hidden = Channels.round(config.hidden() * options.width(1));
    features = child("features", new Sequential());
    conv(Conv2d.of(options.inChannels(), c[0], 11).withStride(4).withPadding(2));
    level("features.1", c[0], 4);
    features.append(MaxPool2d.of(3, 2));
    conv(Conv2d.of(c[0], c[1], 5));
    level("features.4", c[1], 8);
    features.append(MaxPool2d.of(3, 2));
    conv(Conv2d.of(c[1], c[2], 3));
    conv(Conv2d.of(c[2], c[3], 3));
    conv(Conv2d.of(c[3], c[4], 3));
    level("features.11", c[4], 16);
    features.append(MaxPool2d.of(3, 2));
    level("features.12", c[4], 32);
    fc6 = child("classifier.1", Linear.of(c[4] * GRID * GRID, hidden));
    drop6 = child("classifier.3", new Dropout(options.dropRate()));
    fc7 = child("classifier.4", Linear.of(hidden, hidden));
    head("classifier.6", hidden);
  }

  private void conv(Conv2d.Spec conv) {
    features.append(conv.withTorchStart()).append(Activation.overwriting(activation));
  }

  /** Maps [N, inChannels, H, W] to [N, 256, H/32 − 1, W/32 − 1], about. */
  @Override
  public Tensor features(Tensor x) {
    return features.forward(x);
  }

  /** Maps the last maps to [N, 4096] by the two hidden linear layers. */
  @Override
  public Tensor pool(Tensor maps) {
    Tensor y = maps.adaptiveAvgPool2d(GRID, GRID).flatten(1);
    y = drop6.forward(activation.applyInPlace(fc6.forward(y)));
    return activation.applyInPlace(fc7.forward(y));
  }

  @Override
  protected void checkSize(long height, long width) {
    checkAtLeast(LEAST, height, width);
  }
}
