package dev.linnet.models;

import dev.linnet.models.MobilePlan.Neck;
import dev.linnet.models.MobilePlan.Row;
import dev.linnet.nn.Conv2d;
import dev.linnet.nn.DropPath;
import dev.linnet.nn.Identity;
import dev.linnet.nn.Initializer;
import dev.linnet.nn.Linear;
import dev.linnet.nn.Module;
import dev.linnet.nn.NormAct;
import dev.linnet.nn.Padding;
import dev.linnet.nn.Sequential;
import dev.linnet.tensor.Nonlinearity;
import dev.linnet.tensor.Tensor;

/**
 * The network that MobileNets, MnasNets and EfficientNets share: a 3×3 of stride 2, stages of
 * blocks, a 1×1 and a linear layer. Their tables are in {@link MobileNetV1}, {@link MobileNetV2},
 * {@link MobileNetV3}, {@link MnasNet}, {@link EfficientNet}, {@link EfficientNetLite} and {@link
 * EfficientNetV2}.
 *
 * <p>State names and order: timm {@code efficientnet.py} and {@code mobilenetv3.py}, also where a
 * paper's own code has others. As there, convolutions start normal with variance 2 / fan out,
 * counted within a group, and the linear layer uniform in ±1/√classes.
 */
final class MobileNetwork extends Classifier {
  private final Conv2d convStem;
  private final NormAct bn1;
  private final Sequential blocks;
  private final Neck neck;
  private final Module convHead;
  private final Module bn2;
  private final Nonlinearity activation;

  MobileNetwork(MobilePlan plan, ModelOptions options) {
    super(options);
    activation = options.activation(plan.activation());
    Padding padding = options.padding(plan.origin().padding());
    convStem =
        child(
            "conv_stem",
            Conv2d.of(options.inChannels(), plan.stem(), 3)
                .withStride(2)
                .withPadding(padding)
                .withoutBias());
    bn1 = child("bn1", NormAct.of(plan.stem(), activation).withEps(plan.origin().eps()));
    blocks = child("blocks", new Sequential());
    int channels = build(plan, options);
    neck = plan.neck();
    Conv2d.Spec last = Conv2d.of(channels, plan.features(), 1);
    NormAct.Spec norm = NormAct.of(plan.features(), activation).withEps(plan.origin().eps());
    convHead =
        child(
            "conv_head",
            switch (neck) {
              case NONE -> new Identity();
              case BEFORE_POOLING -> last.withoutBias().build();
              case AFTER_POOLING -> last.build();
            });
    bn2 = child("bn2", neck == Neck.BEFORE_POOLING ? norm.build() : new Identity());
    head(
        "classifier",
        new Head.OfLinear(
            Linear.of(plan.features(), options.classes())
                .withStart(Initializer.UNIFORM_FAN_OUT, Initializer.ZEROS)));
  }

  @Override
  Layers layerNames() {
    return neck == Neck.BEFORE_POOLING ? Layers.USUAL.joining("conv_head|bn2") : Layers.USUAL;
  }

  /** Builds the blocks and returns the channels of the last. */
  private int build(MobilePlan plan, ModelOptions options) {
    if (plan.stages().get(0).stride() > 1) {
      level("bn1", plan.stem(), 2);
    }
    int channels = plan.stem();
    int count = plan.blocks();
    int number = 0;
    int resolution = 2;
    int dilation = 1;
    for (int stage = 0; stage < plan.stages().size(); stage++) {
      Sequential stack = new Sequential();
      blocks.append(stack);
      for (Row row : plan.stages().get(stage).rows()) {
        for (int i = 0; i < row.repeats(); i++) {
          int stride = i == 0 ? row.stride() : 1;
          int before = dilation;
          if (resolution * stride > options.outputStride()) {
            dilation *= stride;
            stride = 1;
          }
          resolution *= stride;
          // as in timm and the authors' code, the last block's rate stays below the network's
          DropPath dropPath = new DropPath(options.dropPathRate() * number++ / count);
          stack.append(
              new BlockSite(channels, row, stride, before, dropPath, plan, options).block());
          channels = row.channels();
        }
      }
      if (endsLevel(plan, stage)) {
        level("blocks." + stage, channels, resolution);
      }
    }
    return channels;
  }

  /** Whether the next stage halves the maps, or there is none. */
  private static boolean endsLevel(MobilePlan plan, int stage) {
    return stage == plan.stages().size() - 1 || plan.stages().get(stage + 1).stride() > 1;
  }

  /**
   * Maps [N, inChannels, H, W] to [N, C, ⌈H/32⌉, ⌈W/32⌉], where C is {@link #numFeatures} if the
   * last 1×1 stands before the pooling, else the last stage's channels.
   */
  @Override
  public Tensor features(Tensor x) {
    Tensor y = blocks.forward(bn1.forward(convStem, x));
    return neck == Neck.BEFORE_POOLING ? bn2.forward(convHead.forward(y)) : y;
  }

  /** The mean of each map; where the last 1×1 stands after it, also that and its activation. */
  @Override
  public Tensor pool(Tensor features) {
    Tensor means = super.pool(features);
    if (neck != Neck.AFTER_POOLING) {
      return means;
    }
    Tensor y = convHead.forward(means.unsqueeze(-1).unsqueeze(-1));
    return activation.apply(y).flatten(1);
  }
}
