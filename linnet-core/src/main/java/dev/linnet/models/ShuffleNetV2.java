package dev.linnet.models;

import static dev.linnet.models.Parts.Part.ACTIVATION;
import static dev.linnet.models.Parts.Part.PADDING;
import static dev.linnet.models.Parts.Part.WIDTH;

import dev.linnet.base.Check;
import dev.linnet.nn.Conv2d;
import dev.linnet.nn.Identity;
import dev.linnet.nn.MaxPool2d;
import dev.linnet.nn.Module;
import dev.linnet.nn.NormAct;
import dev.linnet.nn.Padding;
import dev.linnet.nn.Sequential;
import dev.linnet.tensor.Nonlinearity;
import dev.linnet.tensor.Tensor;
import java.util.List;

/**
 * ShuffleNet v2: each unit convolves half of the channels, keeps the other half, and shuffles the
 * two together.
 *
 * <p>Ma et al., ECCV 2018, arXiv:1807.11164 (Table 5, Fig. 3c and 3d). Branches are joined, not
 * added, so that {@code drop_path_rate} and zero γ mean nothing here. State names, order and first
 * values: torchvision {@code shufflenetv2.py}.
 */
public final class ShuffleNetV2 extends Classifier {
  private static final int STEM = 24;
  private static final List<Integer> REPEATS = List.of(4, 8, 4);

  /**
   * A column of Table 5.
   *
   * @param width channels of stage 2, even; stages 3 and 4 have twice and four times as many
   * @param last channels of the last convolution
   */
  record Config(int width, int last) {
    Config {
      Check.that(width >= 2 && width % 2 == 0, "width", width, "even and at least 2");
      Check.that(last >= 1, "last", last, "at least 1");
    }
  }

  /** Every name that this file adds to the zoo. */
  static final Family<Config> FAMILY =
      Family.of("shufflenetv2", ShuffleNetV2::new)
          .takes(ACTIVATION, PADDING, WIDTH)
          .model("shufflenet_v2_x0_5", new Config(48, 1024), Published.torchvision())
          .model("shufflenet_v2_x1_0", new Config(116, 1024), Published.torchvision())
          .model("shufflenet_v2_x1_5", new Config(176, 1024), Published.torchvision())
          .model("shufflenet_v2_x2_0", new Config(244, 2048), Published.torchvision());

  private final Sequential conv1;
  private final MaxPool2d maxpool;
  private final Sequential stages = new Sequential(); // unnamed: stage2…4 belong to the network
  private final Sequential conv5;

  private ShuffleNetV2(Config config, ModelOptions options) {
    super(options);
    Layers layers = new Layers(options);
    conv1 =
        child(
            "conv1",
            new Sequential()
                .append(layers.spatial(options.inChannels(), STEM, 2))
                .append(layers.active(STEM)));
    maxpool = child("maxpool", MaxPool2d.of(3, 2).withPadding(options.padding(Padding.of(1))));
    level("conv1", STEM, 2);
    level("maxpool", STEM, 4);
    int stage2 = 2 * (int) Math.max(1, Math.round(options.width(1) * config.width() / 2));
    int channels = STEM;
    for (int i = 0; i < REPEATS.size(); i++) {
      int out = stage2 << i;
      Sequential units = child("stage" + (i + 2), new Sequential());
      units.append(new Downsampling(channels, out, layers));
      for (int j = 1; j < REPEATS.get(i); j++) {
        units.append(new Unit(out, layers));
      }
      stages.append(units);
      level("stage" + (i + 2), out, 8 << i);
      channels = out;
    }
    conv5 =
        child(
            "conv5",
            new Sequential()
                .append(layers.pointwise(channels, config.last()))
                .append(layers.active(config.last())));
    head("fc", config.last());
  }

  /** Maps [N, inChannels, H, W] to [N, numFeatures, ⌈H/32⌉, ⌈W/32⌉]. */
  @Override
  public Tensor features(Tensor x) {
    return conv5.forward(stages.forward(maxpool.forward(conv1.forward(x))));
  }

  /** The layers of which units are made. */
  private record Layers(ModelOptions options) {
    Conv2d.Spec pointwise(int in, int out) {
      return Conv2d.of(in, out, 1).withoutBias().withTorchStart();
    }

    Conv2d.Spec spatial(int in, int out, int stride) {
      return Conv2d.of(in, out, 3)
          .withStride(stride)
          .withPadding(options.padding(Padding.SYMMETRIC))
          .withoutBias()
          .withTorchStart();
    }

    Conv2d.Spec depthwise(int channels, int stride) {
      return spatial(channels, channels, stride).withGroups(channels).withTorchStart();
    }

    NormAct.Spec active(int channels) {
      return NormAct.of(channels, options.activation(Nonlinearity.RELU));
    }

    NormAct.Spec linear(int channels) {
      return NormAct.of(channels, Nonlinearity.IDENTITY);
    }

    /** 1×1, depthwise 3×3, 1×1: the right side of Fig. 3. */
    Sequential branch(int in, int out, int stride) {
      return new Sequential()
          .append(pointwise(in, out))
          .append(active(out))
          .append(new Identity()) // torchvision counts the ReLU
          .append(depthwise(out, stride))
          .append(linear(out))
          .append(pointwise(out, out))
          .append(active(out));
    }
  }

  /** The channels of two halves in turns: a₁ b₁ a₂ b₂ … */
  private static Tensor shuffle(Tensor a, Tensor b) {
    Tensor joined = Tensor.cat(List.of(a, b), 1);
    long n = joined.dim(0);
    long channels = joined.dim(1);
    long height = joined.dim(2);
    long width = joined.dim(3);
    return joined
        .reshape(n, 2, channels / 2, height, width)
        .transpose(1, 2)
        .reshape(n, channels, height, width);
  }

  /** Fig. 3c: the first half stays as it is. */
  private static final class Unit extends Module {
    private final Sequential branch2;

    Unit(int channels, Layers layers) {
      branch2 = child("branch2", layers.branch(channels / 2, channels / 2, 1));
    }

    @Override
    protected Tensor compute(Tensor x) {
      long half = x.dim(1) / 2;
      return shuffle(x.narrow(1, 0, half), branch2.forward(x.narrow(1, half, half)));
    }
  }

  /** Fig. 3d: both branches see all channels and halve the map. */
  private static final class Downsampling extends Module {
    private final Sequential branch1;
    private final Sequential branch2;

    Downsampling(int in, int out, Layers layers) {
      branch1 =
          child(
              "branch1",
              new Sequential()
                  .append(layers.depthwise(in, 2))
                  .append(layers.linear(in))
                  .append(layers.pointwise(in, out / 2))
                  .append(layers.active(out / 2)));
      branch2 = child("branch2", layers.branch(in, out / 2, 2));
    }

    @Override
    protected Tensor compute(Tensor x) {
      return shuffle(branch1.forward(x), branch2.forward(x));
    }
  }
}
