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
import java.util.List;

/**
 * MnasNet: inverted residuals searched for accuracy and for the time they take on a phone.
 *
 * <p>Tan et al., CVPR 2019, arXiv:1807.11626 (A1: Fig. 7, with squeeze-and-excitation; B1 and the
 * small one: the authors' code, tensorflow/tpu {@code models/official/mnasnet}). timm names B1
 * {@code mnasnet} and A1 {@code semnasnet}. The last 1×1 keeps 1280 channels at any width.
 */
final class MnasNet {
  private MnasNet() {}

  /**
   * A searched network, of some width.
   *
   * @param table its stages
   * @param stem channels after the first 3×3, at width 1
   * @param width factor on the channels (the paper's depth multiplier), above 0
   */
  record Config(List<Stage> table, int stem, double width) {
    Config {
      table = List.copyOf(table);
      Check.that(stem >= 1, "stem", stem, "at least 1");
      Check.that(width > 0, "width", width, "above 0");
    }

    static Config a1(double width) {
      return new Config(A1, 32, width);
    }

    static Config b1(double width) {
      return new Config(B1, 32, width);
    }

    static Config small() {
      return new Config(SMALL, 8, 1);
    }
  }

  private static final int FEATURES = 1280;

  /** Fig. 7; expansion 1 is its SepConv. */
  private static final List<Stage> A1 =
      List.of(
          Stage.of(Row.inverted(1, 3, 16).noShortcut()),
          Stage.of(Row.inverted(6, 3, 24).times(2).stride(2)),
          Stage.of(Row.inverted(3, 5, 40).times(3).stride(2).se()),
          Stage.of(Row.inverted(6, 3, 80).times(4).stride(2)),
          Stage.of(Row.inverted(6, 3, 112).times(2).se()),
          Stage.of(Row.inverted(6, 5, 160).times(3).stride(2).se()),
          Stage.of(Row.inverted(6, 3, 320)));

  private static final List<Stage> B1 =
      List.of(
          Stage.of(Row.inverted(1, 3, 16).noShortcut()),
          Stage.of(Row.inverted(3, 3, 24).times(3).stride(2)),
          Stage.of(Row.inverted(3, 5, 40).times(3).stride(2)),
          Stage.of(Row.inverted(6, 5, 80).times(3).stride(2)),
          Stage.of(Row.inverted(6, 3, 96).times(2)),
          Stage.of(Row.inverted(6, 5, 192).times(4).stride(2)),
          Stage.of(Row.inverted(6, 3, 320).noShortcut()));

  private static final List<Stage> SMALL =
      List.of(
          Stage.of(Row.inverted(1, 3, 8)),
          Stage.of(Row.inverted(3, 3, 16).stride(2)),
          Stage.of(Row.inverted(6, 3, 16).times(2).stride(2)),
          Stage.of(Row.inverted(6, 5, 32).times(4).stride(2).se()),
          Stage.of(Row.inverted(6, 3, 32).times(3).se()),
          Stage.of(Row.inverted(6, 5, 88).times(3).stride(2).se()),
          Stage.of(Row.inverted(6, 3, 144)));

  private static final Published IMAGENET = Published.timm(Preprocessing.IMAGENET);

  /** Every name that this file adds to the zoo. */
  static final Family<Config> FAMILY =
      Family.of("mnasnet", MnasNet::network)
          .takes(ACTIVATION, PADDING, SQUEEZE_EXCITE, WIDTH, OUTPUT_STRIDE)
          .model("mnasnet_small", Config.small(), IMAGENET)
          .model("mnasnet_050", Config.b1(0.5), IMAGENET)
          .model("mnasnet_075", Config.b1(0.75), IMAGENET)
          .model("mnasnet_100", Config.b1(1), IMAGENET)
          .model("mnasnet_140", Config.b1(1.4), IMAGENET)
          .model("semnasnet_050", Config.a1(0.5), IMAGENET)
          .model("semnasnet_075", Config.a1(0.75), IMAGENET)
          .model("semnasnet_100", Config.a1(1), IMAGENET)
          .model("semnasnet_140", Config.a1(1.4), IMAGENET);

  private static Classifier network(Config config, ModelOptions options) {
    Scaling scaling = Scaling.of(options.width(config.width()), 1);
    MobilePlan plan =
        MobilePlan.of(scaling.channels(config.stem()), scaling.stages(config.table()))
            .neck(Neck.BEFORE_POOLING, FEATURES);
    return new MobileNetwork(plan, options);
  }
}
