package dev.linnet.models;

import static dev.linnet.models.Parts.Part.ACTIVATION;
import static dev.linnet.models.Parts.Part.OUTPUT_STRIDE;
import static dev.linnet.models.Parts.Part.WIDTH;

import dev.linnet.base.Check;
import dev.linnet.base.RandomState;
import dev.linnet.nn.Activation;
import dev.linnet.nn.Conv2d;
import dev.linnet.nn.DropPath;
import dev.linnet.nn.Initializer;
import dev.linnet.nn.Linear;
import dev.linnet.nn.Module;
import dev.linnet.nn.NormAct;
import dev.linnet.nn.Sequential;
import dev.linnet.tensor.Autograd;
import dev.linnet.tensor.Device;
import dev.linnet.tensor.Nonlinearity;
import dev.linnet.tensor.Scope;
import dev.linnet.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;

/**
 * RepVGG: five strided stages of blocks that have three branches in training and, {@link
 * #reparameterized}, are one 3×3 convolution each afterwards.
 *
 * <pre>
 *   trained   y = relu(bn(conv3×3(x)) + bn(conv1×1(x)) + bn(x))    bn(x) where the shape stays
 *   plain     y = relu(conv3×3(x) + b)
 * </pre>
 *
 * <p>Ding et al., CVPR 2021, arXiv:2101.03697 (Table 2; §3.3). A and B differ in depth; g4 names
 * have every second convolution of a stage in four groups. State names, order and first values:
 * timm {@code byobnet.py}, and of the plain form those of its {@code reparameterize_model}.
 */
public final class RepVgg extends Classifier {
  private static final List<Integer> WIDTHS = List.of(64, 128, 256, 512);
  private static final int STEM = 64;
  private static final Initializer NORM = Initializer.normal(0.1, 0.1);
  private static final Initializer SHIFT = Initializer.normal(0.1);

  /**
   * A row of Table 2 and 3.
   *
   * @param depths blocks of the four stages behind the stem
   * @param a factor on the channels of all stages but the last
   * @param b factor on the channels of the last stage
   * @param groups of every second convolution of a stage
   */
  record Config(List<Integer> depths, double a, double b, int groups) {
    Config {
      depths = List.copyOf(depths);
      Check.that(
          depths.size() == WIDTHS.size(), "depths", depths, "four counts, such as [2, 4, 14, 1]");
      Check.that(groups >= 1, "groups", groups, "at least 1");
    }

    static Config a(double a, double b) {
      return new Config(List.of(2, 4, 14, 1), a, b, 1);
    }

    static Config b(double a, double b) {
      return new Config(List.of(4, 6, 16, 1), a, b, 1);
    }

    Config g4() {
      return new Config(depths, a, b, 4);
    }

    int width(int stage, double factor) {
      boolean last = stage == WIDTHS.size() - 1;
      return Channels.round(WIDTHS.get(stage) * (last ? b : a) * factor);
    }

    /** As in timm not rounded to a multiple of 8. */
    int stem(double factor) {
      return (int) Math.max(1, Math.rint(Math.min(STEM, STEM * a) * factor));
    }
  }

  private static final Published PUBLISHED =
      Published.timm(Preprocessing.IMAGENET.withInterpolation("bilinear"));

  /** Every name that this file adds to the zoo. */
  static final Family<Config> FAMILY =
      Family.of("repvgg", (Config config, ModelOptions options) -> of(config, options))
          .takes(ACTIVATION, WIDTH, OUTPUT_STRIDE)
          .model("repvgg_a0", Config.a(0.75, 2.5), PUBLISHED)
          .model("repvgg_a1", Config.a(1, 2.5), PUBLISHED)
          .model("repvgg_a2", Config.a(1.5, 2.75), PUBLISHED)
          .model("repvgg_b0", Config.b(1, 2.5), PUBLISHED)
          .model("repvgg_b1", Config.b(2, 4), PUBLISHED)
          .model("repvgg_b1g4", Config.b(2, 4).g4(), PUBLISHED)
          .model("repvgg_b2", Config.b(2.5, 5), PUBLISHED)
          .model("repvgg_b2g4", Config.b(2.5, 5).g4(), PUBLISHED)
          .model("repvgg_b3", Config.b(3, 5), PUBLISHED)
          .model("repvgg_b3g4", Config.b(3, 5).g4(), PUBLISHED);

