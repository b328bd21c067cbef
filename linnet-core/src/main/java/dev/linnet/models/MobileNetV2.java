package dev.linnet.models;

import static dev.linnet.models.Parts.Part.ACTIVATION;
import static dev.linnet.models.Parts.Part.OUTPUT_STRIDE;
import static dev.linnet.models.Parts.Part.PADDING;
import static dev.linnet.models.Parts.Part.SQUEEZE_EXCITE;
import static dev.linnet.models.Parts.Part.WIDTH;

import dev.linnet.base.Check;
import dev.linnet.models.MobilePlan.Neck;
import dev.linnet.models.MobilePlan.Row;
import dev.linnet.models.MobilePlan.Scaling;
import dev.linnet.models.MobilePlan.Stage;
import dev.linnet.tensor.Nonlinearity;
import java.util.List;

/**
 * MobileNet v2: inverted residuals, whose shortcuts join thin linear bottlenecks.
 *
 * <p>Sandler et al., CVPR 2018, arXiv:1801.04381 (Table 2). The last 1×1 keeps 1280 channels in
 * narrower networks, as in the paper. The names with {@code d} are timm's deeper ones, whose stem
 * and last 1×1 do not grow.
 */
final class MobileNetV2 {
  private MobileNetV2() {}

  /**
   * A variant of Table 2.
   *
   * @param width factor on the channels (the paper's α), above 0
   * @param depth factor on the blocks of the inner stages, above 0
   * @param fixedEnds whether stem, last 1×1, and the depth of the first and last stage stay
   */
  record Config(double width, double depth, boolean fixedEnds) {
    Config {
      Check.that(width > 0, "width", width, "above 0");
      Check.that(depth > 0, "depth", depth, "above 0");
    }

    static Config width(double width) {
      return new Config(width, 1, false);
    }

    static Config fixedEnds(double width, double depth) {
      return new Config(width, depth, true);
    }
  }

  private static final int STEM = 32;
  private static final int FEATURES = 1280;

  /** Expansion t, kernel, channels c; repeats n; stride s. */
  private static final List<Stage> TABLE_2 =
      List.of(
          Stage.of(Row.inverted(1, 3, 16)),
          Stage.of(Row.inverted(6, 3, 24).times(2).stride(2)),
          Stage.of(Row.inverted(6, 3, 32).times(3).stride(2)),
          Stage.of(Row.inverted(6, 3, 64).times(4).stride(2)),
          Stage.of(Row.inverted(6, 3, 96).times(3)),
          Stage.of(Row.inverted(6, 3, 160).times(3).stride(2)),
          Stage.of(Row.inverted(6, 3, 320)));

  private static final Published IMAGENET = Published.timm(Preprocessing.IMAGENET);

  /** Every name that this file adds to the zoo. */
  static final Family<Config> FAMILY =
      Family.of("mobilenetv2", MobileNetV2::network)
          .takes(ACTIVATION, PADDING, SQUEEZE_EXCITE, WIDTH, OUTPUT_STRIDE)
          .model("mobilenetv2_035", Config.width(0.35), IMAGENET)
          .model("mobilenetv2_050", Config.width(0.5), IMAGENET)
          .model("mobilenetv2_075", Config.width(0.75), IMAGENET)
          .model("mobilenetv2_100", Config.width(1), IMAGENET)
          .model("mobilenetv2_140", Config.width(1.4), IMAGENET)
          .model("mobilenetv2_110d", Config.fixedEnds(1.1, 1.2), IMAGENET)
          .model("mobilenetv2_120d", Config.fixedEnds(1.2, 1.4), IMAGENET);

  private static Classifier network(Config config, ModelOptions options) {
    Scaling scaling = Scaling.of(options.width(config.width()), config.depth());
    MobilePlan plan =
        config.fixedEnds()
            ? MobilePlan.of(STEM, scaling.innerStages(TABLE_2)).neck(Neck.BEFORE_POOLING, FEATURES)
            : MobilePlan.of(scaling.channels(STEM), scaling.stages(TABLE_2))
                .neck(Neck.BEFORE_POOLING, Math.max(FEATURES, scaling.channels(FEATURES)));
    return new MobileNetwork(plan.activation(Nonlinearity.RELU6), options);
  }
}
