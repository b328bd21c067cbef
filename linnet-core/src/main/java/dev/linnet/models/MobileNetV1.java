package dev.linnet.models;

import static dev.linnet.models.Parts.Part.ACTIVATION;
import static dev.linnet.models.Parts.Part.OUTPUT_STRIDE;
import static dev.linnet.models.Parts.Part.PADDING;
import static dev.linnet.models.Parts.Part.SQUEEZE_EXCITE;
import static dev.linnet.models.Parts.Part.WIDTH;

import dev.linnet.base.Check;
import dev.linnet.models.MobilePlan.Row;
import dev.linnet.models.MobilePlan.Scaling;
import dev.linnet.models.MobilePlan.Stage;
import dev.linnet.tensor.Nonlinearity;
import java.util.List;

/**
 * MobileNet v1: depthwise separable convolutions one after the other, without shortcuts.
 *
 * <p>Howard et al., arXiv:1704.04861 (Table 1). Two deviations, shared with timm: ReLU6 in the
 * place of ReLU, as in the authors' code, and stride 1 in the last block, where the table's stride
 * 2 keeps the size and can only be a slip.
 */
final class MobileNetV1 {
  private MobileNetV1() {}

  /**
   * A variant of Table 1.
   *
   * @param width factor on the channels (the paper's α), above 0
   */
  record Config(double width) {
    Config {
      Check.that(width > 0, "width", width, "above 0");
    }
  }

  private static final int STEM = 32;

  /** Kernel, channels; repeats; stride. */
  private static final List<Stage> TABLE_1 =
      List.of(
          Stage.of(Row.separable(3, 64)),
          Stage.of(Row.separable(3, 128).times(2).stride(2)),
          Stage.of(Row.separable(3, 256).times(2).stride(2)),
          Stage.of(Row.separable(3, 512).times(6).stride(2)),
          Stage.of(Row.separable(3, 1024).times(2).stride(2)));

  /** Every name that this file adds to the zoo. */
  static final Family<Config> FAMILY =
      Family.of("mobilenetv1", MobileNetV1::network)
          .takes(ACTIVATION, PADDING, SQUEEZE_EXCITE, WIDTH, OUTPUT_STRIDE)
          .model("mobilenetv1_100", new Config(1), at(0.875))
          .model("mobilenetv1_125", new Config(1.25), at(0.9));

  private static Published at(double cropPct) {
    return Published.timm(Preprocessing.INCEPTION.withCropPct(cropPct));
  }

  private static Classifier network(Config config, ModelOptions options) {
    Scaling scaling = Scaling.of(options.width(config.width()), 1);
    MobilePlan plan =
        MobilePlan.of(scaling.channels(STEM), scaling.stages(TABLE_1))
            .activation(Nonlinearity.RELU6);
    return new MobileNetwork(plan, options);
  }
}
