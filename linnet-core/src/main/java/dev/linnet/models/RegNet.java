package dev.linnet.models;

import static dev.linnet.models.Parts.Part.ACTIVATION;
import static dev.linnet.models.Parts.Part.OUTPUT_STRIDE;
import static dev.linnet.models.Parts.Part.PADDING;
import static dev.linnet.models.Parts.Part.SQUEEZE_EXCITE;
import static dev.linnet.models.Parts.Part.WIDTH;

import dev.linnet.base.Check;
import dev.linnet.nn.Conv2d;
import dev.linnet.nn.DropPath;
import dev.linnet.nn.Identity;
import dev.linnet.nn.Initializer;
import dev.linnet.nn.Linear;
import dev.linnet.nn.Module;
import dev.linnet.nn.NormAct;
import dev.linnet.nn.Padding;
import dev.linnet.nn.Sequential;
import dev.linnet.nn.SqueezeExcite;
import dev.linnet.tensor.Nonlinearity;
import dev.linnet.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;

/**
 * RegNet: stages of bottleneck blocks with grouped 3×3 convolutions, whose widths are a quantized
 * line.
 *
 * <pre>
 *   u_j = w_0 + w_a · j,  0 ≤ j < d                  (2)  a width for each block
 *   u_j = w_0 · w_m^(s_j)                            (3)  solved for s_j
 *   w_j = w_0 · w_m^⌊s_j⌉, to a multiple of 8        (4)  equal widths are a stage
 * </pre>
 *
 * <p>Radosavovic et al., CVPR 2020, arXiv:2003.13678 (§3.3; the numbers are those of the authors'
 * pycls for Fig. 16 and 17). X is without, Y with squeeze-and-excitation. The bottleneck ratio is 1
 * throughout, and widths are rounded to multiples of the group width g. State names, order and
 * first values: timm {@code regnet.py}.
 */
public final class RegNet extends Classifier {
  private static final int STEM = 32;
  private static final int QUANTUM = 8;
  private static final double SQUEEZE = 0.25;

  /**
   * A network of Fig. 16 or 17.
   *
   * @param depth d, the number of blocks
   * @param initial w_0, a multiple of 8
   * @param slope w_a, at least 0
   * @param multiplier w_m, above 1
   * @param groupWidth g, channels of one group
   * @param squeezeExcite whether each block weighs its channels (Y)
   */
  record Config(
      int depth,
      int initial,
      double slope,
      double multiplier,
      int groupWidth,
      boolean squeezeExcite) {
    Config {
      Check.that(depth >= 1, "depth", depth, "at least 1");
      Check.that(
          initial >= QUANTUM && initial % QUANTUM == 0, "w_0", initial, "a multiple of " + QUANTUM);
      Check.that(slope >= 0, "w_a", slope, "at least 0");
      Check.that(multiplier > 1, "w_m", multiplier, "above 1");
      Check.that(groupWidth >= 1, "g", groupWidth, "at least 1");
    }

    /** An X of d blocks in groups of g channels, before its widths are chosen. */
    static Config x(int depth, int groupWidth) {
      return new Config(depth, QUANTUM, 0, 2, groupWidth, false);
    }

    /** The same as a Y. */
    static Config y(int depth, int groupWidth) {
      return new Config(depth, QUANTUM, 0, 2, groupWidth, true);
    }

    Config widths(int initial, double slope, double multiplier) {
      return new Config(depth, initial, slope, multiplier, groupWidth, squeezeExcite);
    }

    /** The stages that the equations give, with channels times a factor. */
    List<Stage> stages(double factor) {
      List<Stage> stages = new ArrayList<>();
      for (int j = 0; j < depth; j++) {
        int width = quantized(initial * Math.pow(multiplier, Math.rint(exponent(j))), 1);
        int last = stages.size() - 1;
        if (last >= 0 && stages.get(last).width() == width) {
          stages.set(last, stages.get(last).deeper());
        } else {
          stages.add(new Stage(1, width, groupWidth));
        }
      }
      return stages.stream().map(stage -> stage.wider(factor)).toList();
    }

    /** s_j. */
    private double exponent(int block) {
      double width = initial + slope * block;
      return Math.log(width / initial) / Math.log(multiplier);
    }
  }

  /**
   * Blocks of one width.
   *
   * @param depth their number
   * @param width their channels
   * @param groupWidth channels of one group, a divisor of the width once {@link #wider} is done
   */
  record Stage(int depth, int width, int groupWidth) {
    Stage deeper() {
      return new Stage(depth + 1, width, groupWidth);
    }

