package dev.linnet.models;

import static dev.linnet.models.Parts.Part.ACTIVATION;
import static dev.linnet.models.Parts.Part.WIDTH;

import dev.linnet.base.Check;
import dev.linnet.nn.Activation;
import dev.linnet.nn.Conv2d;
import dev.linnet.nn.Dropout;
import dev.linnet.nn.Identity;
import dev.linnet.nn.Initializer;
import dev.linnet.nn.Linear;
import dev.linnet.nn.MaxPool2d;
import dev.linnet.nn.Module;
import dev.linnet.nn.NormAct;
import dev.linnet.nn.Sequential;
import dev.linnet.tensor.Nonlinearity;
import dev.linnet.tensor.Tensor;
import java.util.List;

/**
 * VGG: five stages of 3×3 convolutions, each with a pool at its end, and three linear layers.
 *
 * <p>Simonyan and Zisserman, ICLR 2015, arXiv:1409.1556 (Table 1: A, B, D and E; the dropout of
 * §3.1 is 0.5, here as the options say). The names with {@code _bn} have batch norm after each
 * convolution, which the paper has not. As in timm the hidden linear layers are convolutions, so
 * that larger pictures give the mean over positions (§3.2), and maps under 7×7 are stretched to it.
 * State names and order: timm {@code vgg.py}.
 */
public final class Vgg extends Classifier {
  private static final int STAGES = 5;
  private static final int WIDTHS = 4; // the last two stages are as wide
  private static final int HIDDEN = 4096;
  private static final int SIDE = 7;
  private static final int LEAST = 1 << STAGES;

  /** What follows a convolution beside the activation. */
  enum Norm {
    NONE,
    BATCH
  }

  /**
   * A column of Table 1.
   *
   * @param depths convolutions in each of the five stages
   * @param norm what follows each
   */
  record Config(List<Integer> depths, Norm norm) {
    Config {
      depths = List.copyOf(depths);
      Check.that(depths.size() == STAGES, "depths", depths, "five counts, such as [2, 2, 3, 3, 3]");
    }

    static Config of(Integer... depths) {
      return new Config(List.of(depths), Norm.NONE);
    }

    Config bn() {
      return new Config(depths, Norm.BATCH);
    }
  }

  private static final Published TORCHVISION =
      Published.timm(Preprocessing.IMAGENET.withInterpolation("bilinear"));

  /** Every name that this file adds to the zoo. */
  static final Family<Config> FAMILY =
      Family.of("vgg", Vgg::new)
          .takes(ACTIVATION, WIDTH)
          .names(Vgg::ofTorchvision)
          .model("vgg11", Config.of(1, 1, 2, 2, 2), TORCHVISION)
          .model("vgg13", Config.of(2, 2, 2, 2, 2), TORCHVISION)
          .model("vgg16", Config.of(2, 2, 3, 3, 3), TORCHVISION)
          .model("vgg19", Config.of(2, 2, 4, 4, 4), TORCHVISION)
          .model("vgg11_bn", Config.of(1, 1, 2, 2, 2).bn(), TORCHVISION)
          .model("vgg13_bn", Config.of(2, 2, 2, 2, 2).bn(), TORCHVISION)
          .model("vgg16_bn", Config.of(2, 2, 3, 3, 3).bn(), TORCHVISION)
          .model("vgg19_bn", Config.of(2, 2, 4, 4, 4).bn(), TORCHVISION);

  private static String ofTorchvision(String name) {
    return name.replace("classifier.0.", "pre_logits.fc1.")
        .replace("classifier.3.", "pre_logits.fc2.")
        .replace("classifier.6.", "head.fc.");
  }

  private final Sequential features;
  private final Hidden preLogits;

  private Vgg(Config config, ModelOptions options) {
    super(options);
    Nonlinearity activation = options.activation(Nonlinearity.RELU);
    int width = Channels.round(64 * options.width(1));
    features = child("features", new Sequential());
    int channels = options.inChannels();
    for (int stage = 0; stage < STAGES; stage++) {
      int planes = width << Math.min(stage, WIDTHS - 1);
      for (int i = 0; i < config.depths().get(stage); i++) {
        features.append(Conv2d.of(channels, planes, 3));
        switch (config.norm()) {
          case NONE -> features.append(Activation.overwriting(activation));
          case BATCH ->
              features
                  .append(NormAct.of(planes, activation))
                  .append(new Identity()); // timm counts the ReLU
        }
        channels = planes;
      }
      level("features." + (features.size() - 1), channels, 1 << stage);
      features.append(MaxPool2d.of(2, 2));
    }
    level("features." + (features.size() - 1), channels, 1 << STAGES);
    int hidden = Channels.round(HIDDEN * options.width(1));
    preLogits = child("pre_logits", new Hidden(channels, hidden, options));
    head(
        "head.fc",
        new Head.OfLinear(
            Linear.of(hidden, options.classes())
                .withStart(Initializer.normal(0.01), Initializer.ZEROS)));
  }

  /** Maps [N, inChannels, H, W] to [N, 512, ⌊H/32⌋, ⌊W/32⌋]. */
  @Override
  public Tensor features(Tensor x) {
    return features.forward(x);
  }

  /** Maps the last maps to [N, 4096] by the two hidden linear layers. */
  @Override
  public Tensor pool(Tensor maps) {
    return super.pool(preLogits.forward(maps));
  }

  @Override
  protected void checkSize(long height, long width) {
    checkAtLeast(LEAST, height, width);
  }

  /** The two hidden linear layers, at every position where 7×7 fit. */
  private static final class Hidden extends Module {
    private final Conv2d fc1;
    private final Activation act1;
    private final Dropout drop;
    private final Conv2d fc2;
    private final Activation act2;

    Hidden(int in, int hidden, ModelOptions options) {
      Nonlinearity activation = options.activation(Nonlinearity.RELU);
      fc1 = child("fc1", Conv2d.of(in, hidden, SIDE).withPadding(0));
      act1 = child("act1", Activation.overwriting(activation));
      drop = child("drop", new Dropout(options.dropRate()));
      fc2 = child("fc2", Conv2d.of(hidden, hidden, 1));
      act2 = child("act2", Activation.overwriting(activation));
    }

    @Override
    protected Tensor compute(Tensor x) {
      Tensor y = x;
      if (x.dim(2) < SIDE || x.dim(3) < SIDE) {
        int height = Math.toIntExact(Math.max(SIDE, x.dim(2)));
        int width = Math.toIntExact(Math.max(SIDE, x.dim(3)));
        y = x.adaptiveAvgPool2d(height, width);
      }
      y = drop.forward(act1.forward(fc1.forward(y)));
      return act2.forward(fc2.forward(y));
    }
  }
}
