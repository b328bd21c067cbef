package dev.linnet.image;

/**
 * Pillow's {@code resize}, to the last bit: horizontal pass, rounding to 8 bits, vertical pass,
 * both in 22-bit fixed point; a pass that would change nothing is skipped, and the vertical one
 * comes first where the height shrinks by more than twice as many pixels as the width (Pillow 13,
 * {@code Resample.c}). {@link Interpolation#NEAREST} equals its affine transform.
 *
 * <p>Any thread.
 */
public final class Resize {
  private static final int BLOCK_BYTES = 1 << 20;

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
    if (interpolation == Interpolation.NEAREST) {
      return nearest(picture, region, size);
    }
    try (NativePicture source = NativePicture.of(picture)) {
      return apply(source, region, size, interpolation);
    }
  }

  /** The same for a picture in native memory. */
  static Picture apply(
      NativePicture source, Region region, ImageSize size, Interpolation interpolation) {
    if (interpolation == Interpolation.NEAREST) {
      return nearest(source.toPicture(), region, size);
    }
    Filter filter = Filter.of(interpolation);
    ImageSize from = source.size();
    boolean horizontal = region.cutsColumns(from) || size.width() != from.width();
    boolean vertical = region.cutsRows(from) || size.height() != from.height();
    Taps columns = Taps.of(filter, from.width(), region.left(), region.right(), size.width());
    Taps rows = Taps.of(filter, from.height(), region.top(), region.bottom(), size.height());
    if (!horizontal && !vertical) {
      return source.toPicture();
    }
    if (!vertical) {
      return picture(alongRows(source, columns));
    }
    if (!horizontal) {
      return picture(alongColumns(source, rows));
    }
    int shorter = from.height() - size.height();
    boolean verticalFirst = shorter > 0 && shorter > 2L * (from.width() - size.width());
    if (verticalFirst) {
      try (NativePicture between = alongColumns(source, rows)) {
        return picture(alongRows(between, columns));
      }
    }
    Box used = new Box(rows.first(), 0, new ImageSize(rows.end() - rows.first(), from.width()));
    try (NativePicture part = source.part(used);
        NativePicture between = alongRows(part, columns)) {
      return picture(alongColumns(between, rows.fromFirst()));
    }
  }

  private static Picture picture(NativePicture result) {
    try (result) {
      return result.toPicture();
    }
  }

  /** The horizontal pass, in blocks of rows, each transposed on its way. */
  private static NativePicture alongRows(NativePicture source, Taps taps) {
    ImageSize from = source.size();
    NativePicture target =
        NativePicture.empty(new ImageSize(from.height(), taps.count()), source.channels());
    int most = blockLength(from.width() * source.channels());
    for (int top = 0; top < from.height(); top += most) {
      int height = Math.min(most, from.height() - top);
      try (NativePicture block = source.part(new Box(top, 0, new ImageSize(height, from.width())));
          NativePicture into = target.part(new Box(top, 0, new ImageSize(height, taps.count())))) {
        int rowInts = NativePicture.paddedInts(height, source.channels());
        into.setPackedColumns(taps.apply(block.packedColumns(), rowInts));
      }
    }
    return target;
  }

  /** The vertical pass, in blocks of columns. */
  private static NativePicture alongColumns(NativePicture source, Taps taps) {
    ImageSize from = source.size();
    NativePicture target =
        NativePicture.empty(new ImageSize(taps.count(), from.width()), source.channels());
    int most = blockLength(from.height() * source.channels());
    for (int left = 0; left < from.width(); left += most) {
      int width = Math.min(most, from.width() - left);
      try (NativePicture block =
              source.part(new Box(0, left, new ImageSize(from.height(), width)));
          NativePicture into = target.part(new Box(0, left, new ImageSize(taps.count(), width)))) {
        int rowInts = NativePicture.paddedInts(width, source.channels());
        into.setPacked(taps.apply(block.packed(), rowInts));
      }
    }
    return target;
  }

  /** How many lines of that many bytes stay in the cache together. */
  private static int blockLength(int lineBytes) {
    return Math.max(64, BLOCK_BYTES / lineBytes / 4 * 4);
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