    /** The nearest width that has whole groups. */
    Stage wider(double factor) {
      int wanted = quantized(width, factor);
      int group = Math.min(groupWidth, wanted);
      return new Stage(depth, (int) Math.rint((double) wanted / group) * group, group);
    }
  }

  private static int quantized(double width, double factor) {
    return (int) Math.max(QUANTUM, Math.rint(width * factor / QUANTUM) * QUANTUM);
  }

  // What timm's first weights of a name want: the authors', torchvision's second, timm's own.
  private static final Published PYCLS = Published.timm(Preprocessing.IMAGENET);
  private static final Published TORCHVISION =
      Published.timm(Preprocessing.IMAGENET.withCropPct(0.965));
  private static final Published TIMM = Published.timm(Preprocessing.IMAGENET.withCropPct(0.95));

  /** Every name that this file adds to the zoo. */
  static final Family<Config> FAMILY =
      Family.of("regnet", RegNet::new)
          .takes(ACTIVATION, PADDING, SQUEEZE_EXCITE, WIDTH, OUTPUT_STRIDE)
          .model("regnetx_002", Config.x(13, 8).widths(24, 36.44, 2.49), PYCLS)
          .model("regnetx_004", Config.x(22, 16).widths(24, 24.48, 2.54), PYCLS)
          .model("regnetx_006", Config.x(16, 24).widths(48, 36.97, 2.24), PYCLS)
          .model("regnetx_008", Config.x(16, 16).widths(56, 35.73, 2.28), TORCHVISION)
          .model("regnetx_016", Config.x(18, 24).widths(80, 34.01, 2.25), TORCHVISION)
          .model("regnetx_032", Config.x(25, 48).widths(88, 26.31, 2.25), TORCHVISION)
          .model("regnetx_040", Config.x(23, 40).widths(96, 38.65, 2.43), PYCLS)
          .model("regnetx_064", Config.x(17, 56).widths(184, 60.83, 2.07), PYCLS)
          .model("regnetx_080", Config.x(23, 120).widths(80, 49.56, 2.88), TORCHVISION)
          .model("regnetx_120", Config.x(19, 112).widths(168, 73.36, 2.37), PYCLS)
          .model("regnetx_160", Config.x(22, 128).widths(216, 55.59, 2.1), TORCHVISION)
          .model("regnetx_320", Config.x(23, 168).widths(320, 69.86, 2.0), TORCHVISION)
          .model("regnety_002", Config.y(13, 8).widths(24, 36.44, 2.49), PYCLS)
          .model("regnety_004", Config.y(16, 8).widths(48, 27.89, 2.09), TORCHVISION)
          .model("regnety_006", Config.y(15, 16).widths(48, 32.54, 2.32), PYCLS)
          .model("regnety_008", Config.y(14, 16).widths(56, 38.84, 2.4), PYCLS)
          .model("regnety_016", Config.y(27, 24).widths(48, 20.71, 2.65), TORCHVISION)
          .model("regnety_032", Config.y(21, 24).widths(80, 42.63, 2.66), TIMM)
          .model("regnety_040", Config.y(22, 64).widths(96, 31.41, 2.24), TIMM)
          .model("regnety_064", Config.y(25, 72).widths(112, 33.22, 2.27), TIMM)
          .model("regnety_080", Config.y(17, 56).widths(192, 76.82, 2.19), TIMM)
          .model("regnety_120", Config.y(19, 112).widths(168, 73.36, 2.37), TIMM)
          .model("regnety_160", Config.y(18, 112).widths(200, 106.23, 2.48), TIMM)
          .model("regnety_320", Config.y(20, 232).widths(232, 115.89, 2.53), TORCHVISION);

  private final ConvNormAct stem;
  private final Sequential stages = new Sequential(); // unnamed: s1…4 belong to the network

