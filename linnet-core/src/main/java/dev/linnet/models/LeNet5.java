package dev.linnet.models;

import dev.linnet.base.LinnetException;
import dev.linnet.nn.Conv2d;
import dev.linnet.nn.Linear;
import dev.linnet.tensor.Tensor;
import java.util.List;

/**
 * LeNet-5: two convolutions, each with a pool, and three linear layers.
 *
 * <p>LeCun, Bottou, Bengio and Haffner, Proc. IEEE 1998 (Fig. 2). Deviations, as everybody builds
 * it today: ReLU for tanh, largest value for a trained mean in the pools, every map of the second
 * convolution sees all of the first (Table I left some out), a linear head for radial basis
 * functions, 28×28 pictures padded by the first convolution for pictures of 32×32. Names: the
 * layers' letters in the paper are C1, S2, C3, S4, C5, F6.
 */
public final class LeNet5 extends Classifier {
  private static final int SIDE = 28;

  /** Channels of the two convolutions, then widths of the two hidden linear layers. */
  record Config(List<Integer> channels, List<Integer> hidden) {}

  static final Family<Config> FAMILY =
      Family.of("lenet", LeNet5::new)
          .model(
              "lenet5",
              new Config(List.of(6, 16), List.of(120, 84)),
              Published.paper(
                  Preprocessing.IMAGENET
                      .withColors(List.of(0.1307), List.of(0.3081)) // of MNIST's training pictures
                      .withInput(InputSize.square(1, SIDE))
                      .withInterpolation("bilinear")
                      .withCropPct(1),
                  10));

  private final Conv2d conv1;
  private final Conv2d conv2;
  private final Linear fc1;
  private final Linear fc2;

  private LeNet5(Config config, ModelOptions options) {
    super(options);
    int c1 = config.channels().get(0);
    int c3 = config.channels().get(1);
    int c5 = config.hidden().get(0);
    int f6 = config.hidden().get(1);
    conv1 = child("conv1", Conv2d.of(options.inChannels(), c1, 5).withTorchStart());
    conv2 = child("conv2", Conv2d.of(c1, c3, 5).withPadding(0).withTorchStart());
    level("conv1", c1, 1);
    level("conv2", c3, 2);
    fc1 = child("fc1", Linear.of(c3 * 5 * 5, c5));
    fc2 = child("fc2", Linear.of(c5, f6));
    head("fc", f6);
  }

  /** Maps [N, inChannels, 28, 28] to [N, 16, 5, 5]. */
  @Override
  public Tensor features(Tensor x) {
    Tensor y = conv1.forward(x).reluInPlace().maxPool2d(2, 2, 0);
    return conv2.forward(y).reluInPlace().maxPool2d(2, 2, 0);
  }

  /** Maps [N, 16, 5, 5] to [N, 84] by the two hidden linear layers. */
  @Override
  public Tensor pool(Tensor features) {
    return fc2.forward(fc1.forward(features.flatten(1)).reluInPlace()).reluInPlace();
  }

  @Override
  protected void checkSize(long height, long width) {
    if (height != SIDE || width != SIDE) {
      throw new LinnetException(
          architecture()
              + ": got pictures of "
              + height
              + "×"
              + width
              + " pixels; must be 28×28; resize them, or choose a network that takes any size, such"
              + " as resnet20");
    }
  }
}
