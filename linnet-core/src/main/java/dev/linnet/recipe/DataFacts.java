package dev.linnet.recipe;

import dev.linnet.base.Check;
import dev.linnet.image.ColorMode;
import dev.linnet.image.ImageSize;

/**
 * What is known about a data set when a recipe's {@code auto} values are chosen.
 *
 * @param training pictures to train on, at least 1
 * @param validation pictures that are evaluated after each epoch, at least 0
 * @param classes at least 1
 * @param median the median height and the median width
 * @param color GRAY where every picture is grey
 * @param mirror whether a mirror image is of the same class
 */
public record DataFacts(
    int training, int validation, int classes, ImageSize median, ColorMode color, Mirror mirror) {

  /** Whether a picture's mirror image is of the same class. */
  public enum Mirror {
    /** As for things and animals. */
    SAME_CLASS,
    /** As for digits and letters. */
    OTHER_CLASS,
    /** Small grey pictures are then taken for characters, all others for things. */
    UNKNOWN
  }

  public DataFacts {
    Check.that(training >= 1, "training pictures", training, "at least 1");
    Check.that(validation >= 0, "validation pictures", validation, "at least 0");
    Check.that(classes >= 1, "classes", classes, "at least 1");
  }

  /** The longer side of the median picture, in pixels. */
  int side() {
    return Math.max(median.height(), median.width());
  }

  /** Whether the pictures are, or look like, characters. */
  boolean characters() {
    return switch (mirror) {
      case SAME_CLASS -> false;
      case OTHER_CLASS -> true;
      case UNKNOWN -> color == ColorMode.GRAY && side() <= Chooser.CHARACTER_SIDE;
    };
  }
}
