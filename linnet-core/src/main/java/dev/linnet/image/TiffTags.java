package dev.linnet.image;

/** The first directory of a TIFF structure: a TIFF file, or the EXIF block of another format. */
final class TiffTags {
  private static final int ORIENTATION = 0x0112;

  private final FileBytes bytes;
  private final long start;
  private final long end;
  private final boolean bigEndian;
  private final long directory;
  private final int count;

  /**
   * @param start where its header (II or MM) stands
   * @param end where it ends; nothing behind is read
   */
  TiffTags(FileBytes bytes, long start, long end) {
    this.bytes = bytes;
    this.start = start;
    this.end = end;
    this.bigEndian = bytes.has(start, "MM");
    this.directory = start + u32(start + 4);
    this.count = u16(directory);
  }

  /** The first value of a tag whose type is BYTE, SHORT or LONG; otherwise the given one. */
  long value(int tag, long otherwise) {
    for (int i = 0; i < count; i++) {
      long entry = directory + 2 + 12L * i;
      if (entry + 12 > end) {
        return otherwise;
      }
      if (u16(entry) == tag) {
        return switch (u16(entry + 2)) {
          case 1 -> bytes.u8(entry + 8);
          case 3 -> u32(entry + 4) <= 2 ? u16(entry + 8) : u16(start + u32(entry + 8));
          case 4 -> u32(entry + 4) <= 1 ? u32(entry + 8) : u32(start + u32(entry + 8));
          default -> otherwise;
        };
      }
    }
    return otherwise;
  }

  /** The orientation, 1 where there is none that makes sense. */
  int orientation() {
    long value = value(ORIENTATION, 1);
    return value >= 1 && value <= 8 ? (int) value : 1;
  }

  private int u16(long at) {
    check(at, 2);
    return bigEndian ? bytes.u16be(at) : bytes.u16le(at);
  }

  private long u32(long at) {
    check(at, 4);
    return bigEndian ? bytes.u32be(at) : bytes.u32le(at);
  }

  private void check(long at, int length) {
    if (at + length > end) {
      throw bytes.cutShort();
    }
  }
}
