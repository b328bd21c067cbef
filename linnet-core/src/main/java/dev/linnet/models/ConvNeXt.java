package dev.linnet.models;

import static dev.linnet.models.Parts.Part.ACTIVATION;
import static dev.linnet.models.Parts.Part.OUTPUT_STRIDE;
import static dev.linnet.models.Parts.Part.WIDTH;

import dev.linnet.base.Check;
import dev.linnet.nn.Conv2d;
import dev.linnet.nn.DropPath;
import dev.linnet.nn.Identity;
import dev.linnet.nn.Initializer;
import dev.linnet.nn.Layer;
import dev.linnet.nn.LayerNorm;
import dev.linnet.nn.Linear;
import dev.linnet.nn.Module;
import dev.linnet.nn.Padding;
import dev.linnet.nn.Parameter;
import dev.linnet.nn.Sequential;
import dev.linnet.tensor.Nonlinearity;
import dev.linnet.tensor.Tensor;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * ConvNeXt: a ResNet with a transformer's habits, {@code y = x + γ · mlp(norm(depthwise 7×7 (x)))}.
 *
 * <p>Liu et al., CVPR 2022, arXiv:2201.03545 (Fig. 4, Table 9); atto to nano from Woo et al., CVPR
 * 2023, arXiv:2301.00808 (§4), without its response normalization. One deviation, shared with timm:
 * first weights are normal, not cut off at ±2, which is 100 deviations away. State names and order:
 * timm {@code convnext.py}.
 */
public final class ConvNeXt extends Classifier {
  private static final int STAGES = 4;
  private static final int PATCH = 4;
  private static final int KERNEL = 7;
  private static final int EXPANSION = 4;
  private static final double LAYER_SCALE = 1e-6;
  private static final Initializer NORMAL = Initializer.normal(0.02);

  /** What a block's two layers on single pixels are: the same numbers in other shapes. */
  enum Mlp {
    /** 1×1 convolutions on [N, C, H, W]. */
    CONVOLUTIONS,
    /** Linear layers on [N, H, W, C]. */
    LINEAR;

    private Layer<LayerNorm> norm(int channels) {
      return switch (this) {
        case CONVOLUTIONS -> LayerNorm.of(channels, LayerNorm.Layout.MAPS);
        case LINEAR -> LayerNorm.of(channels, LayerNorm.Layout.TOKENS);
      };
    }

    private Layer<?> layer(int in, int out) {
      return switch (this) {
        case CONVOLUTIONS -> conv(in, out, 1);
        case LINEAR -> Linear.of(in, out).withStart(NORMAL, Initializer.ZEROS);
      };
    }

    private Tensor enter(Tensor maps) {
      return this == LINEAR ? maps.permute(0, 2, 3, 1) : maps;
    }

    private Tensor leave(Tensor y) {
      return this == LINEAR ? y.permute(0, 3, 1, 2) : y;
    }
  }

  /**
   * A column of Table 9.
   *
   * @param depths blocks in each of the four stages
   * @param width channels of the first stage; each later stage has twice as many
   * @param mlp kind of a block's layers on single pixels
   */
  record Config(List<Integer> depths, int width, Mlp mlp) {
    Config {
      depths = List.copyOf(depths);
      Check.that(depths.size() == STAGES, "depths", depths, "four counts, such as [3, 3, 9, 3]");
      Check.that(width >= 1, "width", width, "at least 1");
    }

    static Config small(int third, int width) {
      return new Config(List.of(2, 2, third, 2), width, Mlp.CONVOLUTIONS);
    }

    static Config large(int third, int width) {
      return new Config(List.of(3, 3, third, 3), width, Mlp.LINEAR);
    }
  }

  private static final Published WHOLE = Published.timm(Preprocessing.IMAGENET.withCropPct(0.95));
  private static final Published CENTER = Published.timm(Preprocessing.IMAGENET);

  /** Every name that this file adds to the zoo. */
  static final Family<Config> FAMILY =
      Family.of("convnext", ConvNeXt::new)
          .takes(ACTIVATION, WIDTH, OUTPUT_STRIDE)
          .model("convnext_atto", Config.small(6, 40), CENTER)
          .model("convnext_femto", Config.small(6, 48), CENTER)
          .model("convnext_pico", Config.small(6, 64), CENTER)
          .model("convnext_nano", Config.small(8, 80), WHOLE)
          .names(ConvNeXt::ofTorchvision)
          .model("convnext_tiny", Config.large(9, 96), WHOLE)
          .model("convnext_small", Config.large(27, 96), WHOLE)
          .model("convnext_base", Config.large(27, 128), CENTER)
          .model("convnext_large", Config.large(27, 192), CENTER);

  /**
   * Torchvision counts stem, stages and the parts of each block: even numbers are for downsampling.
   */
  private static final Pattern TORCHVISION =
      Pattern.compile(
          "features\\.([0-7])\\.(\\d+)\\.(?:(layer_scale)|(?:block\\.([0-5])\\.)?(\\w+))");

  private static final Map<String, String> BLOCK =
      Map.of("0", "conv_dw", "2", "norm", "3", "mlp.fc1", "5", "mlp.fc2");

