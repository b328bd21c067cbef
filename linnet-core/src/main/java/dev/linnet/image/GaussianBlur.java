package dev.linnet.image;

import dev.linnet.base.Check;
import java.util.Arrays;

/**
 * torchvision's {@code gaussian_blur}: a window of Gaussian weights along each axis, the picture
 * mirrored at its border.
 *
 * @param kernel side of the window in pixels, odd, in [1, 255]
 * @param sigma deviation in pixels, above 0
 */
public record GaussianBlur(int kernel, double sigma) implements PictureEdit {
  /** What a window's weight may be at most to be left out: it changes no level. */
  private static final double NOTHING = 1e-6;

  public GaussianBlur {
    Check.that(
        kernel >= 1 && kernel <= 255 && kernel % 2 == 1, "kernel", kernel, "odd, in [1, 255]");
    Check.that(sigma > 0 && sigma <= 1000, "sigma", sigma, "in (0, 1000]");
  }

  @Override
  public Picture apply(Picture picture) {
    byte[] pixels = picture.raw();
    float[] levels = new float[pixels.length];
    for (int i = 0; i < pixels.length; i++) {
      levels[i] = pixels[i] & 0xFF;
    }
    float[] blurred = blur(levels, picture.height(), picture.channels());
    byte[] result = new byte[pixels.length];
    for (int i = 0; i < result.length; i++) {
      result[i] = (byte) Math.min(255, (int) (blurred[i] + 0.5f));
    }
    return Picture.wrap(picture.size(), picture.channels(), result);
  }

  /**
   * Blurs numbers in rows.
   *
   * @param values [height, width, channels]
   */
  float[] blur(float[] values, int height, int channels) {
    float[] weights = weights();
    int radius = weights.length / 2;
    int rowLength = values.length / height;
    int width = rowLength / channels;
    float[] across = new float[values.length];
    float[] wide = new float[rowLength + 2 * radius * channels];
    float[] sums = new float[rowLength];
    for (int start = 0; start < values.length; start += rowLength) {
      for (int x = -radius; x < width + radius; x++) {
        System.arraycopy(
            values, start + mirrored(x, width) * channels, wide, (x + radius) * channels, channels);
      }
      Arrays.fill(sums, 0);
      for (int k = 0; k < weights.length; k++) {
        add(sums, wide, k * channels, weights[k]);
      }
      System.arraycopy(sums, 0, across, start, rowLength);
    }
    float[] result = new float[values.length];
    for (int y = 0; y < height; y++) {
      Arrays.fill(sums, 0);
      for (int k = 0; k < weights.length; k++) {
        add(sums, across, mirrored(y + k - radius, height) * rowLength, weights[k]);
      }
      System.arraycopy(sums, 0, result, y * rowLength, rowLength);
    }
    return result;
  }

  private static void add(float[] sums, float[] values, int from, float weight) {
    for (int i = 0; i < sums.length; i++) {
      sums[i] += weight * values[from + i];
    }
  }

  /** exp(−x²/2σ²), their sum 1; those that do nothing are left out at both ends. */
  private float[] weights() {
    double[] exact = new double[kernel];
    double sum = 0;
    for (int i = 0; i < kernel; i++) {
      double x = (i - kernel / 2) / sigma;
      exact[i] = StrictMath.exp(-0.5 * x * x);
      sum += exact[i];
    }
    int skipped = 0;
    while (skipped < kernel / 2 && exact[skipped] / sum < NOTHING) {
      skipped++;
    }
    float[] weights = new float[kernel - 2 * skipped];
    for (int i = 0; i < weights.length; i++) {
      weights[i] = (float) (exact[skipped + i] / sum);
    }
    return weights;
  }

  /** Mirrored without repeating the border, as often as it takes. */
  static int mirrored(int index, int count) {
    if (count == 1) {
      return 0;
    }
    int period = 2 * (count - 1);
    int inside = Math.floorMod(index, period);
    return inside < count ? inside : period - inside;
  }

  /** Such as {@code GaussianBlur 1.2}. */
  @Override
  public String toString() {
    return "GaussianBlur " + PictureStep.shortened(sigma);
  }
}
