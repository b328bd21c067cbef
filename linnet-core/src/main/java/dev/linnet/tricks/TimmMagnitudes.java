package dev.linnet.tricks;

import dev.linnet.image.ImageSize;
import dev.linnet.image.PictureOperator;
import java.util.ArrayList;
import java.util.List;

/**
 * timm's magnitudes: levels in [0, 10]. What is called {@code …Increasing} gets stronger with the
 * level, its plain form weaker, or stronger on both sides of level 5.
 *
 * @param operators names in timm's order
 */
record TimmMagnitudes(List<String> operators) implements Magnitudes {
  private static final double MOST = 10;

  /** Of RandAugment, strong magnitudes being strong: timm's {@code inc1}. */
  static final TimmMagnitudes INCREASING =
      new TimmMagnitudes(
          List.of(
              "AutoContrast",
              "Equalize",
              "Invert",
              "Rotate",
              "PosterizeIncreasing",
              "SolarizeIncreasing",
              "SolarizeAdd",
              "ColorIncreasing",
              "ContrastIncreasing",
              "BrightnessIncreasing",
              "SharpnessIncreasing",
              "ShearX",
              "ShearY",
              "TranslateXRel",
              "TranslateYRel"));

  /** Of RandAugment as its first authors had it in code. */
  static final TimmMagnitudes PLAIN =
      new TimmMagnitudes(
          List.of(
              "AutoContrast",
              "Equalize",
              "Invert",
              "Rotate",
              "Posterize",
              "Solarize",
              "SolarizeAdd",
              "Color",
              "Contrast",
              "Brightness",
              "Sharpness",
              "ShearX",
              "ShearY",
              "TranslateXRel",
              "TranslateYRel"));

  /** All that a policy may name. */
  static final TimmMagnitudes ALL = new TimmMagnitudes(all());

  private static List<String> all() {
    List<String> all = new ArrayList<>(PLAIN.operators());
    INCREASING.operators().stream().filter(name -> !all.contains(name)).forEach(all::add);
    all.addAll(List.of("PosterizeOriginal", "Desaturate", "GaussianBlur"));
    return all;
  }

  @Override
  public double most() {
    return MOST;
  }

  @Override
  public PictureOperator operator(String name) {
    return name.equals("Desaturate")
        ? PictureOperator.COLOR
        : Magnitudes.titled(name.replaceFirst("(Increasing|Original|Rel)$", ""));
  }

  @Override
  public boolean isSigned(String name) {
    return switch (name) {
      case "Rotate", "ShearX", "ShearY", "TranslateXRel", "TranslateYRel" -> true;
      case "ColorIncreasing", "ContrastIncreasing", "BrightnessIncreasing", "SharpnessIncreasing" ->
          true;
      default -> false;
    };
  }

  @Override
  public double amount(String name, double magnitude, boolean negative, ImageSize size) {
    double share = Math.max(0, Math.min(MOST, magnitude)) / MOST;
    int sign = negative ? -1 : 1;
    return switch (name) {
      case "Rotate" -> sign * share * 30;
      case "ShearX", "ShearY" -> sign * share * 0.3;
      // a positive share reads from the right, and so moves the picture left
      case "TranslateXRel" -> -sign * share * 0.45 * size.width();
      case "TranslateYRel" -> -sign * share * 0.45 * size.height();
      case "Posterize" -> (int) (share * 4);
      case "PosterizeIncreasing" -> 4 - (int) (share * 4);
      case "PosterizeOriginal" -> 4 + (int) (share * 4);
      case "Solarize" -> Math.min(256, (int) (share * 256));
      case "SolarizeIncreasing" -> 256 - Math.min(256, (int) (share * 256));
      case "SolarizeAdd" -> Math.min(128, (int) (share * 110));
      case "Color", "Contrast", "Brightness", "Sharpness" -> share * 1.8 + 0.1;
      case "ColorIncreasing", "ContrastIncreasing", "BrightnessIncreasing", "SharpnessIncreasing" ->
          Math.max(0.1, 1.0 + sign * share * 0.9);
      case "Desaturate" -> 1 - (0.5 + 0.5 * share);
      case "GaussianBlur" -> 0.1 + 1.9 * share;
      default -> 0;
    };
  }
}
