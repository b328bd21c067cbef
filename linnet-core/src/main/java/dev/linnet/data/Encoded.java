package dev.linnet.data;

/**
 * A picture file as it is stored.
 *
 * <p>Not a record: it holds an array, which nobody changes.
 */
public final class Encoded {
  private final byte[] bytes;
  private final String where;

  /** Takes the array as its own. */
  Encoded(byte[] bytes, String where) {
    this.bytes = bytes;
    this.where = where;
  }

  /** All its bytes, not to be changed. */
  byte[] raw() {
    return bytes;
  }

  /** Number of bytes. */
  public int byteCount() {
    return bytes.length;
  }

  /** What to call it in a message. */
  public String where() {
    return where;
  }
}
