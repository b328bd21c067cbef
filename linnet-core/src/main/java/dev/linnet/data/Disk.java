package dev.linnet.data;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SeekableByteChannel;
import java.nio.file.Files;
import java.nio.file.Path;

/** How files are read; a test puts another one here to make reading fail. */
@FunctionalInterface
interface Disk {
  /** The real one. Opens the file for each call, so that no interrupt closes it for others. */
  Disk REAL = Disk::readRange;

  /** What is read at once at most: no picture file is as large. */
  int MOST = 1 << 30;

  /**
   * Reads a part of a file.
   *
   * @param offset in bytes
   * @param length in bytes; −1 for all that follows
   * @throws EOFException if the file ends before
   */
  byte[] read(Path file, long offset, int length) throws IOException;

  private static byte[] readRange(Path file, long offset, int length) throws IOException {
    try (SeekableByteChannel channel = Files.newByteChannel(file)) {
      long there = Math.max(0, channel.size() - offset);
      long wanted = length < 0 ? there : length;
      if (wanted > there) {
        throw new EOFException("ends after " + channel.size() + " bytes");
      }
      if (wanted > MOST) {
        throw new IOException("%d bytes, which is too large for one file".formatted(wanted));
      }
      ByteBuffer buffer = ByteBuffer.allocate((int) wanted);
      channel.position(offset);
      while (buffer.hasRemaining()) {
        if (channel.read(buffer) < 0) {
          throw new EOFException("was cut while it was read");
        }
      }
      return buffer.array();
    }
  }
}
