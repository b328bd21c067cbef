package dev.linnet.models;

import static dev.linnet.models.Parts.Part.ACTIVATION;

import dev.linnet.nn.Activation;
import dev.linnet.nn.Conv2d;
import dev.linnet.nn.DropPath;
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
 * Xception: Inception's parallel paths taken to the extreme, one for each channel; twelve residual
 * blocks of depthwise separable convolutions.
 *
 * <p>Chollet, CVPR 2017, arXiv:1610.02357 (Fig. 5). One deviation, shared with timm: the pools pad
 * by one pixel on all sides where the paper's follow TensorFlow. State names and order: timm {@code
 * xception.py}.
 */
public final class Xception extends Classifier {
  private static final int LEAST = 7; // two 3×3 without a border, the first of stride 2

  /** Where a block's channels change. */
  enum Growth {
    FIRST,
    LAST
  }

  /**
   * A block of Fig. 5.
   *
   * @param out channels after it
   * @param convolutions separable convolutions in it
   * @param stride 2 if it ends with a pool, else 1
   * @param growth which of its convolutions changes the channels
   */
  record Row(int out, int convolutions, int stride, Growth growth) {}

  /** The blocks of Fig. 5, and the channels of the two separable convolutions after them. */
  record Config(List<Row> rows, List<Integer> last) {
    Config {
      rows = List.copyOf(rows);
      last = List.copyOf(last);
    }
  }

  private static final Row MIDDLE = new Row(728, 3, 1, Growth.FIRST);
  private static final Config FIGURE_5 =
      new Config(
          List.of(
              new Row(128, 2, 2, Growth.FIRST),
              new Row(256, 2, 2, Growth.FIRST),
              new Row(728, 2, 2, Growth.FIRST),
              MIDDLE,
              MIDDLE,
              MIDDLE,
              MIDDLE,
              MIDDLE,
              MIDDLE,
              MIDDLE,
              MIDDLE,
              new Row(1024, 2, 2, Growth.LAST)),
          List.of(1536, 2048));

  /** Every name that this file adds to the zoo. */
  static final Family<Config> FAMILY =
      Family.of("xception", Xception::new)
          .takes(ACTIVATION)
          .model(
              "legacy_xception",
              FIGURE_5,
              Published.timm(
                  Preprocessing.IMAGENET
                      .withColors(List.of(0.5, 0.5, 0.5), List.of(0.5, 0.5, 0.5))
                      .withInput(InputSize.square(3, 299))
                      .withCropPct(0.8975)));

  private final Sequential layers = new Sequential(); // unnamed: its parts belong to the network

  private Xception(Config config, ModelOptions options) {
    super(options);
    Nonlinearity activation = options.activation(Nonlinearity.RELU);
    layers.append(
        child(
            "conv1",
            Conv2d.of(options.inChannels(), 32, 3).withStride(2).withPadding(0).withoutBias()));
    layers.append(child("bn1", NormAct.of(32, activation)));
    layers.append(child("conv2", Conv2d.of(32, 64, 3).withPadding(0).withoutBias()));
    layers.append(child("bn2", NormAct.of(64, activation)));
    level("bn2", 64, 2);
    int channels = 64;
    int resolution = 2;
    int count = config.rows().size();
    for (int i = 0; i < count; i++) {
      Row row = config.rows().get(i);
      if (row.stride() == 2 && i > 0) {
        level("block" + (i + 1) + ".rep.0", channels, resolution);
      }
      DropPath dropPath = DropPath.ofBlock(options.dropPathRate(), i, count);
      boolean activated = i == 0; // bn2 ends with the activation that other blocks begin with
      layers.append(
          child("block" + (i + 1), new Block(channels, row, activated, dropPath, options)));
      channels = row.out();
      resolution *= row.stride();
    }
    for (int i = 0; i < config.last().size(); i++) {
      int out = config.last().get(i);
      layers.append(child("conv" + (i + 3), new Separable(channels, out)));
      layers.append(child("bn" + (i + 3), NormAct.of(out, activation)));
      channels = out;
    }
    level("bn4", channels, resolution);
    head("fc", channels);
  }

  /** Maps [N, inChannels, H, W] to [N, 2048, ⌈H/32⌉, ⌈W/32⌉], about. */
  @Override
  public Tensor features(Tensor x) {
    return layers.forward(x);
  }

  @Override
  protected void checkSize(long height, long width) {
    checkAtLeast(LEAST, height, width);
  }

  /** A 3×3 in each channel, then a 1×1 across them. */
  private static final class Separable extends Module {
    private final Conv2d depthwise;
    private final Conv2d pointwise;

    Separable(int in, int out) {
      depthwise = child("conv1", Conv2d.of(in, in, 3).withGroups(in).withoutBias());
      pointwise = child("pointwise", Conv2d.of(in, out, 1).withoutBias());
    }

    @Override
    protected Tensor compute(Tensor x) {
      return pointwise.forward(depthwise.forward(x));
    }
  }

  /** Separable convolutions around which a shortcut goes, a 1×1 where the shape changes. */
  private static final class Block extends Module {
    private final Sequential shortcut = new Sequential(); // unnamed: skip and skipbn
    private final Sequential rep;
    private final DropPath dropPath;

    Block(int in, Row row, boolean activated, DropPath dropPath, ModelOptions options) {
      int out = row.out();
      Nonlinearity activation = options.activation(Nonlinearity.RELU);
      if (in != out || row.stride() != 1) {
        shortcut.append(
            child("skip", Conv2d.of(in, out, 1).withStride(row.stride()).withoutBias()));
        shortcut.append(child("skipbn", NormAct.of(out, Nonlinearity.IDENTITY)));
      }
      rep = child("rep", new Sequential());
      if (!activated) {
        rep.append(new Activation(activation));
      }
      int channels = in;
      for (int i = 1; i <= row.convolutions(); i++) {
        boolean last = i == row.convolutions();
        int next = row.growth() == Growth.FIRST || last ? out : in;
        rep.append(new Separable(channels, next));
        if (last) {
          NormAct.Spec norm = NormAct.of(next, Nonlinearity.IDENTITY);
          rep.append(options.zeroGamma().isOn(ZeroGamma.OFF) ? norm.withZeroGamma() : norm);
        } else {
          rep.append(NormAct.of(next, activation)).append(new Identity()); // timm counts the ReLU
        }
        channels = next;
      }
      if (row.stride() != 1) {
        rep.append(MaxPool2d.of(3, row.stride()).withPadding(Padding.of(1)));
      }
      this.dropPath = child("drop_path", dropPath);
    }

    @Override
    protected Tensor compute(Tensor x) {
      return dropPath.forward(rep.forward(x)).add(shortcut.forward(x));
    }
  }
}
