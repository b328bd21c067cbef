package dev.linnet.recipe;

import dev.linnet.data.DataStats;
import dev.linnet.data.Normalization;
import dev.linnet.data.PictureInfo;
import dev.linnet.data.PictureSet;
import dev.linnet.image.BadPictureException;
import dev.linnet.image.ColorMode;
import dev.linnet.image.DecodeOptions;
import dev.linnet.image.ImageSize;
import dev.linnet.recipe.DataFacts.Mirror;
import java.util.ArrayList;
import java.util.List;

/** Looks at some pictures of a set, evenly spread, before a run is planned. */
final class DataLook {
  /** Headers that are read. */
  private static final int HEADERS = 200;

  /** Pictures that mean and deviation are taken of, at most. */
  private static final int PICTURES = 10_000;

  private DataLook() {}

  /** Sizes and colors, from headers alone. */
  static DataFacts at(PictureSet training, int validation, Recipe recipe) {
    List<Integer> heights = new ArrayList<>();
    List<Integer> widths = new ArrayList<>();
    boolean gray = true;
    for (int index : spread(training.size(), HEADERS)) {
      try {
        PictureInfo header = training.info(index);
        heights.add(header.size().height());
        widths.add(header.size().width());
        gray &= header.channels() == 1;
      } catch (BadPictureException unread) {
        // counted and named when the run reads it
      }
    }
    ImageSize median =
        heights.isEmpty() ? new ImageSize(1, 1) : new ImageSize(median(heights), median(widths));
    ColorMode color = gray && !heights.isEmpty() ? ColorMode.GRAY : ColorMode.RGB;
    return new DataFacts(
        training.size(), validation, training.classes().size(), median, color, mirror(recipe));
  }

  /** Digits and letters have no mirror images; of other names nothing is known. */
  private static Mirror mirror(Recipe recipe) {
    if (recipe.data().isNone()) {
      return Mirror.OTHER_CLASS;
    }
    return switch (recipe.data().value()) {
      case "digits", "mnist" -> Mirror.OTHER_CLASS;
      case "fashion-mnist" -> Mirror.SAME_CLASS;
      default -> Mirror.UNKNOWN;
    };
  }

  /** Mean and deviation of each channel over the training pictures, as they are decoded. */
  static Normalization normalization(PictureSet set, DecodeOptions decode, int threads) {
    return DataStats.normalization(set, decode, PICTURES, threads);
  }

  private static int[] spread(int size, int most) {
    int n = Math.min(size, most);
    int[] indices = new int[n];
    for (int i = 0; i < n; i++) {
      indices[i] = (int) ((long) i * size / n);
    }
    return indices;
  }

  private static int median(List<Integer> values) {
    return values.stream().sorted().skip(values.size() / 2).findFirst().orElseThrow();
  }
}
