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
import java.util.stream.Stream;

/**
 * EfficientNet v2: fused blocks first, inverted residuals with squeeze-and-excitation after them,
 * searched for the time of training.
 *
 * <p>Tan and Le, ICML 2021, arXiv:2104.00298 (S: Table 4; M, L and B0 to B3: the authors' code,
 * google/automl {@code efficientnetv2}). The names with {@code rw} are timm's own networks, after
 * the paper's table before its code was there: their first blocks are fused, not plain
 * convolutions. Names with {@code tf_} go with the authors' weights.
 */
final class EfficientNetV2 {
  private EfficientNetV2() {}

  /**
   * A searched network.
   *
   * @param stem channels after the first 3×3
   * @param stages the blocks
   * @param features channels of the last 1×1
   * @param limit share of a scaled number of channels below which it is rounded up; 0: never
   */
  record Table(int stem, List<Stage> stages, int features, double limit) {
    Table {
      stages = List.copyOf(stages);
      Check.that(stem >= 1, "stem", stem, "at least 1");
      Check.that(features >= 1, "features", features, "at least 1");
    }
  }

  /**
   * A searched network and what it is multiplied with.
   *
   * @param table the network
   * @param width factor on the channels, above 0
   * @param depth factor on the blocks of each stage but the last two, above 0
   * @param lateDepth factor on the blocks of the last two stages, above 0
   * @param origin whose convolutions and norms
   */
  record Config(Table table, double width, double depth, double lateDepth, Origin origin) {
    Config {
      Check.that(width > 0, "width", width, "above 0");
    }

    static Config of(Table table) {
      return new Config(table, 1, 1, 1, Origin.TORCH);
    }

    Config scaled(double width, double depth, double lateDepth) {
      return new Config(table, width, depth, lateDepth, origin);
    }

    Config tf() {
      return new Config(table, width, depth, lateDepth, Origin.TENSORFLOW);
    }
  }

  private static final int LATE = 2;

  /** Table 4. */
  private static final Table S =
      new Table(
          24,
          List.of(
              Stage.of(Row.conv(3, 24).times(2)),
              Stage.of(Row.fused(4, 3, 48).times(4).stride(2)),
              Stage.of(Row.fused(4, 3, 64).times(4).stride(2)),
              Stage.of(Row.inverted(4, 3, 128).times(6).stride(2).se()),
              Stage.of(Row.inverted(6, 3, 160).times(9).se()),
              Stage.of(Row.inverted(6, 3, 256).times(15).stride(2).se())),
          1280,
          0.9);

  private static final Table M =
      new Table(
          24,
          List.of(
              Stage.of(Row.conv(3, 24).times(3)),
              Stage.of(Row.fused(4, 3, 48).times(5).stride(2)),
              Stage.of(Row.fused(4, 3, 80).times(5).stride(2)),
              Stage.of(Row.inverted(4, 3, 160).times(7).stride(2).se()),
              Stage.of(Row.inverted(6, 3, 176).times(14).se()),
              Stage.of(Row.inverted(6, 3, 304).times(18).stride(2).se()),
              Stage.of(Row.inverted(6, 3, 512).times(5).se())),
          1280,
          0.9);

  private static final Table L =
      new Table(
          32,
          List.of(
              Stage.of(Row.conv(3, 32).times(4)),
              Stage.of(Row.fused(4, 3, 64).times(7).stride(2)),
              Stage.of(Row.fused(4, 3, 96).times(7).stride(2)),
              Stage.of(Row.inverted(4, 3, 192).times(10).stride(2).se()),
              Stage.of(Row.inverted(6, 3, 224).times(19).se()),
              Stage.of(Row.inverted(6, 3, 384).times(25).stride(2).se()),
              Stage.of(Row.inverted(6, 3, 640).times(7).se())),
          1280,
          0.9);

