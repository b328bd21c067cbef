package dev.linnet.models;

import static dev.linnet.models.Parts.Part.ACTIVATION;
import static dev.linnet.models.Parts.Part.OUTPUT_STRIDE;
import static dev.linnet.models.Parts.Part.PADDING;
import static dev.linnet.models.Parts.Part.SQUEEZE_EXCITE;
import static dev.linnet.models.Parts.Part.WIDTH;

import dev.linnet.base.Check;
import dev.linnet.models.MobilePlan.Neck;
import dev.linnet.models.MobilePlan.Origin;
import dev.linnet.models.MobilePlan.Row;
import dev.linnet.models.MobilePlan.Scaling;
import dev.linnet.models.MobilePlan.Squeeze;
import dev.linnet.models.MobilePlan.Stage;
import dev.linnet.tensor.Nonlinearity;
import java.util.List;

/**
 * MobileNet v3: searched inverted residuals with h-swish and squeeze-and-excitation, whose last 1×1
 * stands after the pooling.
 *
 * <p>Howard et al., ICCV 2019, arXiv:1905.02244 (Tables 1 and 2). Shared with timm: the 1×1 after
 * the pooling does not grow with the width, nor does the stem below 0.75; expansions are ratios,
 * rounded to multiples of 8. Names with {@code tf_} go with the authors' weights.
 */
final class MobileNetV3 {
  private MobileNetV3() {}

  /**
   * A network of the paper, of some width.
   *
   * @param table its stages
   * @param features channels of the 1×1 after the pooling
   * @param width factor on the channels, above 0
   * @param origin whose convolutions and norms
   */
  record Config(List<Stage> table, int features, double width, Origin origin) {
    Config {
      table = List.copyOf(table);
      Check.that(features >= 1, "features", features, "at least 1");
      Check.that(width > 0, "width", width, "above 0");
    }

    static Config large(double width) {
      return new Config(TABLE_1, 1280, width, Origin.TORCH);
    }

    static Config small(double width) {
      return new Config(TABLE_2, 1024, width, Origin.TORCH);
    }

    Config tf() {
      return new Config(table, features, width, Origin.TENSORFLOW);
    }
  }

  private static final int STEM = 16;

  /** Below it the stem keeps its channels. */
  private static final double NARROW = 0.75;

  /** Large: expansion, kernel, channels; h-swish where nothing else stands. */
  private static final List<Stage> TABLE_1 =
      List.of(
          Stage.of(Row.inverted(1, 3, 16).relu()),
          Stage.of(Row.inverted(4, 3, 24).stride(2).relu(), Row.inverted(3, 3, 24).relu()),
          Stage.of(Row.inverted(3, 5, 40).times(3).stride(2).se().relu()),
          Stage.of(
              Row.inverted(6, 3, 80).stride(2),
              Row.inverted(2.5, 3, 80),
              Row.inverted(2.3, 3, 80).times(2)),
          Stage.of(Row.inverted(6, 3, 112).times(2).se()),
          Stage.of(Row.inverted(6, 5, 160).times(3).stride(2).se()),
          Stage.of(Row.conv(1, 960).noShortcut()));

  /** Small. */
  private static final List<Stage> TABLE_2 =
      List.of(
          Stage.of(Row.inverted(1, 3, 16).stride(2).se().relu()),
          Stage.of(Row.inverted(4.5, 3, 24).stride(2).relu(), Row.inverted(3.67, 3, 24).relu()),
          Stage.of(Row.inverted(4, 5, 40).stride(2).se(), Row.inverted(6, 5, 40).times(2).se()),
          Stage.of(Row.inverted(3, 5, 48).times(2).se()),
          Stage.of(Row.inverted(6, 5, 96).times(3).stride(2).se()),
          Stage.of(Row.conv(1, 576).noShortcut()));

  private static final Published BICUBIC = Published.timm(Preprocessing.IMAGENET);
  private static final Published BILINEAR =
      Published.timm(Preprocessing.IMAGENET.withInterpolation("bilinear"));
  private static final Published AUTHORS =
      Published.timm(Preprocessing.INCEPTION.withInterpolation("bilinear"));

  /** Every name that this file adds to the zoo. */
  static final Family<Config> FAMILY =
      Family.of("mobilenetv3", MobileNetV3::network)
          .takes(ACTIVATION, PADDING, SQUEEZE_EXCITE, WIDTH, OUTPUT_STRIDE)
          .model("mobilenetv3_small_050", Config.small(0.5), BICUBIC)
          .model("mobilenetv3_small_075", Config.small(0.75), BICUBIC)
          .model("mobilenetv3_small_100", Config.small(1), BICUBIC)
          .model("mobilenetv3_large_075", Config.large(0.75), BILINEAR)
          .model("mobilenetv3_large_100", Config.large(1), BICUBIC)
          .model("tf_mobilenetv3_small_100", Config.small(1).tf(), AUTHORS)
          .model("tf_mobilenetv3_large_100", Config.large(1).tf(), AUTHORS);

  private static Classifier network(Config config, ModelOptions options) {
    Scaling scaling = Scaling.of(options.width(config.width()), 1);
    int stem = scaling.width() < NARROW ? STEM : scaling.channels(STEM);
    MobilePlan plan =
        MobilePlan.of(stem, scaling.stages(config.table()))
            .neck(Neck.AFTER_POOLING, config.features())
            .activation(Nonlinearity.HARDSWISH)
            .squeeze(Squeeze.OF_EXPANDED)
            .origin(config.origin());
    return new MobileNetwork(plan, options);
  }
}