  private RegNet(Config config, ModelOptions options) {
    super(options);
    double factor = options.width(1);
    int channels = Channels.round(STEM * factor);
    Nonlinearity activation = options.activation(Nonlinearity.RELU);
    stem =
        child(
            "stem",
            new ConvNormAct(
                Conv2d.of(options.inChannels(), channels, 3)
                    .withStride(2)
                    .withPadding(options.padding(Padding.SYMMETRIC))
                    .withoutBias(),
                NormAct.of(channels, activation)));
    level("stem", channels, 2);
    int number = 0;
    int resolution = 2;
    int dilation = 1;
    List<Stage> plan = config.stages(factor);
    for (int i = 0; i < plan.size(); i++) {
      Stage stage = plan.get(i);
      Blocks blocks = child("s" + (i + 1), new Blocks());
      int before = dilation;
      int stride = 2;
      if (resolution >= options.outputStride()) {
        dilation *= stride;
        stride = 1;
      }
      resolution *= stride;
      for (int j = 0; j < stage.depth(); j++) {
        DropPath dropPath = DropPath.ofBlock(options.dropPathRate(), number++, config.depth());
        Steps steps = j == 0 ? new Steps(stride, before) : new Steps(1, dilation);
        blocks.append(new Block(new Place(channels, stage, steps, dropPath, config, options)));
        channels = stage.width();
      }
      level("s" + (i + 1), channels, resolution);
      stages.append(blocks);
    }
    head(
        "head.fc",
        new Head.OfLinear(
            Linear.of(channels, options.classes())
                .withStart(Initializer.normal(0.01), Initializer.ZEROS)));
  }

  /** Maps [N, inChannels, H, W] to [N, numFeatures, ⌈H/32⌉, ⌈W/32⌉]. */
  @Override
  public Tensor features(Tensor x) {
    return stages.forward(stem.forward(x));
  }

  /** A stage, whose blocks are named b1, b2, … */
  private static final class Blocks extends Module {
    private final Sequential blocks = new Sequential();

    void append(Block block) {
      blocks.append(child("b" + (blocks.size() + 1), block));
    }

    @Override
    protected Tensor compute(Tensor x) {
      return blocks.forward(x);
    }
  }

  /** Stride and dilation of a block's 3×3. */
  private record Steps(int stride, int dilation) {}

  /** Where in the network a block stands. */
  private record Place(
      int in, Stage stage, Steps steps, DropPath dropPath, Config config, ModelOptions options) {

    NormAct.Spec norm() {
      return NormAct.of(stage.width(), options.activation(Nonlinearity.RELU));
    }

    /** The norm that ends the branch, with the add and the activation. */
    NormAct.Spec lastNorm() {
      return options.zeroGamma().isOn(ZeroGamma.ON) ? norm().withZeroGamma() : norm();
    }

    Conv2d.Spec pointwise(int from) {
      return Conv2d.of(from, stage.width(), 1).withoutBias();
    }

    Conv2d.Spec grouped() {
      int groups = stage.width() / stage.groupWidth();
      return Conv2d.of(stage.width(), stage.width(), 3)
          .withStride(steps.stride())
          .withDilation(steps.dilation())
          .withPadding(options.padding(Padding.SYMMETRIC))
          .withGroups(groups)
          .withoutBias()
          .withStart(Initializer.kaimingNormalFanOut(groups), Initializer.ZEROS);
    }

    /** Reduced to a quarter of the block's input. */
    Module squeezeExcite() {
      if (!options.squeezeExcite(config.squeezeExcite())) {
        return new Identity();
      }
      int reduced = (int) Math.rint(in * SQUEEZE);
      return SqueezeExcite.of(stage.width(), reduced, SqueezeExcite.Names.FC)
          .withActivation(options.activation(Nonlinearity.RELU))
          .build();
    }

    /** A projection where the shape changes, else x itself. */
    Module shortcut() {
      if (steps.stride() == 1 && in == stage.width()) {
        return new Identity();
      }
      return new ConvNormAct(
          pointwise(in).withStride(steps.stride()),
          NormAct.of(stage.width(), Nonlinearity.IDENTITY));
    }
  }

  /** The X (Y) block of Fig. 4: 1×1, grouped 3×3 (squeeze-and-excitation), 1×1. */
  private static final class Block extends Module {
    private final ConvNormAct conv1;
    private final ConvNormAct conv2;
    private final Module se;
    private final ConvNormAct conv3;
    private final Module shortcut;
    private final DropPath dropPath;

    Block(Place place) {
      conv1 = child("conv1", new ConvNormAct(place.pointwise(place.in()), place.norm()));
      conv2 = child("conv2", new ConvNormAct(place.grouped(), place.norm()));
      se = child("se", place.squeezeExcite());
      conv3 =
          child("conv3", new ConvNormAct(place.pointwise(place.stage().width()), place.lastNorm()));
      shortcut = child("downsample", place.shortcut());
      dropPath = child("drop_path", place.dropPath());
    }

    @Override
    protected Tensor compute(Tensor x) {
      Tensor y = se.forward(conv2.forward(conv1.forward(x)));
      return conv3.forward(y, shortcut.forward(x), dropPath);
    }
  }
}
