package dev.linnet.image;

/** Walks over the marker segments of a JPEG, from the start up to its first scan. */
final class JpegMarkers {
  private static final int EOI = 0xD9;
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
    } while (hasNoLength(code));
    if (code == EOI) {
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

  /**
   * Refuses a file without an end: libjpeg fills up with grey what is missing, Pillow refuses it.
   */
  static void checkEnd(FileBytes bytes) {
    int length = bytes.length();
    if (bytes.is(length - 2, 0xFF, EOI)) {
      return;
    }
    JpegMarkers markers = new JpegMarkers(bytes);
    while (markers.next()) {}
    byte[] file = bytes.array();
    int at = markers.end();
    while (at + 1 < length) {
      int second = file[at + 1] & 0xFF;
      if (file[at] != (byte) 0xFF || second == 0xFF) {
        at++;
      } else if (second == EOI) {
        return;
      } else {
        at += hasNoLength(second) ? 2 : 2 + Math.max(2, bytes.u16be(at + 2));
      }
    }
    throw bytes.cutShort();
  }

  private static boolean hasNoLength(int code) {
    return code == 0 || code == 1 || (code >= 0xD0 && code <= 0xD8);
  }
}
