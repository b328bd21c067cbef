package dev.linnet.models;

import static dev.linnet.models.Parts.Part.ACTIVATION;
import static dev.linnet.models.Parts.Part.PADDING;
import static dev.linnet.models.Parts.Part.SQUEEZE_EXCITE;
import static dev.linnet.models.Parts.Part.WIDTH;

import dev.linnet.base.Check;
import dev.linnet.nn.Conv2d;
import dev.linnet.nn.DropPath;
import dev.linnet.nn.Identity;
import dev.linnet.nn.Module;
import dev.linnet.nn.NormAct;
import dev.linnet.nn.Padding;
import dev.linnet.nn.Sequential;
import dev.linnet.nn.SqueezeExcite;
import dev.linnet.tensor.Nonlinearity;
import dev.linnet.tensor.Tensor;
import java.util.List;

/**
 * GhostNet: half of each layer's maps are convolved, the other half ("ghosts") are made from them
 * by cheap depthwise convolutions.
 *
 * <p>Han et al., CVPR 2020, arXiv:1911.11907 (Table 1, Fig. 2 and 3). State names, order and first
 * values: timm {@code ghostnet.py}, which has no stochastic depth; here it grows from block to
 * block as in the ResNets. As in timm the map before the first norm is a feature level.
 */
final class GhostNet extends Classifier {
  private static final int DIVISOR = 4;
  private static final double SQUEEZE = 0.25;
  private static final int STEM = 16;
  private static final int FEATURES = 1280;

  /**
   * A variant of Table 1.
   *
   * @param width factor on the channels, above 0
   */
  record Config(double width) {
    Config {
      Check.that(width > 0, "width", width, "above 0");
    }
  }

  /**
   * A row of Table 1.
   *
   * @param kernel side of the depthwise convolutions in pixels
   * @param expanded channels in the middle (#exp)
   * @param channels that it puts out (#out)
   * @param stride 1 or 2
   * @param squeezeExcite whether it weighs its channels (SE)
   */
  private record Row(int kernel, int expanded, int channels, int stride, boolean squeezeExcite) {
    static Row of(int kernel, int expanded, int channels) {
      return new Row(kernel, expanded, channels, 1, false);
    }

    Row half() {
      return new Row(kernel, expanded, channels, 2, squeezeExcite);
    }

    Row se() {
      return new Row(kernel, expanded, channels, stride, true);
    }
  }

  /** Kernel, #exp, #out; a row that halves the maps is a stage of its own, as in timm. */
  private static final List<List<Row>> TABLE_1 =
      List.of(
          List.of(Row.of(3, 16, 16)),
          List.of(Row.of(3, 48, 24).half()),
          List.of(Row.of(3, 72, 24)),
          List.of(Row.of(5, 72, 40).half().se()),
          List.of(Row.of(5, 120, 40).se()),
          List.of(Row.of(3, 240, 80).half()),
          List.of(
              Row.of(3, 200, 80),
              Row.of(3, 184, 80),
              Row.of(3, 184, 80),
              Row.of(3, 480, 112).se(),
              Row.of(3, 672, 112).se()),
          List.of(Row.of(5, 672, 160).half().se()),
          List.of(
              Row.of(5, 960, 160),
              Row.of(5, 960, 160).se(),
              Row.of(5, 960, 160),
              Row.of(5, 960, 160).se()));

  private static final int LAST = 960;

  private static final Published IMAGENET = Published.timm(Preprocessing.IMAGENET);

  /** Every name that this file adds to the zoo. */
  static final Family<Config> FAMILY =
      Family.of("ghostnet", GhostNet::new)
          .takes(ACTIVATION, PADDING, SQUEEZE_EXCITE, WIDTH)
          .model("ghostnet_050", new Config(0.5), IMAGENET)
          .model("ghostnet_100", new Config(1), IMAGENET)
          .model("ghostnet_130", new Config(1.3), IMAGENET);

  private final Conv2d convStem;
  private final NormAct bn1;
  private final Sequential blocks;
  private final Conv2d convHead;
  private final Nonlinearity activation;

  private GhostNet(Config config, ModelOptions options) {
    super(options);
    double width = options.width(config.width());
    activation = options.activation(Nonlinearity.RELU);
    int channels = multiple(STEM * width);
    convStem =
        child(
            "conv_stem",
            Conv2d.of(options.inChannels(), channels, 3)
                .withStride(2)
                .withPadding(options.padding(Padding.SYMMETRIC))
                .withoutBias()
                .withTorchStart());
    bn1 = child("bn1", NormAct.of(channels, activation));
    blocks = child("blocks", new Sequential());
    level("conv_stem", channels, 2);
    int count = TABLE_1.stream().mapToInt(List::size).sum();
    int number = 0;
    int resolution = 2;
    for (List<Row> rows : TABLE_1) {
      Sequential stage = new Sequential();
      for (Row row : rows) {
        DropPath dropPath = DropPath.ofBlock(options.dropPathRate(), number++, count);
        stage.append(new Bottleneck(new Place(channels, row, width, dropPath, options)));
        channels = multiple(row.channels() * width);
        resolution *= row.stride();
      }
      blocks.append(stage);
      if (rows.get(0).stride() > 1) {
        level("blocks." + (blocks.size() - 1), channels, resolution);
      }
    }
    int last = multiple(LAST * width);
    Conv2d.Spec widen = Conv2d.of(channels, last, 1).withoutBias().withTorchStart();
    blocks.append(new Sequential().append(new ConvBnAct(widen, NormAct.of(last, activation))));
    convHead = child("conv_head", Conv2d.of(last, FEATURES, 1).withTorchStart());
    head("classifier", FEATURES);
  }

