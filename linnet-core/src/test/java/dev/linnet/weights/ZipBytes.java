package dev.linnet.weights;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.Deflater;

/** Writes zip files with whatever their tables claim. */
final class ZipBytes {
  private final List<Entry> entries = new ArrayList<>();
  private int comment;

  /**
   * What the table says of an entry.
   *
   * @param data as it lies in the file
   * @param size claimed bytes when unpacked
   * @param packed claimed bytes in the file
   * @param mode of Unix
   * @param at claimed position of the local header; negative for the true one
   */
  record Entry(
      String name,
      ByteBuffer data,
      int method,
      int flags,
      long size,
      long packed,
      int mode,
      long at) {
    static Entry stored(String name, byte[] data) {
      return new Entry(name, ByteBuffer.wrap(data), 0, 0, data.length, data.length, 0100644, -1);
    }

    static Entry deflated(String name, byte[] data) {
      Deflater deflater = new Deflater(9, true);
      deflater.setInput(data);
      deflater.finish();
      byte[] packed = new byte[data.length + 100];
      int n = deflater.deflate(packed);
      deflater.end();
      ByteBuffer fits = ByteBuffer.wrap(packed, 0, n);
      return new Entry(name, fits, 8, 0, data.length, n, 0100644, -1);
    }

    Entry withMode(int unix) {
      return new Entry(name, data, method, flags, size, packed, unix, at);
    }

    Entry withSizes(long unpacked, long inFile) {
      return new Entry(name, data, method, flags, unpacked, inFile, mode, at);
    }

    Entry withMethod(int other, int bits) {
      return new Entry(name, data, other, bits, size, packed, mode, at);
    }

    Entry at(long position) {
      return new Entry(name, data, method, flags, size, packed, mode, position);
    }
  }

  ZipBytes add(Entry entry) {
    entries.add(entry);
    return this;
  }

  ZipBytes add(String name, byte[] data) {
    return add(Entry.stored(name, data));
  }

  ZipBytes withComment(int length) {
    comment = length;
    return this;
  }

  byte[] bytes() {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    ByteArrayOutputStream table = new ByteArrayOutputStream();
    for (Entry e : entries) {
      long header = out.size();
      byte[] name = e.name().getBytes(StandardCharsets.UTF_8);
      ByteBuffer local = buffer(30).putInt(0x04034b50).putShort((short) 20).putShort((short) 0);
      local.putShort((short) e.method()).putInt(0).putInt(0);
      local.putInt((int) e.packed()).putInt((int) e.size()).putShort((short) name.length);
      append(out, local.putShort((short) 0).flip());
      out.writeBytes(name);
      append(out, e.data().duplicate());
      boolean wide = e.size() >>> 32 != 0 || e.packed() >>> 32 != 0;
      ByteBuffer central = buffer(46).putInt(0x02014b50).putShort((short) (3 << 8 | 20));
      central.putShort((short) 20).putShort((short) e.flags()).putShort((short) e.method());
      central.putInt(0).putInt(0);
      central.putInt(wide ? -1 : (int) e.packed()).putInt(wide ? -1 : (int) e.size());
      central.putShort((short) name.length).putShort((short) (wide ? 20 : 0));
      central.putShort((short) 0).putShort((short) 0).putShort((short) 0);
      central.putInt(e.mode() << 16).putInt((int) (e.at() < 0 ? header : e.at()));
      append(table, central.flip());
      table.writeBytes(name);
      if (wide) {
        ByteBuffer extra = buffer(20).putShort((short) 1).putShort((short) 16);
        append(table, extra.putLong(e.size()).putLong(e.packed()).flip());
      }
    }
    long begin = out.size();
    out.writeBytes(table.toByteArray());
    ByteBuffer end = buffer(22).putInt(0x06054b50).putInt(0);
    end.putShort((short) entries.size()).putShort((short) entries.size());
    end.putInt(table.size()).putInt((int) begin).putShort((short) comment);
    append(out, end.flip());
    out.writeBytes(new byte[comment]);
    return out.toByteArray();
  }

  private static void append(ByteArrayOutputStream out, ByteBuffer bytes) {
    byte[] copy = new byte[bytes.remaining()];
    bytes.get(copy);
    out.writeBytes(copy);
  }

  private static ByteBuffer buffer(int length) {
    return ByteBuffer.allocate(length).order(ByteOrder.LITTLE_ENDIAN);
  }
}
