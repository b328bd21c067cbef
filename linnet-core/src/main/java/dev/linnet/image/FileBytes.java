package dev.linnet.image;

/** The bytes of one picture file; every read is checked, because files come from anywhere. */
final class FileBytes {
  private final byte[] bytes;
  private final String name;
  private final String kind;

  /**
   * @param name the file's name, for messages
   * @param kind the format's name, for messages
   */
  FileBytes(byte[] bytes, String name, String kind) {
    this.bytes = bytes;
    this.name = name;
    this.kind = kind;
  }

  int length() {
    return bytes.length;
  }

  byte[] array() {
    return bytes;
  }

  int u8(long at) {
    need(at, 1);
    return bytes[(int) at] & 0xFF;
  }

  int u16be(long at) {
    return (u8(at) << 8) | u8(at + 1);
  }

  int u16le(long at) {
    return u8(at) | (u8(at + 1) << 8);
  }

  int u24le(long at) {
    return u16le(at) | (u8(at + 2) << 16);
  }

  long u32be(long at) {
    return ((long) u16be(at) << 16) | u16be(at + 2);
  }

  long u32le(long at) {
    return u16le(at) | ((long) u16le(at + 2) << 16);
  }

  /** Whether the ASCII text stands there; false also where the file ends before. */
  boolean has(long at, String ascii) {
    return is(at, ascii.chars().toArray());
  }

  /** Whether these bytes stand there; false also where the file ends before. */
  boolean is(long at, int... values) {
    if (at < 0 || at + values.length > bytes.length) {
      return false;
    }
    for (int i = 0; i < values.length; i++) {
      if ((bytes[(int) at + i] & 0xFF) != values[i]) {
        return false;
      }
    }
    return true;
  }

  void need(long at, long count) {
    if (at < 0 || at + count > bytes.length) {
      throw cutShort();
    }
  }

  BadPictureException cutShort() {
    return new BadPictureException(
        name, "the %s is cut short (%d bytes); get the file anew".formatted(kind, bytes.length));
  }

  BadPictureException broken(String what) {
    return new BadPictureException(
        name, "the %s is broken: %s; get the file anew".formatted(kind, what));
  }
}
