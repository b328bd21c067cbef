package dev.linnet.image;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.zip.CRC32;
import java.util.zip.Deflater;

/** Writes pictures as PNG: 8 bits, grey or RGB, every row filtered by "up". Any thread. */
public final class PngWriter {
  private static final byte[] SIGNATURE = {(byte) 0x89, 'P', 'N', 'G', '\r', '\n', 0x1A, '\n'};
  private static final int UP = 2;

  private PngWriter() {}

  /** Returns the bytes of a PNG file that holds exactly these pixels. */
  public static byte[] write(Picture picture) {
    ByteArrayOutputStream out = new ByteArrayOutputStream(1024 + picture.byteCount() / 2);
    out.writeBytes(SIGNATURE);
    ByteBuffer header = ByteBuffer.allocate(13);
    header.putInt(picture.width()).putInt(picture.height());
    header.put((byte) 8).put((byte) (picture.channels() == 3 ? 2 : 0));
    chunk(out, "IHDR", header.array(), header.capacity());
    Deflater deflater = new Deflater();
    try {
      byte[] filtered = filtered(picture);
      deflater.setInput(filtered);
      deflater.finish();
      byte[] buffer = new byte[1 << 16];
      while (!deflater.finished()) {
        chunk(out, "IDAT", buffer, deflater.deflate(buffer));
      }
    } finally {
      deflater.end();
    }
    chunk(out, "IEND", new byte[0], 0);
    return out.toByteArray();
  }

  private static byte[] filtered(Picture picture) {
    int rowBytes = picture.width() * picture.channels();
    byte[] pixels = picture.raw();
    byte[] result = new byte[Math.addExact(pixels.length, picture.height())];
    int to = 0;
    for (int row = 0; row < picture.height(); row++) {
      result[to++] = UP;
      for (int i = row * rowBytes; i < (row + 1) * rowBytes; i++) {
        result[to++] = (byte) (pixels[i] - (row == 0 ? 0 : pixels[i - rowBytes]));
      }
    }
    return result;
  }

  private static void chunk(ByteArrayOutputStream out, String type, byte[] data, int length) {
    byte[] kind = type.getBytes(StandardCharsets.US_ASCII);
    CRC32 crc = new CRC32();
    crc.update(kind);
    crc.update(data, 0, length);
    out.writeBytes(ByteBuffer.allocate(4).putInt(length).array());
    out.writeBytes(kind);
    out.write(data, 0, length);
    out.writeBytes(ByteBuffer.allocate(4).putInt((int) crc.getValue()).array());
  }
}