  private static String ofTorchvision(String name) {
    if (name.startsWith("classifier.0.")) {
      return "head.norm." + name.substring("classifier.0.".length());
    }
    if (name.startsWith("classifier.2.")) {
      return "head.fc." + name.substring("classifier.2.".length());
    }
    Matcher parts = TORCHVISION.matcher(name);
    if (!parts.matches()) {
      return name;
    }
    int place = Integer.parseInt(parts.group(1));
    if (place == 0) {
      return "stem." + parts.group(2) + "." + parts.group(5);
    }
    String stage = "stages." + place / 2 + ".";
    if (place % 2 == 0) {
      return stage + "downsample." + parts.group(2) + "." + parts.group(5);
    }
    String block = stage + "blocks." + parts.group(2) + ".";
    if (parts.group(3) != null) {
      return block + "gamma";
    }
    String layer = parts.group(4) == null ? null : BLOCK.get(parts.group(4));
    return layer == null ? name : block + layer + "." + parts.group(5);
  }

  private final int outputStride;
  private final Sequential stem;
  private final Sequential stages;
  private final LayerNorm norm;

  private ConvNeXt(Config config, ModelOptions options) {
    super(options);
    outputStride = options.outputStride();
    int width = Channels.round(config.width() * options.width(1));
    stem =
        child(
            "stem",
            new Sequential()
                .append(conv(options.inChannels(), width, PATCH).withStride(PATCH).withPadding(0))
                .append(LayerNorm.of(width, LayerNorm.Layout.MAPS)));
    stages = child("stages", new Sequential());
    int count = config.depths().stream().mapToInt(Integer::intValue).sum();
    int number = 0;
    int resolution = PATCH;
    int dilation = 1;
    for (int stage = 0; stage < STAGES; stage++) {
      int channels = width << stage;
      boolean dilates = stage > 0 && resolution >= outputStride;
      int before = dilation;
      if (dilates) {
        dilation *= 2;
      } else if (stage > 0) {
        resolution *= 2;
      }
      Sequential blocks = new Sequential();
      for (int i = 0; i < config.depths().get(stage); i++) {
        DropPath dropPath = DropPath.ofBlock(options.dropPathRate(), number++, count);
        blocks.append(new Block(channels, dilation, dropPath, config.mlp(), options));
      }
      Module downsample =
          stage == 0 ? new Identity() : downsample(channels / 2, channels, dilates ? before : 0);
      stages.append(new Stage(downsample, blocks));
      level("stages." + stage, channels, resolution);
    }
    int features = width << (STAGES - 1);
    norm = child("head.norm", LayerNorm.of(features, LayerNorm.Layout.TOKENS));
    head(
        "head.fc",
        new Head.OfLinear(
            Linear.of(features, options.classes()).withStart(NORMAL, Initializer.ZEROS)));
  }

  /** Maps [N, inChannels, H, W] to [N, numFeatures, ⌊H/32⌋, ⌊W/32⌋]. */
  @Override
  public Tensor features(Tensor x) {
    return stages.forward(stem.forward(x));
  }

  /** The norm of the mean of each map. */
  @Override
  public Tensor pool(Tensor features) {
    return norm.forward(super.pool(features));
  }

  @Override
  protected void checkSize(long height, long width) {
    checkAtLeast(outputStride, height, width);
  }

  private static Conv2d.Spec conv(int in, int out, int kernel) {
    return Conv2d.of(in, out, kernel).withStart(NORMAL, Initializer.ZEROS);
  }

  /**
   * Half the resolution and other channels; a dilation above 0 stands for the stride.
   *
   * @param dilation of the 2×2 that keeps the resolution, or 0
   */
  private static Module downsample(int in, int out, int dilation) {
    Conv2d.Spec conv = conv(in, out, 2);
    return new Sequential()
        .append(LayerNorm.of(in, LayerNorm.Layout.MAPS))
        .append(
            dilation > 0
                ? conv.withDilation(dilation).withPadding(Padding.SAME)
                : conv.withStride(2).withPadding(0));
  }

  /** Another resolution, then blocks. */
  private static final class Stage extends Module {
    private final Module downsample;
    private final Sequential blocks;

    Stage(Module downsample, Sequential blocks) {
      this.downsample = child("downsample", downsample);
      this.blocks = child("blocks", blocks);
    }

    @Override
    protected Tensor compute(Tensor x) {
      return blocks.forward(downsample.forward(x));
    }
  }

  /** Fig. 4, right: a depthwise 7×7 looks around, two layers on each pixel mix its channels. */
  private static final class Block extends Module {
    private final Mlp mlp;
    private final Nonlinearity activation;
    private final Parameter gamma;
    private final Conv2d depthwise;
    private final LayerNorm norm;
    private final Module fc1;
    private final Module fc2;
    private final DropPath dropPath;

    Block(int channels, int dilation, DropPath dropPath, Mlp mlp, ModelOptions options) {
      this.mlp = mlp;
      activation = options.activation(Nonlinearity.GELU);
      double start = options.zeroGamma().isOn(ZeroGamma.OFF) ? 0 : LAYER_SCALE;
      gamma = parameter("gamma", Initializer.constant(start), channels);
      depthwise =
          child(
              "conv_dw",
              conv(channels, channels, KERNEL).withGroups(channels).withDilation(dilation));
      norm = child("norm", mlp.norm(channels));
      fc1 = child("mlp.fc1", mlp.layer(channels, EXPANSION * channels));
      fc2 = child("mlp.fc2", mlp.layer(EXPANSION * channels, channels));
      this.dropPath = child("drop_path", dropPath);
    }

    @Override
    protected Tensor compute(Tensor x) {
      Tensor y = norm.forward(mlp.enter(depthwise.forward(x)));
      y = mlp.leave(fc2.forward(activation.apply(fc1.forward(y))));
      y = y.mul(gamma.value().reshape(-1, 1, 1));
      return dropPath.forward(y).add(x);
    }
  }
}
