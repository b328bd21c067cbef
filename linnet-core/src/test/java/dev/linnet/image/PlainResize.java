package dev.linnet.image;

/** Pillow's resize written plainly, one level after the other: the reference of {@link Resize}. */
final class PlainResize {
  private PlainResize() {}

  static Picture apply(
      Picture picture, Resize.Region region, ImageSize size, Interpolation interpolation) {
    boolean horizontal = region.cutsColumns(picture.size()) || size.width() != picture.width();
    boolean vertical = region.cutsRows(picture.size()) || size.height() != picture.height();
    int shorter = picture.height() - size.height();
    boolean verticalFirst = shorter > 0 && shorter > 2 * (picture.width() - size.width());
    Picture result = picture;
    if (vertical && verticalFirst) {
      result = alongColumns(result, region, size.height(), interpolation);
    }
    if (horizontal) {
      result = alongRows(result, region.left(), region.right(), size.width(), interpolation);
    }
    if (vertical && !verticalFirst) {
      result = alongColumns(result, region, size.height(), interpolation);
    }
    return result;
  }

  private static Picture alongColumns(
      Picture picture, Resize.Region region, int count, Interpolation interpolation) {
    Turn transpose = new Turn(5);
    return transpose.upright(
        alongRows(transpose.upright(picture), region.top(), region.bottom(), count, interpolation));
  }

  private static Picture alongRows(
      Picture picture, float low, float high, int count, Interpolation interpolation) {
    Filter filter = Filter.of(interpolation);
    int channels = picture.channels();
    byte[] result = new byte[picture.height() * count * channels];
    double scale = (double) (high - low) / count;
    double filterScale = Math.max(1, scale);
    double support = filter.support() * filterScale;
    for (int x = 0; x < count; x++) {
      double center = low + (x + 0.5) * scale;
      int first = Math.max(0, (int) (center - support + 0.5));
      int end = Math.min(picture.width(), (int) (center + support + 0.5));
      double sum = 0;
      for (int k = first; k < end; k++) {
        sum += filter.weight((k - center + 0.5) * (1 / filterScale));
      }
      for (int y = 0; y < picture.height(); y++) {
        for (int c = 0; c < channels; c++) {
          int level = 1 << 21;
          for (int k = first; k < end; k++) {
            double weight = filter.weight((k - center + 0.5) * (1 / filterScale)) / sum;
            int fixed = (int) (weight * (1 << 22) + (weight < 0 ? -0.5 : 0.5));
            level += fixed * picture.level(y, k, c);
          }
          int clipped = Math.max(0, Math.min(255, level >> 22));
          result[(y * count + x) * channels + c] = (byte) clipped;
        }
      }
    }
    return Picture.wrap(new ImageSize(picture.height(), count), channels, result);
  }
}
