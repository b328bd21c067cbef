package dev.linnet.models;

import static dev.linnet.models.Parts.Part.ACTIVATION;
import static dev.linnet.models.Parts.Part.AUXILIARY;

import dev.linnet.base.Check;
import dev.linnet.nn.Conv2d;
import dev.linnet.nn.Dropout;
import dev.linnet.nn.Initializer;
import dev.linnet.nn.Linear;
import dev.linnet.nn.MaxPool2d;
import dev.linnet.nn.Module;
import dev.linnet.nn.Sequential;
import dev.linnet.tensor.Nonlinearity;
import dev.linnet.tensor.Tensor;
import java.util.List;

/**
 * GoogLeNet, or Inception v1: blocks that look at several scales side by side.
 *
 * <p>Szegedy et al., CVPR 2015, arXiv:1409.4842 (Table 1, Fig. 2b and 3; the dropout before the
 * last layer is 0.4, here as the options say). With {@link Parts#auxiliary} it has the two heads of
 * §5 in the middle, whose losses count 0.3 in training. Deviations, shared with torchvision: batch
 * norm, no local response norm, and 3×3 where the paper has 5×5. What torchvision calls {@code
 * transform_input}, other colors for weights from TensorFlow, is left out. State names and order:
 * torchvision {@code googlenet.py}.
 */
public final class GoogLeNet extends Classifier {
  private static final int LEAST = 15;
  private static final int FIRST_STAGE = 3; // as Table 1 counts
  private static final double AUXILIARY_WEIGHT = 0.3;
  private static final Initializer START = Initializer.normal(0.01);

  /**
   * A row of Table 1: output channels of the convolutions of Fig. 2b.
   *
   * @param one #1×1
   * @param threeReduce #3×3 reduce
   * @param three #3×3
   * @param fiveReduce #5×5 reduce
   * @param five #5×5
   * @param pool pool proj
   */
  record Row(int one, int threeReduce, int three, int fiveReduce, int five, int pool) {
    int out() {
      return one + three + five + pool;
    }
  }

  /** The rows of Table 1, stage by stage from inception (3a) on. */
  record Config(List<List<Row>> stages) {
    Config {
      stages = stages.stream().map(List::copyOf).toList();
      Check.that(stages.size() == 3, "stages", stages.size(), "three");
    }
  }

  private static final Config TABLE_1 =
      new Config(
          List.of(
              List.of(new Row(64, 96, 128, 16, 32, 32), new Row(128, 128, 192, 32, 96, 64)),
              List.of(
                  new Row(192, 96, 208, 16, 48, 64),
                  new Row(160, 112, 224, 24, 64, 64),
                  new Row(128, 128, 256, 24, 64, 64),
                  new Row(112, 144, 288, 32, 64, 64),
                  new Row(256, 160, 320, 32, 128, 128)),
              List.of(new Row(256, 160, 320, 32, 128, 128), new Row(384, 192, 384, 48, 128, 128))));

  /** Every name that this file adds to the zoo. */
  static final Family<Config> FAMILY =
      Family.of("googlenet", GoogLeNet::new)
          .takes(ACTIVATION, AUXILIARY)
          .model("googlenet", TABLE_1, Published.torchvision());

  private final Sequential layers = new Sequential(); // unnamed: its parts belong to the network

  private GoogLeNet(Config config, ModelOptions options) {
    super(options);
    Nonlinearity activation = options.activation(Nonlinearity.RELU);
    Conv2d.Spec first = Conv2d.of(options.inChannels(), 64, 7).withStride(2);
    layers.append(child("conv1", conv(first, activation)));
    level("conv1", 64, 2);
    layers.append(child("maxpool1", MaxPool2d.of(3, 2).withCeil()));
    layers.append(child("conv2", conv(Conv2d.of(64, 64, 1), activation)));
    layers.append(child("conv3", conv(Conv2d.of(64, 192, 3), activation)));
    level("conv3", 192, 4);
    layers.append(child("maxpool2", MaxPool2d.of(3, 2).withCeil()));
    int channels = 192;
    for (int stage = 0; stage < config.stages().size(); stage++) {
      int number = FIRST_STAGE + stage;
      String name = "";
      for (Row row : config.stages().get(stage)) {
        name = name.isEmpty() ? "inception" + number + "a" : next(name);
        layers.append(child(name, new Inception(channels, row, activation)));
        channels = row.out();
      }
      level(name, channels, 8 << stage);
      if (stage + 1 < config.stages().size()) {
        int kernel = stage == 0 ? 3 : 2; // the paper's second is 3 too; torchvision's is not
        layers.append(child("maxpool" + number, MaxPool2d.of(kernel, 2).withCeil()));
      }
    }
    if (options.auxiliary()) {
      List<Row> middle = config.stages().get(1);
      auxiliaryHead("aux1", "inception4a", middle.get(0).out(), activation);
      auxiliaryHead("aux2", "inception4d", middle.get(3).out(), activation);
    }
    Linear.Spec fc = Linear.of(channels, options.classes());
    head("fc", new Head.OfLinear(fc.withStart(START, fc.biasStart())));
  }

