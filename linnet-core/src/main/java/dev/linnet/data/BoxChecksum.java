package dev.linnet.data;

import java.nio.ByteBuffer;
import java.util.zip.CRC32;

/** CRC-32 of boxes, one after the other. */
final class BoxChecksum {
  private final CRC32 sum = new CRC32();
  private final ByteBuffer bytes = ByteBuffer.allocate(4 * Integer.BYTES);

  void add(MarkedBox box) {
    bytes.clear();
    bytes.putInt(box.left()).putInt(box.top()).putInt(box.right()).putInt(box.bottom()).flip();
    sum.update(bytes);
  }

  long value() {
    return sum.getValue();
  }
}