  /** What the blocks are made of. */
  private enum Form {
    /** Three branches. */
    TRAINED,
    /** One convolution. */
    PLAIN
  }

  private final Config config;
  private final ModelOptions options;
  private final Form form;
  private final List<Block> blocks = new ArrayList<>();
  private final Block stem;
  private final Sequential stages;

  private static RepVgg of(Config config, ModelOptions options) {
    return new RepVgg(config, options, Form.TRAINED);
  }

  private RepVgg(Config config, ModelOptions options, Form form) {
    super(options);
    this.config = config;
    this.options = options;
    this.form = form;
    double factor = options.width(1);
    int channels = config.stem(factor);
    DropPath none = new DropPath(0);
    stem = child("stem", block(new Place(options.inChannels(), channels, 2, 1, 1, 1), none));
    level("stem", channels, 2);
    stages = child("stages", new Sequential());
    int count = config.depths().stream().mapToInt(Integer::intValue).sum();
    int number = 0;
    int resolution = 2;
    int dilation = 1;
    for (int stage = 0; stage < WIDTHS.size(); stage++) {
      Sequential inStage = new Sequential();
      int out = config.width(stage, factor);
      int stride = resolution >= options.outputStride() ? 1 : 2;
      int firstDilation = dilation;
      dilation *= 2 / stride;
      resolution *= stride;
      for (int i = 0; i < config.depths().get(stage); i++) {
        boolean first = i == 0;
        Place place =
            new Place(
                channels,
                out,
                first ? stride : 1,
                first ? firstDilation : dilation,
                dilation,
                i % 2 == 1 ? config.groups() : 1);
        inStage.append(block(place, DropPath.ofBlock(options.dropPathRate(), number++, count)));
        channels = out;
      }
      stages.append(inStage);
      level("stages." + stage, channels, resolution);
    }
    head(
        "head.fc",
        new Head.OfLinear(
            Linear.of(channels, options.classes())
                .withStart(Initializer.normal(0.01), Initializer.ZEROS)));
  }

  private Block block(Place place, DropPath dropPath) {
    Nonlinearity activation = options.activation(Nonlinearity.RELU);
    Block block =
        switch (form) {
          case TRAINED -> new Trained(place, dropPath, activation);
          case PLAIN -> new Plain(place, activation);
        };
    blocks.add(block);
    return block;
  }

  /** Maps [N, inChannels, H, W] to [N, numFeatures, ⌈H/32⌉, ⌈W/32⌉]. */
  @Override
  public Tensor features(Tensor x) {
    return stages.forward(stem.forward(x));
  }

  /** Both convolutions of the stem see the colors. */
  @Override
  public List<String> firstConvNames() {
    return switch (form) {
      case TRAINED -> List.of("stem.conv_kxk.conv", "stem.conv_1x1.conv");
      case PLAIN -> List.of("stem.reparam_conv");
    };
  }

  /**
   * The same network with one 3×3 convolution for the three branches of each block: norms are
   * linear in evaluation, and a 1×1 and the identity are 3×3 kernels with zeros around. Logits are
   * equal but for rounding; for prediction only. The caller closes it; this network stays as it is.
   *
   * @throws IllegalStateException if it is plain already
   */
  public RepVgg reparameterized() {
    if (form == Form.PLAIN) {
      throw new IllegalStateException(architecture() + " is plain already");
    }
    RepVgg plain = new RepVgg(config, options.withClasses(classes()), Form.PLAIN);
    plain.named(architecture());
    plain.materialize(device(), RandomState.of(0));
    Autograd.off(() -> copyTo(plain));
    plain.channelsLast();
    return plain;
  }

  private Device device() {
    return state(headName() + ".weight").value().device();
  }

  private void copyTo(RepVgg plain) {
    for (int i = 0; i < blocks.size(); i++) {
      Trained trained = (Trained) blocks.get(i);
      Plain fused = (Plain) plain.blocks.get(i);
      Scope.run("fuse", () -> fused.take(trained.fused()));
    }
    for (String name : List.of(headName() + ".weight", headName() + ".bias")) {
      plain.state(name).value().set(state(name).value());
    }
  }

