package dev.linnet.image;

/** Walks over the marker segments of a JPEG, from the start up to its first scan. */
final class JpegMarkers {
  private static final int SOS = 0xDA;

  private final FileBytes bytes;
  private int code;
  private int at;
  private int end = 2;

  JpegMarkers(FileBytes bytes) {
    this.bytes = bytes;
  }

  /** Goes to the next segment; false at the start of a scan. */
  boolean next() {
    int position = end;
    do {
      while (bytes.u8(position) != 0xFF) { // bytes that belong to nothing: libjpeg skips them
        position++;
      }
      while (bytes.u8(position) == 0xFF) {
        position++;
      }
      code = bytes.u8(position++);
    } while (code == 0 || code == 1 || (code >= 0xD0 && code <= 0xD8)); // without a length
    if (code == 0xD9) {
      throw bytes.cutShort();
    }
    int length = bytes.u16be(position);
    if (length < 2) {
      throw bytes.broken("a segment of %d bytes".formatted(length));
    }
    at = position + 2;
    end = position + length;
    bytes.need(0, end);
    return code != SOS;
  }

  /** The marker's second byte, such as 0xE1 for APP1. */
  int code() {
    return code;
  }

  /** Where the segment's content starts, behind its length. */
  int at() {
    return at;
  }

  /** Where the segment ends; after the last call of next(), where the scan's data start. */
  int end() {
    return end;
  }

  /** Whether the segment is a frame header (SOF0 … SOF15). */
  boolean isFrame() {
    return code >= 0xC0 && code <= 0xCF && code != 0xC4 && code != 0xC8 && code != 0xCC;
  }
}