  private static int multiple(double channels) {
    return Channels.round(channels, DIVISOR, 0.9);
  }

  @Override
  Layers layerNames() {
    return Layers.USUAL.joining("conv_head");
  }

  /** Maps [N, inChannels, H, W] to [N, 960 width, ⌈H/32⌉, ⌈W/32⌉]. */
  @Override
  public Tensor features(Tensor x) {
    return blocks.forward(bn1.forward(convStem.forward(x)));
  }

  /** The mean of each map, then the last 1×1 and its activation: [N, 1280]. */
  @Override
  public Tensor pool(Tensor features) {
    Tensor means = super.pool(features).unsqueeze(-1).unsqueeze(-1);
    return activation.apply(convHead.forward(means)).flatten(1);
  }

  /** Where in the network a bottleneck stands. */
  private record Place(int in, Row row, double width, DropPath dropPath, ModelOptions options) {
    int expanded() {
      return multiple(row.expanded() * width);
    }

    int out() {
      return multiple(row.channels() * width);
    }

    Nonlinearity activation() {
      return options.activation(Nonlinearity.RELU);
    }

    Conv2d.Spec pointwise(int from, int to) {
      return Conv2d.of(from, to, 1).withoutBias().withTorchStart();
    }

    Conv2d.Spec depthwise(int channels, int kernel) {
      return Conv2d.of(channels, channels, kernel)
          .withGroups(channels)
          .withPadding(options.padding(Padding.SYMMETRIC))
          .withoutBias()
          .withTorchStart();
    }

    /** The depthwise convolution that has the row's kernel and stride. */
    Conv2d.Spec look(int channels) {
      return depthwise(channels, row.kernel()).withStride(row.stride());
    }

    NormAct.Spec lastNorm(int channels) {
      NormAct.Spec norm = NormAct.of(channels, Nonlinearity.IDENTITY);
      return options.zeroGamma().isOn(ZeroGamma.OFF) ? norm.withZeroGamma() : norm;
    }

    Module squeezeExcite() {
      if (!options.squeezeExcite(row.squeezeExcite())) {
        return new Identity();
      }
      int reduced = multiple(expanded() * SQUEEZE);
      return SqueezeExcite.of(expanded(), reduced, SqueezeExcite.Names.CONV)
          .withActivation(activation())
          .withGate(Nonlinearity.HARDSIGMOID)
          .build();
    }

    /** A depthwise convolution and a 1×1 where the shape changes, else x itself. */
    Module shortcut() {
      if (row.stride() == 1 && in == out()) {
        return new Identity();
      }
      return new Sequential()
          .append(look(in))
          .append(NormAct.of(in, Nonlinearity.IDENTITY))
          .append(pointwise(in, out()))
          .append(NormAct.of(out(), Nonlinearity.IDENTITY));
    }
  }

  /** Fig. 2b: a 1×1 makes half of the maps, a depthwise 3×3 of these the other half. */
  private static final class GhostModule extends Module {
    private static final int CHEAP_KERNEL = 3;

    private final Sequential primaryConv;
    private final Sequential cheapOperation;

    /** The norm is that of each half; {@code out} is even. */
    GhostModule(int in, int out, NormAct.Spec norm, Place place) {
      int half = out / 2;
      primaryConv =
          child("primary_conv", new Sequential().append(place.pointwise(in, half)).append(norm));
      cheapOperation =
          child(
              "cheap_operation",
              new Sequential().append(place.depthwise(half, CHEAP_KERNEL)).append(norm));
    }

    @Override
    protected Tensor compute(Tensor x) {
      Tensor primary = primaryConv.forward(x);
      return Tensor.cat(List.of(primary, cheapOperation.forward(primary)), 1);
    }
  }

  /** Fig. 3: a ghost module expands, one projects; between them a depthwise of stride 2. */
  private static final class Bottleneck extends Module {
    private final GhostModule ghost1;
    private final Module convDw;
    private final Module bnDw;
    private final Module se;
    private final GhostModule ghost2;
    private final DropPath dropPath;
    private final Module shortcut;

    Bottleneck(Place place) {
      int expanded = place.expanded();
      boolean halves = place.row().stride() > 1;
      NormAct.Spec norm = NormAct.of(expanded / 2, place.activation());
      NormAct.Spec linear = NormAct.of(expanded, Nonlinearity.IDENTITY);
      ghost1 = child("ghost1", new GhostModule(place.in(), expanded, norm, place));
      convDw = child("conv_dw", halves ? place.look(expanded).build() : new Identity());
      bnDw = child("bn_dw", halves ? linear.build() : new Identity());
      se = child("se", place.squeezeExcite());
      NormAct.Spec last = place.lastNorm(place.out() / 2);
      ghost2 = child("ghost2", new GhostModule(expanded, place.out(), last, place));
      dropPath = child("drop_path", place.dropPath());
      shortcut = child("shortcut", place.shortcut());
    }

    @Override
    protected Tensor compute(Tensor x) {
      Tensor y = bnDw.forward(convDw.forward(ghost1.forward(x)));
      y = ghost2.forward(se.forward(y));
      return dropPath.forward(y).add(shortcut.forward(x));
    }
  }
}
