package dev.linnet.models;

import static dev.linnet.models.Parts.Part.ACTIVATION;
import static dev.linnet.models.Parts.Part.AUXILIARY;

import dev.linnet.base.Check;
import dev.linnet.base.LinnetException;
import dev.linnet.nn.AvgPool2d;
import dev.linnet.nn.Conv2d;
import dev.linnet.nn.GlobalAvgPool;
import dev.linnet.nn.Initializer;
import dev.linnet.nn.Kernel;
import dev.linnet.nn.Linear;
import dev.linnet.nn.MaxPool2d;
import dev.linnet.nn.Module;
import dev.linnet.nn.Padding;
import dev.linnet.nn.Sequential;
import dev.linnet.tensor.Nonlinearity;
import dev.linnet.tensor.Tensor;
import java.util.List;

/**
 * Inception v3: Inception blocks whose large kernels are taken apart, 5×5 into two 3×3 and 7×7 into
 * 1×7 and 7×1.
 *
 * <p>Szegedy et al., CVPR 2016, arXiv:1512.00567 (Table 1, Fig. 5, 6, 7 and 10). With {@link
 * Parts#auxiliary} it has the head of Fig. 8 in the middle, whose loss counts 0.4 in training as in
 * the authors' code. Deviations, shared with timm and torchvision: the first blocks keep one 5×5
 * instead of two 3×3, and the pools inside the blocks count their border of zeros. State names and
 * order: timm {@code inception_v3.py}.
 */
public final class InceptionV3 extends Classifier {
  private static final int LEAST = 75;
  private static final int LEAST_WITH_AUXILIARY = 299; // where a 5×5 sees its pooled maps
  private static final double AUXILIARY_WEIGHT = 0.4;

  /**
   * What the table and the text leave to each block.
   *
   * @param pooled channels of the 1×1 after the pool, in the blocks of Fig. 5
   * @param seven channels inside the 1×7 and 7×1, in the blocks of Fig. 6
   */
  record Config(List<Integer> pooled, List<Integer> seven) {
    Config {
      pooled = List.copyOf(pooled);
      seven = List.copyOf(seven);
      Check.that(pooled.size() == 3, "pooled", pooled, "three counts");
      Check.that(seven.size() == 4, "seven", seven, "four counts");
    }
  }

  /** Every name that this file adds to the zoo. */
  static final Family<Config> FAMILY =
      Family.of("inception_v3", InceptionV3::new)
          .takes(ACTIVATION, AUXILIARY)
          .model(
              "inception_v3",
              new Config(List.of(32, 64, 64), List.of(128, 160, 160, 192)),
              Published.timm(Preprocessing.INCEPTION.at(299, 0.875)));

  private final boolean hasAuxiliary;
  private final Nonlinearity activation;
  private final Sequential layers = new Sequential(); // unnamed: its parts belong to the network

  private InceptionV3(Config config, ModelOptions options) {
    super(options);
    hasAuxiliary = options.auxiliary();
    activation = options.activation(Nonlinearity.RELU);
    conv("Conv2d_1a_3x3", Conv2d.of(options.inChannels(), 32, 3).withStride(2).withPadding(0));
    conv("Conv2d_2a_3x3", Conv2d.of(32, 32, 3).withPadding(0));
    conv("Conv2d_2b_3x3", Conv2d.of(32, 64, 3));
    level("Conv2d_2b_3x3", 64, 2);
    layers.append(child("Pool1", MaxPool2d.of(3, 2)));
    conv("Conv2d_3b_1x1", Conv2d.of(64, 80, 1));
    conv("Conv2d_4a_3x3", Conv2d.of(80, 192, 3).withPadding(0));
    level("Conv2d_4a_3x3", 192, 4);
    layers.append(child("Pool2", MaxPool2d.of(3, 2)));
    int channels = 192;
    for (int i = 0; i < config.pooled().size(); i++) {
      int pooled = config.pooled().get(i);
      mixed("Mixed_5" + (char) ('b' + i), new Fig5(channels, pooled, activation));
      channels = Fig5.out(pooled);
    }
    level("Mixed_5d", channels, 8);
    mixed("Mixed_6a", new Fig10(channels, activation));
    for (int i = 0; i < config.seven().size(); i++) {
      mixed("Mixed_6" + (char) ('b' + i), new Fig6(config.seven().get(i), activation));
    }
    level("Mixed_6e", Fig6.CHANNELS, 16);
    if (hasAuxiliary) {
      auxiliary(
          "AuxLogits", "Mixed_6e", AUXILIARY_WEIGHT, classes -> new Fig8(classes, activation));
    }
    mixed("Mixed_7a", new Reduction7(activation));
    mixed("Mixed_7b", new Fig7(Reduction7.OUT, activation));
    mixed("Mixed_7c", new Fig7(Fig7.OUT, activation));
    level("Mixed_7c", Fig7.OUT, 32);
    Linear.Spec fc = Linear.of(Fig7.OUT, options.classes());
    head("fc", new Head.OfLinear(fc.withStart(Initializer.normal(0.1), fc.biasStart())));
  }

