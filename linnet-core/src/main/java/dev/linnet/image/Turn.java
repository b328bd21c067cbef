package dev.linnet.image;

import dev.linnet.base.Check;

/**
 * How a stored picture is set upright, by EXIF's tag 0x0112: 1 upright, 2 mirrored, 3 turned by
 * 180°, 4 flipped, 5 transposed, 6 to be turned clockwise, 7 transversed, 8 to be turned
 * counter-clockwise.
 *
 * @param orientation the tag, in [1, 8]
 */
public record Turn(int orientation) {
  static final Turn NONE = new Turn(1);

  public Turn {
    Check.that(orientation >= 1 && orientation <= 8, "orientation", orientation, "in [1, 8]");
  }

  boolean isNone() {
    return orientation == 1;
  }

  /** Whether rows become columns. */
  private boolean isTransposed() {
    return orientation >= 5;
  }

  /** Whether stored columns are counted from the right. */
  private boolean isFromRight() {
    return orientation == 2 || orientation == 3 || orientation == 7 || orientation == 8;
  }

  /** Whether stored rows are counted from the bottom. */
  private boolean isFromBottom() {
    return orientation == 3 || orientation == 4 || orientation == 6 || orientation == 7;
  }

  /** The size upright of a stored one, and the other way round. */
  ImageSize turned(ImageSize size) {
    return isTransposed() ? size.transposed() : size;
  }

  /** Where a part of the upright picture is stored. */
  Box stored(Box upright, ImageSize storedSize) {
    ImageSize size = turned(upright.size());
    int top = isTransposed() ? upright.left() : upright.top();
    int left = isTransposed() ? upright.top() : upright.left();
    return new Box(
        isFromBottom() ? storedSize.height() - top - size.height() : top,
        isFromRight() ? storedSize.width() - left - size.width() : left,
        size);
  }

  /** Where a part of the stored picture lies in the upright one. */
  Box upright(Box stored, ImageSize storedSize) {
    ImageSize size = stored.size();
    int top = isFromBottom() ? storedSize.height() - stored.bottom() : stored.top();
    int left = isFromRight() ? storedSize.width() - stored.right() : stored.left();
    return new Box(isTransposed() ? left : top, isTransposed() ? top : left, turned(size));
  }

  /** The upright picture. */
  public Picture upright(Picture stored) {
    if (isNone()) {
      return stored;
    }
    int channels = stored.channels();
    ImageSize size = turned(stored.size());
    byte[] pixels = stored.raw();
    byte[] result = new byte[pixels.length];
    int to = 0;
    for (int y = 0; y < size.height(); y++) {
      for (int x = 0; x < size.width(); x++) {
        int row = isTransposed() ? x : y;
        int column = isTransposed() ? y : x;
        row = isFromBottom() ? stored.height() - 1 - row : row;
        column = isFromRight() ? stored.width() - 1 - column : column;
        int from = (row * stored.width() + column) * channels;
        for (int c = 0; c < channels; c++) {
          result[to++] = pixels[from + c];
        }
      }
    }
    return Picture.wrap(size, channels, result);
  }
}
