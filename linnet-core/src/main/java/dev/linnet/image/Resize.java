package dev.linnet.image;

/**
 * Pillow's {@code resize}, to the last bit: horizontal pass, rounding to 8 bits, vertical pass,
 * both in 22-bit fixed point (Pillow 13, {@code Resample.c}); a pass that would change nothing is
 * skipped. {@link Interpolation#NEAREST} equals its affine transform.
 *
 * <p>Any thread.
 */
public final class Resize {
  private Resize() {}

  /** Resizes a whole picture. */
  public static Picture apply(Picture picture, ImageSize size, Interpolation interpolation) {
    if (picture.size().equals(size)) {
      return picture;
    }
    return apply(picture, Region.all(picture.size()), size, interpolation);
  }

  /** Resizes a part whose edges may lie between pixels: Pillow's {@code resize(size, box=…)}. */
  static Picture apply(
      Picture picture, Region region, ImageSize size, Interpolation interpolation) {
    int channels = picture.channels();
    if (interpolation == Interpolation.NEAREST) {
      return nearest(picture, region, size);
    }
    Filter filter = Filter.of(interpolation);
    boolean horizontal = region.cutsColumns(picture.size()) || size.width() != picture.width();
    boolean vertical = region.cutsRows(picture.size()) || size.height() != picture.height();
    Taps rows = Taps.of(filter, picture.height(), region.top(), region.bottom(), size.height());
    byte[] pixels = picture.raw();
    int firstRow = 0;
    int height = picture.height();
    if (horizontal) {
      Taps columns = Taps.of(filter, picture.width(), region.left(), region.right(), size.width());
      firstRow = vertical ? rows.first() : 0;
      height = vertical ? rows.end() - firstRow : picture.height();
      byte[] narrowed =
          new byte[Math.multiplyExact(Math.multiplyExact(height, size.width()), channels)];
      int rowBytes = picture.width() * channels;
      for (int row = 0; row < height; row++) {
        int from = (firstRow + row) * rowBytes;
        int to = row * size.width() * channels;
        if (channels == 3) {
          columns.alongRgb(pixels, from, narrowed, to);
        } else {
          columns.alongGray(pixels, from, narrowed, to);
        }
      }
      pixels = narrowed;
    }
    if (vertical) {
      pixels = rows.across(pixels, firstRow, size.width() * channels);
    }
    return Picture.wrap(size, channels, pixels == picture.raw() ? pixels.clone() : pixels);
  }

  private static Picture nearest(Picture picture, Region region, ImageSize size) {
    int channels = picture.channels();
    int[] columns = nearest(region.left(), region.right(), size.width(), picture.width());
    int[] rows = nearest(region.top(), region.bottom(), size.height(), picture.height());
    byte[] pixels = picture.raw();
    byte[] result = new byte[Math.toIntExact(size.area() * channels)];
    int to = 0;
    for (int row : rows) {
      for (int column : columns) {
        int from = (row * picture.width() + column) * channels;
        for (int c = 0; c < channels; c++) {
          result[to++] = pixels[from + c];
        }
      }
    }
    return Picture.wrap(size, channels, result);
  }

  /** The source index of each target index; the position is summed up, as Pillow does. */
  private static int[] nearest(float low, float high, int count, int limit) {
    int[] index = new int[count];
    double step = (double) (high - low) / count;
    double position = low + step * 0.5;
    for (int i = 0; i < count; i++) {
      index[i] = Math.min((int) position, limit - 1);
      position += step;
    }
    return index;
  }

  /**
   * A part of a picture, in pixels from its top left corner; floats, because Pillow's are.
   *
   * @param top upper edge, at least 0
   * @param left left edge, at least 0
   * @param bottom lower edge, above top, at most the height
   * @param right right edge, above left, at most the width
   */
  record Region(float top, float left, float bottom, float right) {
    static Region all(ImageSize size) {
      return new Region(0, 0, size.height(), size.width());
    }

    boolean cutsColumns(ImageSize size) {
      return left != 0 || right != size.width();
    }

    boolean cutsRows(ImageSize size) {
      return top != 0 || bottom != size.height();
    }
  }
}
