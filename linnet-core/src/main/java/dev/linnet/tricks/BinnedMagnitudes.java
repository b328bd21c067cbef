package dev.linnet.tricks;

import dev.linnet.image.ImageSize;
import dev.linnet.image.PictureOperator;
import java.util.List;

/**
 * torchvision's magnitudes: bins of equal width from nothing to the most.
 *
 * @param operators names in torchvision's order
 * @param bins number of bins; magnitudes are 0 … bins − 1
 * @param ranges what the last bin means
 */
record BinnedMagnitudes(List<String> operators, int bins, Ranges ranges) implements Magnitudes {

  /**
   * What the last bin means.
   *
   * @param shear part of a row's height
   * @param translation in sides of the picture, or in pixels where above 1
   * @param rotation in degrees
   * @param enhancement distance of a factor from 1
   * @param bits that the first bin of Posterize keeps
   * @param bitsDropped how many fewer the last one keeps
   */
  record Ranges(
      double shear,
      double translation,
      double rotation,
      double enhancement,
      int bits,
      int bitsDropped) {}

  private static final List<String> GEOMETRIC =
      List.of("ShearX", "ShearY", "TranslateX", "TranslateY", "Rotate");
  private static final List<String> ENHANCING =
      List.of("Brightness", "Color", "Contrast", "Sharpness");
  private static final List<String> REST =
      List.of("Posterize", "Solarize", "AutoContrast", "Equalize");

  private static final Ranges USUAL = new Ranges(0.3, 150.0 / 331, 30, 0.9, 8, 4);

  /** Of the AutoAugment policies. */
  static final BinnedMagnitudes AUTO_AUGMENT =
      new BinnedMagnitudes(
          joined(List.of(GEOMETRIC, ENHANCING, REST, List.of("Invert"))), 10, USUAL);

  /** Of RandAugment. */
  static final BinnedMagnitudes RAND_AUGMENT =
      new BinnedMagnitudes(
          joined(List.of(List.of("Identity"), GEOMETRIC, ENHANCING, REST)), 31, USUAL);

  /** Of TrivialAugmentWide. */
  static final BinnedMagnitudes WIDE =
      new BinnedMagnitudes(RAND_AUGMENT.operators(), 31, new Ranges(0.99, 32, 135, 0.99, 8, 6));

  private static final Ranges MIXED = new Ranges(0.3, 1.0 / 3, 30, 0.9, 4, 4);

  /** Of AugMix, with what its paper leaves out because ImageNet-C has it. */
  static final BinnedMagnitudes AUG_MIX_ALL =
      new BinnedMagnitudes(joined(List.of(GEOMETRIC, REST, ENHANCING)), 10, MIXED);

  /** Of AugMix's paper. */
  static final BinnedMagnitudes AUG_MIX =
      new BinnedMagnitudes(joined(List.of(GEOMETRIC, REST)), 10, MIXED);

  private static List<String> joined(List<List<String>> lists) {
    return lists.stream().flatMap(List::stream).toList();
  }

  @Override
  public double most() {
    return bins - 1;
  }

  @Override
  public PictureOperator operator(String name) {
    return Magnitudes.titled(name);
  }

  @Override
  public boolean isSigned(String name) {
    return GEOMETRIC.contains(name) || ENHANCING.contains(name);
  }

  @Override
  public double amount(String name, double magnitude, boolean negative, ImageSize size) {
    int bin = (int) magnitude;
    int sign = negative ? -1 : 1;
    return switch (operator(name)) {
      case SHEAR_X, SHEAR_Y -> sign * spaced(0, ranges.shear(), bin);
      case TRANSLATE_X -> sign * (int) spaced(0, translation(size.width()), bin);
      case TRANSLATE_Y -> sign * (int) spaced(0, translation(size.height()), bin);
      case ROTATE -> sign * spaced(0, ranges.rotation(), bin);
      case BRIGHTNESS, COLOR, CONTRAST, SHARPNESS ->
          1.0 + sign * spaced(0, ranges.enhancement(), bin);
      case POSTERIZE ->
          ranges.bits() - Math.rint(bin / ((bins - 1) / (double) ranges.bitsDropped()));
      case SOLARIZE -> spaced(255, 0, bin);
      default -> 0;
    };
  }

  /** Pixels of the last bin, before they are cut to whole ones. */
  double translation(int side) {
    return ranges.translation() > 1 ? ranges.translation() : ranges.translation() * side;
  }

  /** torch's {@code linspace}, in floats from both ends. */
  double spaced(double first, double last, int bin) {
    float step = (float) (last - first) / (bins - 1);
    return bin < bins / 2 ? (float) first + step * bin : (float) last - step * (bins - 1 - bin);
  }
}
