package dev.linnet.explain;

import dev.linnet.base.Check;
import dev.linnet.image.ColorMap;
import dev.linnet.image.ImageSize;
import dev.linnet.image.Picture;
import java.util.Arrays;

/**
 * How much each place of a picture speaks for a class: one number a pixel, negative where it speaks
 * against it.
 *
 * <p>Immutable, for any thread.
 */
public final class Heatmap {
  private final float[] values;
  private final ImageSize size;

  private Heatmap(float[] values, ImageSize size) {
    this.values = values;
    this.size = size;
  }

  /**
   * A map of given numbers, which are copied.
   *
   * @param values row after row, height · width
   */
  public static Heatmap of(float[] values, int height, int width) {
    ImageSize size = new ImageSize(height, width);
    Check.that(values.length == size.area(), "values", values.length, "height × width, " + size);
    return new Heatmap(values.clone(), size);
  }

  /** Height and width. */
  public ImageSize size() {
    return size;
  }

  /** The number at a place. */
  public float value(int row, int column) {
    return values[row * size.width() + column];
  }

  /** A copy of all numbers, row after row. */
  public float[] toArray() {
    return values.clone();
  }

  /** The least number. */
  public float least() {
    float least = Float.POSITIVE_INFINITY;
    for (float value : values) {
      least = Math.min(least, value);
    }
    return least;
  }

  /** The largest number. */
  public float largest() {
    float largest = Float.NEGATIVE_INFINITY;
    for (float value : values) {
      largest = Math.max(largest, value);
    }
    return largest;
  }

  /** Whether no number is infinite or NaN. */
  public boolean isFinite() {
    for (float value : values) {
      if (!Float.isFinite(value)) {
        return false;
      }
    }
    return true;
  }

  /** Whether all places have the same number, so that there is nothing to see. */
  public boolean isConstant() {
    return !(largest() > least());
  }

  /**
   * What speaks for the class, from 0 to 1: negative numbers become 0, then the least becomes 0 and
   * the largest 1. A constant map becomes 0.
   */
  public Heatmap shown() {
    return shown(1);
  }

  /**
   * The same, in which a share of all places has at most 1 and what is above becomes 1: of maps by
   * the pixel a few dots would else be all that is seen.
   *
   * @param share in (0, 1], such as 0.99
   */
  public Heatmap shown(double share) {
    Check.that(share > 0 && share <= 1, "share", share, "in (0, 1]");
    float[] result = new float[values.length];
    for (int i = 0; i < values.length; i++) {
      result[i] = Math.max(0, values[i]);
    }
    float[] sorted = result.clone();
    Arrays.sort(sorted);
    float low = sorted[0];
    float high = sorted[(int) Math.ceil(share * sorted.length) - 1];
    if (!(high > low)) {
      high = sorted[sorted.length - 1]; // so few places speak for it that the share has none
    }
    for (int i = 0; i < result.length; i++) {
      result[i] = high > low ? Math.min(1, (result[i] - low) / (high - low)) : 0;
    }
    return new Heatmap(result, size);
  }

  /** In colors; its numbers must be in [0, 1], as those of {@link #shown}. */
  public Picture picture(ColorMap colors) {
    return colors.draw(values, size);
  }

  /**
   * In colors over a picture of its size; its numbers must be in [0, 1].
   *
   * @param share of the colors, in [0, 1]
   */
  public Picture over(Picture picture, ColorMap colors, double share) {
    Check.that(
        size.equals(picture.size()), "picture", picture.size(), "of the map's size, " + size);
    return colors.over(picture, values, share);
  }

  @Override
  public String toString() {
    return "heatmap of " + size;
  }
}
