package dev.linnet.weights;

import dev.linnet.base.LinnetException;
import java.io.IOException;
import java.io.InputStream;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/** The bytes of a pickle, up to a limit; every length is checked before memory is taken. */
final class PickleInput {
  private static final int LONGEST_LINE = 1000;
  private static final int LONGEST_INTEGER = 1024;
  private static final int LONGEST_TEXT = 1 << 22;

  private final Path path;
  private final InputStream in;
  private final long limit;
  private long position;

  /**
   * Reads from a stream that does its own buffering.
   *
   * @param limit bytes after which the pickle is refused as cut short or endless
   */
  PickleInput(Path path, InputStream in, long limit) {
    this.path = path;
    this.in = in;
    this.limit = limit;
  }

  /** Bytes that were read. */
  long position() {
    return position;
  }

  int u8() {
    need(1);
    try {
      int value = in.read();
      if (value < 0) {
        throw ended();
      }
      return value;
    } catch (IOException e) {
      throw RawFile.unreadable(path, e);
    }
  }

  int u16() {
    return number(2).getShort() & 0xffff;
  }

  int i32() {
    return number(4).getInt();
  }

  long u32() {
    return number(4).getInt() & 0xffffffffL;
  }

  /** A length of eight bytes; one of 2^63 or more comes out negative. */
  long u64() {
    return number(8).getLong();
  }

  double f64() {
    return number(8).order(ByteOrder.BIG_ENDIAN).getDouble();
  }

  String utf8(long length) {
    try {
      return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(text(length))).toString();
    } catch (CharacterCodingException e) {
      throw Unpickler.broken(path, "its pickle has a text that is not UTF-8");
    }
  }

  String latin1(long length) {
    return new String(text(length), StandardCharsets.ISO_8859_1);
  }

  private byte[] text(long length) {
    if (length < 0 || length > LONGEST_TEXT) {
      throw Unpickler.broken(
          path, "its pickle has a text of " + Long.toUnsignedString(length) + " bytes");
    }
    return bytes(length);
  }

  /** An integer in two's complement, little-endian: a Long if it fits. */
  Object integer(long length) {
    if (length < 0 || length > LONGEST_INTEGER) {
      throw Unpickler.broken(
          path, "its pickle has an integer of " + Long.toUnsignedString(length) + " bytes");
    }
    byte[] little = bytes(length);
    byte[] big = new byte[little.length + (little.length == 0 ? 1 : 0)];
    for (int i = 0; i < little.length; i++) {
      big[little.length - 1 - i] = little[i];
    }
    BigInteger value = new BigInteger(big);
    return value.bitLength() < Long.SIZE ? (Object) value.longValue() : value;
  }

  /** A text up to the end of its line. */
  String line() {
    StringBuilder line = new StringBuilder();
    for (int c = u8(); c != '\n'; c = u8()) {
      if (line.length() == LONGEST_LINE) {
        throw Unpickler.broken(
            path, "its pickle has a name of more than " + LONGEST_LINE + " bytes");
      }
      line.append((char) c);
    }
    return line.toString();
  }

  void skip(long length) {
    need(length);
    try {
      in.skipNBytes(length);
    } catch (IOException e) {
      throw ended();
    }
  }

  private byte[] bytes(long length) {
    need(length);
    try {
      byte[] bytes = in.readNBytes((int) length);
      if (bytes.length < length) {
        throw ended();
      }
      return bytes;
    } catch (IOException e) {
      throw RawFile.unreadable(path, e);
    }
  }

  private ByteBuffer number(int length) {
    return ByteBuffer.wrap(bytes(length)).order(ByteOrder.LITTLE_ENDIAN);
  }

  private void need(long length) {
    if (length < 0 || length > limit - position) {
      throw length == 1
          ? ended()
          : Unpickler.broken(
              path,
              "its pickle claims "
                  + Long.toUnsignedString(length)
                  + " bytes at position "
                  + position
                  + ", where "
                  + (limit - position)
                  + " are left");
    }
    position += length;
  }

  private LinnetException ended() {
    return Unpickler.broken(path, "its pickle does not end; it may be cut short");
  }
}
