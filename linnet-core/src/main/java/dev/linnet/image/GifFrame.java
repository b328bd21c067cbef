package dev.linnet.image;

import java.io.ByteArrayOutputStream;

/**
 * The first frame of a GIF (GIF89a specification). OpenCV's reader is not used: it takes codes that
 * make no sense for pixels, and blends transparent ones.
 *
 * <p>Any thread that owns it.
 */
final class GifFrame {
  private static final int SCREEN = 13; // signature and logical screen descriptor
  private static final int EXTENSION = 0x21;
  private static final int GRAPHIC_CONTROL = 0xF9;
  private static final int IMAGE = 0x2C;
  private static final int MOST_BITS = 12;
  private static final int MOST_CODES = 1 << MOST_BITS;
  private static final int PASSES = 4;
  private static final int[] FIRST_ROW = {0, 4, 2, 1};
  private static final int[] ROW_STEP = {8, 8, 4, 2};

  private final FileBytes bytes;
  private final int image;
  private int transparent;

  /** Goes to the first frame. */
  GifFrame(FileBytes bytes) {
    this.bytes = bytes;
    int at = SCREEN + colorTable(10);
    while (bytes.u8(at) == EXTENSION) {
      if (bytes.u8(at + 1) == GRAPHIC_CONTROL && (bytes.u8(at + 3) & 1) == 1) {
        transparent = bytes.u8(at + 6);
      }
      at = behindSubBlocks(at + 2);
    }
    if (bytes.u8(at) != IMAGE) {
      throw bytes.broken("it has no frame");
    }
    image = at;
  }

  /** The canvas; Pillow widens it where the first frame is larger. */
  ImageSize size() {
    int height = Math.max(bytes.u16le(8), bytes.u16le(image + 3) + bytes.u16le(image + 7));
    int width = Math.max(bytes.u16le(6), bytes.u16le(image + 1) + bytes.u16le(image + 5));
    if (height == 0 || width == 0 || bytes.u16le(image + 5) == 0 || bytes.u16le(image + 7) == 0) {
      throw bytes.broken("a size of %dx%d".formatted(width, height));
    }
    return new ImageSize(height, width);
  }

  /**
   * The frame on its canvas: transparent pixels show the palette's color, which also fills the
   * canvas around the frame, as Pillow's {@code convert("RGB")} does it.
   */
  Picture picture() {
    int height = bytes.u16le(image + 7);
    int width = bytes.u16le(image + 5);
    byte[] indices = indices(Math.multiplyExact(height, width));
    ImageSize size = size();
    byte[] palette = palette();
    int background = Math.toIntExact(size.area());
    byte[] pixels = new byte[Math.multiplyExact(background, 3)];
    for (int i = 0; i < background; i++) {
      System.arraycopy(palette, 3 * transparent, pixels, 3 * i, 3);
    }
    boolean interlaced = (bytes.u8(image + 9) & 0x40) != 0;
    int top = bytes.u16le(image + 3);
    int left = bytes.u16le(image + 1);
    int from = 0;
    for (int pass = interlaced ? 0 : PASSES - 1; pass < PASSES; pass++) {
      int first = interlaced ? FIRST_ROW[pass] : 0;
      int step = interlaced ? ROW_STEP[pass] : 1;
      for (int row = first; row < height; row += step) {
        int to = ((top + row) * size.width() + left) * 3;
        for (int column = 0; column < width; column++, to += 3) {
          System.arraycopy(palette, 3 * (indices[from++] & 0xFF), pixels, to, 3);
        }
      }
    }
    return Picture.wrap(size, 3, pixels);
  }

  /** 256 colors; those that the file does not name are grey, as in Pillow. */
  private byte[] palette() {
    byte[] palette = new byte[768];
    for (int i = 0; i < palette.length; i++) {
      palette[i] = (byte) (i / 3);
    }
    int local = colorTable(image + 9);
    int start = local == 0 ? SCREEN : image + 10;
    int length = local == 0 ? colorTable(10) : local;
    bytes.need(start, length);
    System.arraycopy(bytes.array(), start, palette, 0, length);
    return palette;
  }

  /** Variable-length LZW codes, appendix F: the index of each pixel, row by row as stored. */
  private byte[] indices(int count) {
    int at = image + 10 + colorTable(image + 9);
    int firstBits = bytes.u8(at);
    if (firstBits < 1 || firstBits > 8) {
      throw bytes.broken(firstBits + " bits per index");
    }
    byte[] data = subBlocks(at + 1);
    byte[] indices = new byte[count];
    int[] prefixStart = new int[MOST_CODES]; // where in the indices the code's string stands
    int[] prefixLength = new int[MOST_CODES];
    int clear = 1 << firstBits;
    int next = clear + 2;
    int bits = firstBits + 1;
    int done = 0;
    int last = -1; // the code before, -1 after a clear
    int lastStart = 0;
    long position = 0;
    while (done < count) {
      if (position + bits > 8L * data.length) {
        throw bytes.broken("its codes end before its pixels");
      }
      int code = code(data, position, bits);
      position += bits;
      if (code == clear) {
        next = clear + 2;
        bits = firstBits + 1;
        last = -1;
        continue;
      }
      if (code == clear + 1 || code > next || (code == next && last < 0)) {
        throw bytes.broken("a code that makes no sense");
      }
      int start = done;
      if (code < clear) {
        indices[done++] = (byte) code;
      } else {
        boolean own = code == next; // the string before and its own first index
        int from = own ? lastStart : prefixStart[code];
        int length = own ? start - lastStart + 1 : prefixLength[code];
        for (int end = Math.min(count, start + length); done < end; ) {
          indices[done++] = indices[from++];
        }
      }
      if (last >= 0 && next < MOST_CODES) {
        prefixStart[next] = lastStart;
        prefixLength[next] = start - lastStart + 1;
        next++;
        if (next == 1 << bits && bits < MOST_BITS) {
          bits++;
        }
      }
      last = code;
      lastStart = start;
    }
    return indices;
  }

  private static int code(byte[] data, long position, int bits) {
    int at = (int) (position >> 3);
    int window = 0;
    for (int i = 0; i < 3 && at + i < data.length; i++) {
      window |= (data[at + i] & 0xFF) << (8 * i);
    }
    return (window >> (position & 7)) & ((1 << bits) - 1);
  }

  private byte[] subBlocks(int start) {
    ByteArrayOutputStream data = new ByteArrayOutputStream();
    int at = start;
    while (bytes.u8(at) != 0) {
      int length = bytes.u8(at);
      bytes.need(at + 1, length);
      data.write(bytes.array(), at + 1, length);
      at += 1 + length;
    }
    return data.toByteArray();
  }

  /** Bytes of the color table that the flags at this place announce. */
  private int colorTable(int flagsAt) {
    int flags = bytes.u8(flagsAt);
    return (flags & 0x80) == 0 ? 0 : 3 << ((flags & 7) + 1);
  }

  private int behindSubBlocks(int start) {
    int at = start;
    while (bytes.u8(at) != 0) {
      at += 1 + bytes.u8(at);
    }
    return at + 1;
  }
}
