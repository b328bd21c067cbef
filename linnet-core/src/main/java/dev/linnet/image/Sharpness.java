package dev.linnet.image;

/**
 * Pillow's {@code ImageEnhance.Sharpness}: away from a picture smoothed by 3×3 weights (1, in the
 * middle 5, by 13). The outermost pixels stay as they are.
 *
 * <p>Any thread.
 */
final class Sharpness {
  private Sharpness() {}

  static Picture apply(Picture picture, double factor) {
    float alpha = (float) factor;
    int channels = picture.channels();
    int rowBytes = picture.width() * channels;
    if (alpha == 1 || picture.width() < 3 || picture.height() < 3) {
      return picture;
    }
    byte[] pixels = picture.raw();
    byte[] result = pixels.clone();
    int[] sums = new int[rowBytes];
    for (int y = 1; y < picture.height() - 1; y++) {
      int start = y * rowBytes;
      columnSums(pixels, start, rowBytes, sums);
      for (int i = channels; i < rowBytes - channels; i++) {
        int level = pixels[start + i] & 0xFF;
        int sum = sums[i - channels] + sums[i] + sums[i + channels] + 4 * level;
        int smooth = (2 * sum + 13) / 26; // rounded sum / 13
        result[start + i] = (byte) Levels.blend(smooth, level, alpha);
      }
    }
    return Picture.wrap(picture.size(), channels, result);
  }

  /** Each level with those above and below. */
  private static void columnSums(byte[] pixels, int start, int rowBytes, int[] sums) {
    int above = start - rowBytes;
    int below = start + rowBytes;
    for (int i = 0; i < rowBytes; i++) {
      sums[i] =
          (pixels[above + i] & 0xFF) + (pixels[start + i] & 0xFF) + (pixels[below + i] & 0xFF);
    }
  }
}
