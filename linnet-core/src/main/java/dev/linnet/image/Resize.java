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
  private static final int BLOCK_INTS = 1 << 18;

  private Resize() {}

  /** Resizes a whole picture. */
  public static Picture apply(Picture picture, ImageSize size, Interpolation interpolation) {
    if (picture.size().equals(size)) {
      return picture;
    }
    return apply(picture, Region.all(picture.size()), size, interpolation);
  }

  /** Cuts out a part and resizes that. */
  static Picture apply(Picture picture, Box part, ImageSize size, Interpolation interpolation) {
    boolean isExact = interpolation == Interpolation.NEAREST || part.size().equals(size);
    if (isExact || !part.isInside(picture.size())) {
      return apply(picture.crop(part), size, interpolation);
    }
    try (NativePicture source = NativePicture.of(picture, part)) {
      return apply(source, Region.all(part.size()), size, interpolation);
    }
  }

  /** The same for a picture outside the heap, inside which the part lies. */
  static Picture apply(
      HeldPicture picture, Part part, ImageSize size, Interpolation interpolation) {
    try (NativePicture source = picture.part(part.box())) {
      return apply(source, part.region(), size, interpolation);
    }
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
    if (!horizontal && !vertical) {
      return source.toPicture();
    }
    Taps columns = Taps.of(filter, from.width(), region.left(), region.right(), size.width());
    Taps rows = Taps.of(filter, from.height(), region.top(), region.bottom(), size.height());
    try (IntRows pixels = IntRows.of(source)) {
      if (!vertical) {
        return picture(alongRows(pixels, columns));
      }
      if (!horizontal) {
        return picture(alongColumns(pixels, rows));
      }
      int shorter = from.height() - size.height();
      boolean verticalFirst = shorter > 0 && shorter > 2L * (from.width() - size.width());
      if (verticalFirst) {
        try (IntRows between = alongColumns(pixels, rows)) {
          return picture(alongRows(between, columns));
        }
      }
      try (IntRows used = pixels.rows(rows.first(), rows.end() - rows.first());
          IntRows between = alongRows(used, columns)) {
        return picture(alongColumns(between, rows.fromFirst()));
      }
    }
  }

  private static Picture picture(IntRows result) {
    try (result) {
      return result.toPicture();
    }
  }

  /** The horizontal pass, in blocks of rows, each transposed on its way there and back. */
  private static IntRows alongRows(IntRows source, Taps taps) {
    ImageSize from = source.size();
    int channels = source.channels();
    IntRows target = IntRows.empty(new ImageSize(from.height(), taps.count()), channels);
    int most = blockLength(source.length());
    for (int top = 0; top < from.height(); top += most) {
      int height = Math.min(most, from.height() - top);
      try (IntRows block = source.rows(top, height);
          IntRows columns = IntRows.empty(block.size().transposed(), channels);
          IntRows made = IntRows.empty(new ImageSize(taps.count(), height), channels);
          IntRows into = target.rows(top, height)) {
        block.transposeTo(columns);
        apply(taps, columns, made, 0, columns.length());
        made.transposeTo(into);
      }
    }
    return target;
  }

  /** The vertical pass, in blocks of columns. */
  private static IntRows alongColumns(IntRows source, Taps taps) {
    ImageSize from = source.size();
    IntRows target = IntRows.empty(new ImageSize(taps.count(), from.width()), source.channels());
    int most = blockLength(from.height());
    for (int left = 0; left < source.length(); left += most) {
      apply(taps, source, target, left, Math.min(most, source.length() - left));
    }
    return target;
  }

  /** Some ints of each row of the target, from a first one on. */
  private static void apply(Taps taps, IntRows source, IntRows target, int first, int length) {
    IntLines lines = IntLines.ofThread();
    int[][] from = lines.source(source.size().height(), length);
    int[][] to = lines.target(taps.count(), length);
    source.get(first, length, from);
    taps.apply(from, to, length, source.channels() == 1 ? 4 : 3);
    target.put(first, length, to);
  }

  /** How many lines of that many ints stay in the cache together. */
  private static int blockLength(int ints) {
    return Math.max(64, BLOCK_INTS / ints);
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
   * A part of a picture whose edges may lie between pixels.
   *
   * @param box the pixels of which something belongs to it
   * @param region what of them does, counted from the box's corner
   */
  record Part(Box box, Region region) {
    /** All of a picture. */
    static Part all(ImageSize size) {
      return new Part(Box.all(size), Region.all(size));
    }

    /** Where a window lies in a picture that was decoded at a part of its size. */
    static Part of(Box window, int denominator) {
      Box box = window.dividedBy(denominator);
      return new Part(
          box,
          new Region(
              (float) window.top() / denominator - box.top(),
              (float) window.left() / denominator - box.left(),
              (float) window.bottom() / denominator - box.top(),
              (float) window.right() / denominator - box.left()));
    }
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
