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
import dev.linnet.models.MobilePlan.Stage;
import dev.linnet.tensor.Nonlinearity;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.UnaryOperator;

/**
 * EfficientNet: one searched network, scaled in width, depth and resolution together.
 *
 * <p>Tan and Le, ICML 2019, arXiv:1905.11946 (Table 1; §3.3 for the scaling). The factors of B1 to
 * B7 are those of the authors' code; the paper gives their bases, α = 1.2 and β = 1.1. Names with
 * {@code tf_} go with the authors' weights.
 */
final class EfficientNet {
  private EfficientNet() {}

  /**
   * What B0 is multiplied with.
   *
   * @param width factor on the channels, above 0
   * @param depth factor on the blocks of each stage, above 0
   * @param origin whose convolutions and norms
   */
  record Config(double width, double depth, Origin origin) {
    Config {
      Check.that(width > 0, "width", width, "above 0");
      Check.that(depth > 0, "depth", depth, "above 0");
    }

    static Config of(double width, double depth) {
      return new Config(width, depth, Origin.TORCH);
    }

    Config tf() {
      return new Config(width, depth, Origin.TENSORFLOW);
    }
  }

  private static final int STEM = 32;
  private static final int FEATURES = 1280;

  /** B0: MBConv with its expansion, kernel and channels; layers; stride. */
  static final List<Stage> TABLE_1 =
      List.of(
          Stage.of(Row.inverted(1, 3, 16).se()),
          Stage.of(Row.inverted(6, 3, 24).times(2).stride(2).se()),
          Stage.of(Row.inverted(6, 5, 40).times(2).stride(2).se()),
          Stage.of(Row.inverted(6, 3, 80).times(3).stride(2).se()),
          Stage.of(Row.inverted(6, 5, 112).times(3).se()),
          Stage.of(Row.inverted(6, 5, 192).times(4).stride(2).se()),
          Stage.of(Row.inverted(6, 3, 320).se()));

  /** Of torchvision. */
  private static final List<String> STAGES = List.of("1", "2", "3", "4", "5", "6", "7");

  private static final Map<String, String> FIRST_STAGE =
      Map.of(
          "0.0", "conv_dw",
          "0.1", "bn1",
          "1.fc1", "se.conv_reduce",
          "1.fc2", "se.conv_expand",
          "2.0", "conv_pw",
          "2.1", "bn2");
  private static final Map<String, String> OTHERS =
      Map.of(
          "0.0", "conv_pw",
          "0.1", "bn1",
          "1.0", "conv_dw",
          "1.1", "bn2",
          "2.fc1", "se.conv_reduce",
          "2.fc2", "se.conv_expand",
          "3.0", "conv_pwl",
          "3.1", "bn3");

  private static final Config B0 = Config.of(1.0, 1.0);
  private static final Config B1 = Config.of(1.0, 1.1);
  private static final Config B2 = Config.of(1.1, 1.2);
  private static final Config B3 = Config.of(1.2, 1.4);
  private static final Config B4 = Config.of(1.4, 1.8);
  private static final Config B5 = Config.of(1.6, 2.2);
  private static final Config B6 = Config.of(1.8, 2.6);
  private static final Config B7 = Config.of(2.0, 3.1);

  /** Every name that this file adds to the zoo. */
  static final Family<Config> FAMILY =
      Family.of("efficientnet", EfficientNet::network)
          .takes(ACTIVATION, PADDING, SQUEEZE_EXCITE, WIDTH, OUTPUT_STRIDE)
          .names(EfficientNet::ofTorchvision)
          .model("efficientnet_b0", B0, at(224, 0.875))
          .model("efficientnet_b1", B1, Published.timm(Preprocessing.INCEPTION.at(240, 0.9)))
          .model("efficientnet_b2", B2, at(256, 0.875))
          .model("efficientnet_b3", B3, at(288, 0.875))
          .model("efficientnet_b4", B4, at(320, 0.875))
          .names(UnaryOperator.identity()) // torchvision's have an epsilon of 1e-3 from here on
          .model(
              "efficientnet_b5", B5, Published.timm(Preprocessing.IMAGENET.at(448, 1).squashed()))
          .model("efficientnet_b6", B6, at(528, 0.942))
          .model("efficientnet_b7", B7, at(600, 0.949))
          .model("tf_efficientnet_b0", B0.tf(), at(224, 0.875))
          .model("tf_efficientnet_b1", B1.tf(), at(240, 0.882))
          .model("tf_efficientnet_b2", B2.tf(), at(260, 0.89))
          .model("tf_efficientnet_b3", B3.tf(), at(300, 0.904))
          .model("tf_efficientnet_b4", B4.tf(), at(380, 0.922))
          .model("tf_efficientnet_b5", B5.tf(), at(456, 0.934))
          .model("tf_efficientnet_b6", B6.tf(), at(528, 0.942))
          .model("tf_efficientnet_b7", B7.tf(), at(600, 0.949));

  private static Published at(int side, double cropPct) {
    return Published.timm(Preprocessing.IMAGENET.at(side, cropPct));
  }

  private static Classifier network(Config config, ModelOptions options) {
    Scaling scaling = Scaling.of(options.width(config.width()), config.depth());
    MobilePlan plan =
        MobilePlan.of(scaling.channels(STEM), scaling.stages(TABLE_1))
            .neck(Neck.BEFORE_POOLING, scaling.channels(FEATURES))
            .activation(Nonlinearity.SILU)
            .origin(config.origin());
    return new MobileNetwork(plan, options);
  }

  /** Torchvision counts what timm names: stages from 1, and the layers of each block. */
  private static String ofTorchvision(String name) {
    String[] parts = name.split("\\.", -1);
    if (parts[0].equals("classifier") && parts.length == 3) {
      return "classifier." + parts[2];
    }
    if (!parts[0].equals("features") || parts.length < 4) {
      return name;
    }
    String last = parts[parts.length - 1];
    return switch (parts[1]) {
      case "0" -> parts[2].equals("0") ? "conv_stem." + last : "bn1." + last;
      case "8" -> parts[2].equals("0") ? "conv_head." + last : "bn2." + last;
      default -> ofBlock(parts).map(layer -> layer + "." + last).orElse(name);
    };
  }

  /** Of features.STAGE.NUMBER.block.LAYER.PART; the first stage has no expansion. */
  private static Optional<String> ofBlock(String[] parts) {
    if (parts.length != 7 || !STAGES.contains(parts[1])) {
      return Optional.empty();
    }
    Map<String, String> layers = parts[1].equals(STAGES.get(0)) ? FIRST_STAGE : OTHERS;
    String layer = layers.get(parts[4] + "." + parts[5]);
    String block = "blocks." + STAGES.indexOf(parts[1]) + "." + parts[2] + ".";
    return Optional.ofNullable(layer).map(block::concat);
  }
}
