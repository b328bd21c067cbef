package dev.linnet.tricks;

import dev.linnet.base.RandomState;
import dev.linnet.image.ImageSize;
import dev.linnet.image.PictureOperator;
import dev.linnet.image.PictureStep;
import java.util.Arrays;
import java.util.List;

/** Which operators a family of policies has, and which number each magnitude means. */
interface Magnitudes {
  /** Names of the operators, in the order of the reference. */
  List<String> operators();

  /** The largest magnitude; the least is 0. */
  double most();

  /** What an operator does. */
  PictureOperator operator(String name);

  /** Whether the number's sign, or its side of 1, is drawn. */
  boolean isSigned(String name);

  /**
   * The operator's number.
   *
   * @param negative the sign or side, where it is drawn
   * @param size of the picture, in pixels
   */
  double amount(String name, double magnitude, boolean negative, ImageSize size);

  /** Draws what is not settled yet and makes the step. */
  default PictureStep step(
      String name, double magnitude, ImageSize size, Warping warping, RandomState random) {
    boolean negative = isSigned(name) && random.nextBoolean(0.5);
    double amount = amount(name, magnitude, negative, size);
    PictureOperator operator = operator(name);
    return switch (operator) {
      case SHEAR_X, SHEAR_Y, TRANSLATE_X, TRANSLATE_Y, ROTATE ->
          new PictureStep(operator, amount, warping.draw(random));
      default -> PictureStep.of(operator, amount);
    };
  }

  /** Those of the published AutoAugment policies. */
  static Magnitudes of(Convention convention) {
    return switch (convention) {
      case TORCHVISION -> BinnedMagnitudes.AUTO_AUGMENT;
      case TIMM -> TimmMagnitudes.ALL;
    };
  }

  /** The operator with a title. */
  static PictureOperator titled(String title) {
    return Arrays.stream(PictureOperator.values())
        .filter(operator -> operator.title().equals(title))
        .findFirst()
        .orElseThrow(() -> new IllegalArgumentException("no operator is called " + title));
  }
}
