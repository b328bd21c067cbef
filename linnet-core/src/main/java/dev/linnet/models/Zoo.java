package dev.linnet.models;

import dev.linnet.base.LinnetException;
import dev.linnet.base.Nearest;
import dev.linnet.base.RandomState;
import dev.linnet.tensor.Device;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** All networks by name. */
public final class Zoo {
  /** Below this side an ImageNet stem, which divides it by 4 at once, leaves too little. */
  private static final int SMALL = 64;

  static final List<Family<?>> FAMILIES =
      List.of(
          LeNet5.FAMILY,
          AlexNet.FAMILY,
          Vgg.FAMILY,
          GoogLeNet.FAMILY,
          InceptionV3.FAMILY,
          SqueezeNet.FAMILY,
          ResNet.FAMILY,
          ResNetV2.FAMILY,
          CifarResNet.FAMILY,
          WideResNet.FAMILY,
          PyramidNet.FAMILY,
          DenseNet.FAMILY,
          RepVgg.FAMILY,
          RegNet.FAMILY,
          ShuffleNetV2.FAMILY,
          ConvNeXt.FAMILY,
          VisionTransformer.FAMILY,
          Xception.FAMILY,
          AlignedXception.FAMILY,
          NASNet.FAMILY,
          PNASNet.FAMILY,
          MobileNetV1.FAMILY,
          MobileNetV2.FAMILY,
          MobileNetV3.FAMILY,
          MnasNet.FAMILY,
          EfficientNet.FAMILY,
          EfficientNetLite.FAMILY,
          EfficientNetV2.FAMILY,
          GhostNet.FAMILY);

  private static final Map<String, ZooModel> MODELS = index(FAMILIES);

  private Zoo() {}

  /** Every name, family by family, in the order of their tables. */
  public static List<String> names() {
    return List.copyOf(MODELS.keySet());
  }

  /** Everything in the zoo, in the order of {@link #names}. */
  public static List<ZooModel> models() {
    return List.copyOf(MODELS.values());
  }

  /**
   * What stands behind a name.
   *
   * @throws LinnetException if there is none of that name, with the nearest names
   */
  public static ZooModel find(String name) {
    ZooModel model = MODELS.get(name);
    if (model == null) {
      throw new LinnetException(
          "model: got \""
              + name
              + "\"; must be a name of the zoo; "
              + Nearest.didYouMean(name, MODELS.keySet(), "linnet models lists them"));
    }
    return model;
  }

  /** True if there is a network of that name. */
  public static boolean contains(String name) {
    return MODELS.containsKey(name);
  }

  /**
   * A network with memory and first values, channels-last, in evaluation mode; the caller closes
   * it.
   *
   * @param random where the first weights come from
   * @throws LinnetException if there is none of that name, with the nearest names
   */
  public static Classifier create(
      String name, ModelOptions options, Device device, RandomState random) {
    return find(name).create(options, device, random);
  }

  /**
   * What a network costs for one picture of a size.
   *
   * @throws LinnetException if there is none of that name, or it cannot take that size
   */
  public static ModelCost describe(String name, ModelOptions options, int height, int width) {
    return find(name).cost(options, height, width);
  }

  /**
   * A warning where a network does not suit the size of the pictures: one made for photos, whose
   * stem divides their sides by 4 before anything else looks, on pictures under 64 pixels.
   *
   * @param size the shorter side of the pictures in pixels
   */
  public static Optional<String> advice(String name, int size) {
    InputSize published = find(name).published().preprocessing().input();
    if (size >= SMALL || published.height() < SMALL) {
      return Optional.empty();
    }
    List<String> small =
        models().stream()
            .filter(model -> isForSmallPhotos(model.published().preprocessing().input()))
            .map(ZooModel::name)
            .toList();
    return Optional.of(
        name
            + " was made for pictures of "
            + published.height()
            + "×"
            + published.width()
            + " pixels and sees little in "
            + size
            + " pixels; made for small pictures are "
            + String.join(", ", small));
  }

  private static boolean isForSmallPhotos(InputSize input) {
    return input.channels() == 3 && input.height() < SMALL;
  }

  static Map<String, ZooModel> index(List<Family<?>> families) {
    Map<String, ZooModel> models = new LinkedHashMap<>();
    for (Family<?> family : families) {
      for (ZooModel model : family.models()) {
        ZooModel other = models.putIfAbsent(model.name(), model);
        if (other != null) {
          throw new IllegalStateException(
              "the families "
                  + other.family()
                  + " and "
                  + model.family()
                  + " both name "
                  + model.name());
        }
      }
    }
    return Collections.unmodifiableMap(models);
  }
}