  /** B0; its channels are rounded to the nearest multiple of 8 when they are scaled. */
  private static final Table B =
      new Table(
          32,
          List.of(
              Stage.of(Row.conv(3, 16)),
              Stage.of(Row.fused(4, 3, 32).times(2).stride(2)),
              Stage.of(Row.fused(4, 3, 48).times(2).stride(2)),
              Stage.of(Row.inverted(4, 3, 96).times(3).stride(2).se()),
              Stage.of(Row.inverted(6, 3, 112).times(5).se()),
              Stage.of(Row.inverted(6, 3, 192).times(8).stride(2).se())),
          1280,
          0);

  /** timm's: S but for the first stage, the last stage and the last 1×1. */
  private static final Table RW =
      new Table(
          24,
          Stream.of(
                  Stream.of(Stage.of(Row.fused(1, 3, 24).times(2))),
                  S.stages().subList(1, 5).stream(),
                  Stream.of(Stage.of(Row.inverted(6, 3, 272).times(15).stride(2).se())))
              .flatMap(stages -> stages)
              .toList(),
          1792,
          0.9);

  /** Every name that this file adds to the zoo. */
  static final Family<Config> FAMILY =
      Family.of("efficientnetv2", EfficientNetV2::network)
          .takes(ACTIVATION, PADDING, SQUEEZE_EXCITE, WIDTH, OUTPUT_STRIDE)
          .model("efficientnetv2_s", Config.of(S), at(288, 1))
          .model("efficientnetv2_m", Config.of(M), at(320, 1))
          .model("efficientnetv2_l", Config.of(L), at(384, 1))
          .model("efficientnetv2_rw_t", Config.of(S).scaled(0.8, 0.9, 0.9), at(224, 1))
          .model("efficientnetv2_rw_s", Config.of(RW), at(288, 1))
          .model("efficientnetv2_rw_m", Config.of(RW).scaled(1.2, 1.2, 1.6), at(320, 1))
          .model("tf_efficientnetv2_s", Config.of(S).tf(), half(300, 1))
          .model("tf_efficientnetv2_m", Config.of(M).tf(), squashed(384, 1))
          .model("tf_efficientnetv2_l", Config.of(L).tf(), squashed(384, 1))
          .model("tf_efficientnetv2_b0", Config.of(B).tf(), at(192, 0.875))
          .model("tf_efficientnetv2_b1", Config.of(B).scaled(1, 1.1, 1.1).tf(), at(192, 0.882))
          .model("tf_efficientnetv2_b2", Config.of(B).scaled(1.1, 1.2, 1.2).tf(), at(208, 0.89))
          .model(
              "tf_efficientnetv2_b3", Config.of(B).scaled(1.2, 1.4, 1.4).tf(), squashed(240, 0.9));

  private static Published at(int side, double cropPct) {
    return Published.timm(Preprocessing.IMAGENET.at(side, cropPct));
  }

  private static Published half(int side, double cropPct) {
    return Published.timm(Preprocessing.INCEPTION.at(side, cropPct));
  }

  private static Published squashed(int side, double cropPct) {
    return Published.timm(Preprocessing.INCEPTION.at(side, cropPct).squashed());
  }

  private static Classifier network(Config config, ModelOptions options) {
    Table table = config.table();
    double width = options.width(config.width());
    Scaling early = new Scaling(width, config.depth(), table.limit());
    Scaling late = new Scaling(width, config.lateDepth(), table.limit());
    int first = table.stages().size() - LATE;
    List<Stage> stages =
        Stream.concat(
                early.stages(table.stages().subList(0, first)).stream(),
                late.stages(table.stages().subList(first, first + LATE)).stream())
            .toList();
    MobilePlan plan =
        MobilePlan.of(early.channels(table.stem()), stages)
            .neck(Neck.BEFORE_POOLING, early.channels(table.features()))
            .activation(Nonlinearity.SILU)
            .origin(config.origin());
    return new MobileNetwork(plan, options);
  }
}