  private void conv(String name, Conv2d.Spec spec) {
    layers.append(child(name, basic(spec, 0.1, activation)));
  }

  private void mixed(String name, Module block) {
    layers.append(child(name, block));
  }

  private static BasicConv basic(Conv2d.Spec spec, double deviation, Nonlinearity activation) {
    return new BasicConv(
        spec.withStart(Initializer.normal(deviation), Initializer.ZEROS), activation);
  }

  /** Maps [N, inChannels, H, W] to [N, 2048, H/32 − 1, W/32 − 1], about. */
  @Override
  public Tensor features(Tensor x) {
    return layers.forward(x);
  }

  @Override
  protected void checkSize(long height, long width) {
    checkAtLeast(LEAST, height, width);
    if (hasAuxiliary && isTraining() && Math.min(height, width) < LEAST_WITH_AUXILIARY) {
      throw new LinnetException(
          architecture()
              + ": got pictures of "
              + height
              + "×"
              + width
              + " pixels; must be at least 299×299 for the head in the middle; resize them, or"
              + " remove model_options.auxiliary");
    }
  }

  /** A block whose branches end side by side. */
  private abstract static class Mixed extends Module {
    private final Nonlinearity activation;
    final Branches branches = new Branches(); // unnamed: its parts belong to the block

    Mixed(Nonlinearity activation) {
      this.activation = activation;
    }

    final BasicConv conv(String name, int in, int out, int kernel) {
      return conv(name, Conv2d.of(in, out, kernel));
    }

    final BasicConv conv(String name, int in, int out, int height, int width) {
      return conv(name, Conv2d.of(in, out, new Kernel(height, width)));
    }

    /** A 3×3 that halves the side, without a border. */
    final BasicConv halving(String name, int in, int out) {
      return conv(name, Conv2d.of(in, out, 3).withStride(2).withPadding(0));
    }

    private BasicConv conv(String name, Conv2d.Spec spec) {
      return child(name, basic(spec, 0.1, activation));
    }

    /** The mean of 3×3, in which the border's zeros count. */
    static AvgPool2d mean() {
      return AvgPool2d.of(3, 1).withPadding(Padding.SAME).build();
    }

    static MaxPool2d halvingPool() {
      return MaxPool2d.of(3, 2).build();
    }

    @Override
    protected final Tensor compute(Tensor x) {
      return branches.forward(x);
    }
  }

  /** Fig. 5, on maps of 35×35. */
  private static final class Fig5 extends Mixed {
    Fig5(int in, int pooled, Nonlinearity activation) {
      super(activation);
      branches
          .with(conv("branch1x1", in, 64, 1))
          .with(conv("branch5x5_1", in, 48, 1), conv("branch5x5_2", 48, 64, 5))
          .with(
              conv("branch3x3dbl_1", in, 64, 1),
              conv("branch3x3dbl_2", 64, 96, 3),
              conv("branch3x3dbl_3", 96, 96, 3))
          .with(mean(), conv("branch_pool", in, pooled, 1));
    }

    static int out(int pooled) {
      return 64 + 64 + 96 + pooled;
    }
  }