  /**
   * Where in the network a block stands.
   *
   * @param firstDilation what the 3×3 has
   * @param dilation what the blocks behind it have
   */
  private record Place(int in, int out, int stride, int firstDilation, int dilation, int groups) {
    Conv2d.Spec conv3x3() {
      return Conv2d.of(in, out, 3)
          .withStride(stride)
          .withDilation(firstDilation)
          .withGroups(groups)
          .withStart(Initializer.kaimingNormalFanOut(groups), Initializer.ZEROS);
    }

    Conv2d.Spec conv1x1() {
      return Conv2d.of(in, out, 1)
          .withStride(stride)
          .withGroups(groups)
          .withStart(Initializer.kaimingNormalFanOut(groups), Initializer.ZEROS)
          .withoutBias();
    }

    boolean keepsShape() {
      return in == out && stride == 1 && firstDilation == dilation;
    }
  }

  /** A block of either form. */
  private abstract static class Block extends Module {}

  /**
   * A convolution with bias.
   *
   * @param kernel [out, in / groups, 3, 3]
   * @param bias [out]
   */
  private record Fused(Tensor kernel, Tensor bias) {
    Fused plus(Fused other) {
      return new Fused(kernel.add(other.kernel()), bias.add(other.bias()));
    }
  }

  /** Three branches. */
  private static final class Trained extends Block {
    private static final String WEIGHT = "weight";

    private final Place place;
    private final List<NormAct> identity; // one where the shape stays, else none
    private final ConvNormAct conv3x3;
    private final ConvNormAct conv1x1;
    private final DropPath dropPath;

    Trained(Place place, DropPath dropPath, Nonlinearity activation) {
      this.place = place;
      NormAct.Spec middle = NormAct.of(place.out(), Nonlinearity.IDENTITY).withStart(NORM, SHIFT);
      NormAct.Spec last = NormAct.of(place.out(), activation).withStart(NORM, SHIFT);
      identity = place.keepsShape() ? List.of(child("identity", last)) : List.of();
      conv3x3 =
          child(
              "conv_kxk",
              new ConvNormAct(place.conv3x3().withoutBias(), identity.isEmpty() ? last : middle));
      conv1x1 = child("conv_1x1", new ConvNormAct(place.conv1x1(), middle));
      this.dropPath = child("drop_path", identity.isEmpty() ? new DropPath(0) : dropPath);
    }

    @Override
    protected Tensor compute(Tensor x) {
      Tensor sum = conv3x3.forward(x, conv1x1.forward(x));
      return identity.isEmpty() ? sum : identity.get(0).forward(x, dropPath.forward(sum));
    }

    /** The three branches as one convolution. */
    Fused fused() {
      Fused sum =
          fused(conv3x3.conv().state(WEIGHT).value(), conv3x3.bn())
              .plus(fused(conv1x1.conv().state(WEIGHT).value().pad(1, 1, 1, 1), conv1x1.bn()));
      return identity.isEmpty() ? sum : sum.plus(fused(unit(), identity.get(0)));
    }

    /** bn(conv(x)) is one convolution in evaluation. */
    private static Fused fused(Tensor kernel, NormAct norm) {
      return new Fused(kernel.mul(norm.scale().reshape(-1, 1, 1, 1)), norm.shift());
    }

    /** The kernel that leaves everything as it is. */
    private Tensor unit() {
      int width = place.in() / place.groups();
      float[] kernels = new float[place.in() * width];
      for (int i = 0; i < place.in(); i++) {
        kernels[i * width + i % width] = 1;
      }
      Device device = conv3x3.conv().state(WEIGHT).value().device();
      return Tensor.of(kernels, place.in(), width, 1, 1).to(device).pad(1, 1, 1, 1);
    }
  }

  /** One convolution. */
  private static final class Plain extends Block {
    private final Conv2d conv;
    private final Activation act;

    Plain(Place place, Nonlinearity activation) {
      conv = child("reparam_conv", place.conv3x3());
      act = child("act", Activation.overwriting(activation));
    }

    @Override
    protected Tensor compute(Tensor x) {
      return act.forward(conv.forward(x));
    }

    void take(Fused fused) {
      conv.state("weight").value().set(fused.kernel());
      conv.state("bias").value().set(fused.bias());
    }
  }
}
