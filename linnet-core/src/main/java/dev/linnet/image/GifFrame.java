package dev.linnet.image;

import java.io.ByteArrayOutputStream;

/**
 * The blocks of a GIF up to the end of its first frame (GIF89a specification, appendix B).
 *
 * <p>Any thread that owns it.
 */
final class GifFrame {
  private static final int SCREEN = 13; // signature and logical screen descriptor
  private static final int EXTENSION = 0x21;
  private static final int GRAPHIC_CONTROL = 0xF9;
  private static final int IMAGE = 0x2C;
  private static final int TRAILER = 0x3B;

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
   * Returns a GIF of this frame alone, without transparency: Pillow's {@code convert("RGB")} shows
   * the palette's color for transparent pixels, and fills the canvas around the frame with it.
   */
  byte[] alone() {
    int data = image + 10 + colorTable(image + 9) + 1;
    int end = behindSubBlocks(data);
    byte[] file = bytes.array();
    ByteArrayOutputStream out = new ByteArrayOutputStream(end - image + SCREEN + 768);
    out.write(file, 0, 6);
    ImageSize size = size();
    out.write(size.width() & 0xFF);
    out.write(size.width() >> 8);
    out.write(size.height() & 0xFF);
    out.write(size.height() >> 8);
    out.write(file[10]);
    out.write(transparent);
    out.write(0);
    out.write(file, SCREEN, colorTable(10));
    out.write(file, image, end - image);
    out.write(TRAILER);
    return out.toByteArray();
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
