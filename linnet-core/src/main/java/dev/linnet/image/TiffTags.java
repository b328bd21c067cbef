package dev.linnet.image;

import java.util.Optional;

/** The first directory of a TIFF structure: a TIFF file, or the EXIF block of another format. */
final class TiffTags {
  private static final int ORIENTATION = 0x0112;
  private static final int STRIP_OFFSETS = 273;
  private static final int STRIP_LENGTHS = 279;
  private static final int TILE_OFFSETS = 324;
  private static final int TILE_LENGTHS = 325;

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
    Optional<Entry> entry = find(tag);
    return entry.isPresent() && entry.get().count() > 0 ? value(entry.get(), 0) : otherwise;
  }

  /** Refuses a file that ends before its pixels do. */
  void checkData() {
    boolean tiled = find(TILE_OFFSETS).isPresent();
    Optional<Entry> offsets = find(tiled ? TILE_OFFSETS : STRIP_OFFSETS);
    Optional<Entry> lengths = find(tiled ? TILE_LENGTHS : STRIP_LENGTHS);
    if (offsets.isEmpty() || lengths.isEmpty()) {
      throw bytes.broken("it does not say where its pixels are");
    }
    for (long i = 0; i < Math.min(offsets.get().count(), lengths.get().count()); i++) {
      bytes.need(value(offsets.get(), i), value(lengths.get(), i));
    }
  }

  /** One line of the directory: a list of numbers of the same width in bytes. */
  private record Entry(int width, long count, long valuesAt) {}

  private Optional<Entry> find(int tag) {
    for (int i = 0; i < count; i++) {
      long entry = directory + 2 + 12L * i;
      if (entry + 12 > end) {
        return Optional.empty();
      }
      if (u16(entry) == tag) {
        int width =
            switch (u16(entry + 2)) {
              case 1 -> 1;
              case 3 -> 2;
              case 4 -> 4;
              default -> 0;
            };
        long values = u32(entry + 4);
        long at = values * width <= 4 ? entry + 8 : start + u32(entry + 8);
        return width == 0 ? Optional.empty() : Optional.of(new Entry(width, values, at));
      }
    }
    return Optional.empty();
  }

  private long value(Entry entry, long index) {
    long at = entry.valuesAt() + index * entry.width();
    return switch (entry.width()) {
      case 1 -> bytes.u8(at);
      case 2 -> u16(at);
      default -> u32(at);
    };
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
