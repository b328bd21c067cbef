package dev.linnet.models;

import static dev.linnet.models.Parts.Part.ACTIVATION;
import static dev.linnet.models.Parts.Part.OUTPUT_STRIDE;
import static dev.linnet.models.Parts.Part.PADDING;
import static dev.linnet.models.Parts.Part.SQUEEZE_EXCITE;
import static dev.linnet.models.Parts.Part.WIDTH;

import dev.linnet.models.MobilePlan.Neck;
import dev.linnet.models.MobilePlan.Row;
import dev.linnet.models.MobilePlan.Scaling;
import dev.linnet.models.MobilePlan.Stage;
import dev.linnet.tensor.Nonlinearity;
import java.util.List;

/**
 * EfficientNet-Lite: EfficientNet for processors that compute in whole numbers. ReLU6 in the place
 * of Swish, no squeeze-and-excitation; stem, last 1×1, and the depth of the first and last stage
 * are not scaled.
 *
 * <p>The authors' code, tensorflow/tpu {@code models/official/efficientnet/lite}, 2020; no paper.
 * The rest is Tan and Le, ICML 2019, arXiv:1905.11946 (Table 1). Names with {@code tf_} go with the
 * authors' weights.
 */
final class EfficientNetLite {
  private EfficientNetLite() {}

  private static final int STEM = 32;
  private static final int FEATURES = 1280;

  private static final List<Stage> TABLE_1 =
      EfficientNet.TABLE_1.stream()
          .map(stage -> new Stage(stage.rows().stream().map(Row::noSe).toList()))
          .toList();

  private static final EfficientNet.Config LITE0 = EfficientNet.Config.of(1.0, 1.0);
  private static final EfficientNet.Config LITE1 = EfficientNet.Config.of(1.0, 1.1);
  private static final EfficientNet.Config LITE2 = EfficientNet.Config.of(1.1, 1.2);
  private static final EfficientNet.Config LITE3 = EfficientNet.Config.of(1.2, 1.4);
  private static final EfficientNet.Config LITE4 = EfficientNet.Config.of(1.4, 1.8);

  /** Every name that this file adds to the zoo. */
  static final Family<EfficientNet.Config> FAMILY =
      Family.of("efficientnet_lite", EfficientNetLite::network)
          .takes(ACTIVATION, PADDING, SQUEEZE_EXCITE, WIDTH, OUTPUT_STRIDE)
          .model("efficientnet_lite0", LITE0, timm(Preprocessing.IMAGENET.at(224, 0.875)))
          .model("efficientnet_lite1", LITE1, timm(Preprocessing.IMAGENET.at(240, 0.882)))
          .model("efficientnet_lite2", LITE2, timm(Preprocessing.IMAGENET.at(260, 0.89)))
          .model("efficientnet_lite3", LITE3, timm(Preprocessing.IMAGENET.at(300, 0.904)))
          .model("efficientnet_lite4", LITE4, timm(Preprocessing.IMAGENET.at(380, 0.922)))
          .model("tf_efficientnet_lite0", LITE0.tf(), timm(Preprocessing.INCEPTION.at(224, 0.875)))
          .model("tf_efficientnet_lite1", LITE1.tf(), timm(Preprocessing.INCEPTION.at(240, 0.882)))
          .model("tf_efficientnet_lite2", LITE2.tf(), timm(Preprocessing.INCEPTION.at(260, 0.89)))
          .model("tf_efficientnet_lite3", LITE3.tf(), bilinear(300, 0.904))
          .model("tf_efficientnet_lite4", LITE4.tf(), bilinear(380, 0.92));

  private static Published timm(Preprocessing preprocessing) {
    return Published.timm(preprocessing);
  }

  private static Published bilinear(int side, double cropPct) {
    return timm(Preprocessing.INCEPTION.at(side, cropPct).withInterpolation("bilinear"));
  }

  private static Classifier network(EfficientNet.Config config, ModelOptions options) {
    Scaling scaling = Scaling.of(options.width(config.width()), config.depth());
    MobilePlan plan =
        MobilePlan.of(STEM, scaling.innerStages(TABLE_1))
            .neck(Neck.BEFORE_POOLING, FEATURES)
            .activation(Nonlinearity.RELU6)
            .origin(config.origin());
    return new MobileNetwork(plan, options);
  }
}