  private void auxiliaryHead(String name, String at, int in, Nonlinearity activation) {
    auxiliary(name, at, AUXILIARY_WEIGHT, classes -> new Auxiliary(in, classes, activation));
  }

  /** The name of the next block of a stage: 4b after 4a. */
  private static String next(String name) {
    int last = name.length() - 1;
    return name.substring(0, last) + (char) (name.charAt(last) + 1);
  }

  private static BasicConv conv(Conv2d.Spec spec, Nonlinearity activation) {
    return new BasicConv(spec.withStart(START, Initializer.ZEROS), activation);
  }

  /** Maps [N, inChannels, H, W] to [N, 1024, ⌈H/32⌉, ⌈W/32⌉]. */
  @Override
  public Tensor features(Tensor x) {
    return layers.forward(x);
  }

  @Override
  protected void checkSize(long height, long width) {
    checkAtLeast(LEAST, height, width);
  }

  /** Fig. 2b: 1×1; 1×1 and 3×3; 1×1 and 5×5 (here 3×3); pool and 1×1. */
  private static final class Inception extends Module {
    private final Branches branches;

    Inception(int in, Row row, Nonlinearity activation) {
      branches =
          new Branches()
              .with(child("branch1", conv(Conv2d.of(in, row.one(), 1), activation)))
              .with(child("branch2", spatial(in, row.threeReduce(), row.three(), activation)))
              .with(child("branch3", spatial(in, row.fiveReduce(), row.five(), activation)))
              .with(
                  child(
                      "branch4",
                      new Sequential()
                          .append(MaxPool2d.of(3, 1).withPadding(1))
                          .append(conv(Conv2d.of(in, row.pool(), 1), activation))));
    }

    private static Sequential spatial(int in, int reduced, int out, Nonlinearity activation) {
      return new Sequential()
          .append(conv(Conv2d.of(in, reduced, 1), activation))
          .append(conv(Conv2d.of(reduced, out, 3), activation));
    }

    @Override
    protected Tensor compute(Tensor x) {
      return branches.forward(x);
    }
  }

  /** A head in the middle (§5): pool to 4×4, 1×1 of 128, linear of 1024, dropout 0.7, linear. */
  private static final class Auxiliary extends Module {
    private static final int GRID = 4;
    private static final int CHANNELS = 128;
    private static final int HIDDEN = 1024;

    private final Nonlinearity activation;
    private final BasicConv conv;
    private final Linear fc1;
    private final Dropout dropout;
    private final Linear fc2;

    Auxiliary(int in, int classes, Nonlinearity activation) {
      this.activation = activation;
      conv = child("conv", conv(Conv2d.of(in, CHANNELS, 1), activation));
      fc1 = child("fc1", linear(CHANNELS * GRID * GRID, HIDDEN));
      fc2 = child("fc2", linear(HIDDEN, classes));
      dropout = child("dropout", new Dropout(0.7));
    }

    private static Linear.Spec linear(int in, int out) {
      Linear.Spec spec = Linear.of(in, out);
      return spec.withStart(START, spec.biasStart());
    }

    @Override
    protected Tensor compute(Tensor x) {
      Tensor y = conv.forward(x.adaptiveAvgPool2d(GRID, GRID)).flatten(1);
      y = activation.applyInPlace(fc1.forward(y));
      return fc2.forward(dropout.forward(y));
    }
  }
}
