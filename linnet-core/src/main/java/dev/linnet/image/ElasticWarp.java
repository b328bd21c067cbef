package dev.linnet.image;

import dev.linnet.base.Check;
import dev.linnet.base.RandomState;
import java.util.Arrays;

/**
 * Moves each pixel a little, neighbors alike: torchvision's {@code ElasticTransform} (Simard et
 * al., ICDAR 2003).
 *
 * @param seed of the field of displacements
 * @param alpha strength: displacements before the smoothing are up to α / 2 pixels
 * @param sigma smoothness of the field, in pixels
 * @param sampling how it is read; the linear filter blends with the fill at the border
 */
public record ElasticWarp(long seed, double alpha, double sigma, Sampling sampling)
    implements PictureEdit {
  public ElasticWarp {
    Check.that(alpha >= 0 && alpha <= 10_000, "alpha", alpha, "in [0, 10000]");
    Check.that(sigma > 0 && sigma <= 31, "sigma", sigma, "in (0, 31]");
  }

  @Override
  public Picture apply(Picture picture) {
    RandomState random = RandomState.of(seed);
    float[] right = field(picture.size(), picture.height(), random);
    float[] down = field(picture.size(), picture.width(), random);
    return apply(picture, right, down);
  }

  /** Uniform in [−1, 1), smoothed, times α / side. */
  private float[] field(ImageSize size, int side, RandomState random) {
    float[] noise = new float[Math.toIntExact(size.area())];
    for (int i = 0; i < noise.length; i++) {
      noise[i] = (float) random.nextDouble(-1, 1);
    }
    int kernel = (int) (8 * sigma + 1) | 1;
    float[] field = new GaussianBlur(kernel, sigma).blur(noise, size.height(), 1);
    for (int i = 0; i < field.length; i++) {
      field[i] *= (float) (alpha / side);
    }
    return field;
  }

  /**
   * Reads the picture where displacements point to.
   *
   * @param right [H, W], in half widths
   * @param down [H, W], in half heights
   */
  Picture apply(Picture picture, float[] right, float[] down) {
    byte[] result = new byte[picture.byteCount()];
    byte[] fill = sampling.pixel(picture.channels());
    float[] levels = new float[picture.channels()];
    int width = picture.width();
    int height = picture.height();
    for (int i = 0; i < right.length; i++) {
      int column = i % width;
      int row = i / width;
      float x = column + right[i] * width / 2;
      float y = row + down[i] * height / 2;
      float inside =
          sampling.interpolation() == Interpolation.NEAREST
              ? read(picture, Math.rint(x), Math.rint(y), levels)
              : read(picture, x, y, levels);
      for (int c = 0; c < levels.length; c++) {
        float level = levels[c] * inside + (1 - inside) * (fill[c] & 0xFF);
        result[i * levels.length + c] = (byte) Math.min(255, (int) (level + 0.5f));
      }
    }
    return Picture.wrap(picture.size(), picture.channels(), result);
  }

  /** Writes the levels at a point, outside 0; gives the share that lies inside. */
  private static float read(Picture picture, double x, double y, float[] levels) {
    Arrays.fill(levels, 0);
    int left = (int) Math.floor(x);
    int top = (int) Math.floor(y);
    float inside = 0;
    for (int row = top; row <= top + 1; row++) {
      for (int column = left; column <= left + 1; column++) {
        if (row >= 0 && row < picture.height() && column >= 0 && column < picture.width()) {
          float weight = (float) ((1 - Math.abs(x - column)) * (1 - Math.abs(y - row)));
          inside += weight;
          for (int c = 0; c < levels.length; c++) {
            levels[c] += weight * picture.level(row, column, c);
          }
        }
      }
    }
    return inside;
  }

  /** Such as {@code Elastic 50}. */
  @Override
  public String toString() {
    return "Elastic " + PictureStep.shortened(alpha);
  }
}
