package dev.linnet.image;

import java.io.ByteArrayOutputStream;
import java.util.zip.CRC32;

/**
 * Checks the chunks of a PNG and keeps those that make the RGB pixels: IHDR, PLTE, IDAT, IEND.
 *
 * <p>Color profiles, transparency and animation are not looked at, as Pillow's {@code
 * convert("RGB")} does not look at them; and libpng, which prints its warnings, is left with
 * nothing to warn of.
 */
final class PngChunks {
  private static final int SIGNATURE = 8;
  private static final int FRAME = 12; // length, type and checksum around a chunk's data

  private final FileBytes bytes;
  private final ByteArrayOutputStream out;

  private PngChunks(FileBytes bytes) {
    this.bytes = bytes;
    this.out = new ByteArrayOutputStream(bytes.length() + FRAME);
  }

  /**
   * Returns a PNG of the chunks that matter.
   *
   * @throws BadPictureException if one of them is cut short or its checksum is wrong
   */
  static byte[] essential(FileBytes bytes) {
    return new PngChunks(bytes).essential();
  }

  private byte[] essential() {
    out.write(bytes.array(), 0, SIGNATURE);
    boolean palette = bytes.u8(25) == 3;
    boolean data = false;
    boolean table = false;
    long at = SIGNATURE;
    while (at + FRAME <= bytes.length() && !bytes.has(at + 4, "IEND")) {
      long length = bytes.u32be(at);
      boolean first = at == SIGNATURE;
      boolean idat = bytes.has(at + 4, "IDAT");
      boolean plte = palette && !data && !table && bytes.has(at + 4, "PLTE");
      if (first || idat || plte) {
        keep(at, length);
      } else if (data) {
        break; // what stands behind the pixels may be cut short
      }
      data |= idat;
      table |= plte;
      at += FRAME + length;
    }
    if (!data) {
      throw bytes.cutShort();
    }
    if (palette && !table) {
      throw bytes.broken("it has no palette");
    }
    byte[] end = {0, 0, 0, 0, 'I', 'E', 'N', 'D', (byte) 0xAE, 0x42, 0x60, (byte) 0x82};
    out.writeBytes(end);
    return out.toByteArray();
  }

  private void keep(long at, long length) {
    bytes.need(at, length + FRAME);
    CRC32 crc = new CRC32();
    crc.update(bytes.array(), (int) at + 4, (int) length + 4);
    if (crc.getValue() != bytes.u32be(at + 8 + length)) {
      throw bytes.broken("a checksum is wrong at byte " + at);
    }
    out.write(bytes.array(), (int) at, (int) length + FRAME);
  }
}
