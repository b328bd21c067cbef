package dev.linnet.image;

/** The parts of a BMP's header that say how its pixels are stored. */
final class BmpLayout {
  private static final int BITFIELDS = 3;

  private final FileBytes bytes;
  private final long headerSize;

  BmpLayout(FileBytes bytes) {
    this.bytes = bytes;
    headerSize = bytes.u32le(14);
    if (headerSize != 12 && headerSize < 40) {
      throw bytes.broken("a header of " + headerSize + " bytes");
    }
  }

  long width() {
    return headerSize == 12 ? bytes.u16le(18) : bytes.u32le(18);
  }

  /** Rows; the file's number is negative where they run from top to bottom. */
  long height() {
    return headerSize == 12 ? bytes.u16le(20) : Math.abs((long) (int) bytes.u32le(22));
  }

  int bits() {
    return headerSize == 12 ? bytes.u16le(24) : bytes.u16le(28);
  }

  /** Refuses a file that ends before its pixels do. */
  void checkLength() {
    long compression = headerSize == 12 ? 0 : bytes.u32le(30);
    long rowBytes = (width() * bits() + 31) / 32 * 4;
    boolean plain = compression == 0 || compression == BITFIELDS;
    bytes.need(bytes.u32le(10), plain ? rowBytes * height() : bytes.u32le(34));
  }

  /**
   * Stretches levels of 5 or 6 bits to 0 … 255, as Pillow does; OpenCV shifts them up only, so that
   * white becomes 248.
   */
  void stretch(byte[] rgb) {
    if (bits() != 16) {
      return;
    }
    boolean sixGreen = bytes.u32le(30) == BITFIELDS && bytes.u32le(58) == 0x07E0;
    for (int i = 0; i < rgb.length; i++) {
      int level = rgb[i] & 0xFF;
      boolean six = sixGreen && i % 3 == 1;
      rgb[i] = (byte) (six ? (level >> 2) * 255 / 63 : (level >> 3) * 255 / 31);
    }
  }
}