  /** Fig. 10: from 35×35 to 17×17, the pool beside the convolutions. */
  private static final class Fig10 extends Mixed {
    Fig10(int in, Nonlinearity activation) {
      super(activation);
      branches
          .with(halving("branch3x3", in, 384))
          .with(
              conv("branch3x3dbl_1", in, 64, 1),
              conv("branch3x3dbl_2", 64, 96, 3),
              halving("branch3x3dbl_3", 96, 96))
          .with(halvingPool());
    }
  }

  /** Fig. 6 with n = 7, on maps of 17×17. */
  private static final class Fig6 extends Mixed {
    static final int CHANNELS = 768; // in and out

    Fig6(int width, Nonlinearity activation) {
      super(activation);
      branches
          .with(conv("branch1x1", CHANNELS, 192, 1))
          .with(
              conv("branch7x7_1", CHANNELS, width, 1),
              conv("branch7x7_2", width, width, 1, 7),
              conv("branch7x7_3", width, 192, 7, 1))
          .with(
              conv("branch7x7dbl_1", CHANNELS, width, 1),
              conv("branch7x7dbl_2", width, width, 7, 1),
              conv("branch7x7dbl_3", width, width, 1, 7),
              conv("branch7x7dbl_4", width, width, 7, 1),
              conv("branch7x7dbl_5", width, 192, 1, 7))
          .with(mean(), conv("branch_pool", CHANNELS, 192, 1));
    }
  }

  /** From 17×17 to 8×8, in the manner of Fig. 10. */
  private static final class Reduction7 extends Mixed {
    static final int OUT = 320 + 192 + Fig6.CHANNELS;

    Reduction7(Nonlinearity activation) {
      super(activation);
      int in = Fig6.CHANNELS;
      branches
          .with(conv("branch3x3_1", in, 192, 1), halving("branch3x3_2", 192, 320))
          .with(
              conv("branch7x7x3_1", in, 192, 1),
              conv("branch7x7x3_2", 192, 192, 1, 7),
              conv("branch7x7x3_3", 192, 192, 7, 1),
              halving("branch7x7x3_4", 192, 192))
          .with(halvingPool());
    }
  }

  /** Fig. 7, on maps of 8×8: 1×3 and 3×1 beside each other. */
  private static final class Fig7 extends Mixed {
    static final int OUT = 320 + 2 * 384 + 2 * 384 + 192;

    Fig7(int in, Nonlinearity activation) {
      super(activation);
      branches
          .with(conv("branch1x1", in, 320, 1))
          .with(
              conv("branch3x3_1", in, 384, 1),
              new Branches()
                  .with(conv("branch3x3_2a", 384, 384, 1, 3))
                  .with(conv("branch3x3_2b", 384, 384, 3, 1)))
          .with(
              conv("branch3x3dbl_1", in, 448, 1),
              conv("branch3x3dbl_2", 448, 384, 3),
              new Branches()
                  .with(conv("branch3x3dbl_3a", 384, 384, 1, 3))
                  .with(conv("branch3x3dbl_3b", 384, 384, 3, 1)))
          .with(mean(), conv("branch_pool", in, 192, 1));
    }
  }

  /** Fig. 8: the head in the middle. */
  private static final class Fig8 extends Module {
    private final AvgPool2d pool = AvgPool2d.of(5, 3).build();
    private final BasicConv conv0;
    private final BasicConv conv1;
    private final GlobalAvgPool mean = new GlobalAvgPool();
    private final Linear fc;

    Fig8(int classes, Nonlinearity activation) {
      conv0 = child("conv0", basic(Conv2d.of(Fig6.CHANNELS, 128, 1), 0.1, activation));
      conv1 = child("conv1", basic(Conv2d.of(128, 768, 5).withPadding(0), 0.01, activation));
      Linear.Spec linear = Linear.of(768, classes);
      fc = child("fc", linear.withStart(Initializer.normal(0.001), linear.biasStart()));
    }

    @Override
    protected Tensor compute(Tensor x) {
      Tensor y = conv1.forward(conv0.forward(pool.forward(x)));
      return fc.forward(mean.forward(y));
    }
  }
}
