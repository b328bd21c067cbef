package dev.linnet.weights;

import dev.linnet.base.LinnetException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.zip.Inflater;
import java.util.zip.InflaterInputStream;

/**
 * The table of a zip file that {@code torch.save} wrote: where the bytes of each entry lie. The
 * JDK's reader does not say that, and a stored entry needs no more.
 *
 * <p>Source: APPNOTE.TXT 6.3.10 of PKWARE, §4.3 and §4.5.3 (zip64). Nothing is unpacked to disk;
 * names that lead elsewhere are refused all the same, since no honest file has them.
 */
final class ZipIndex {
  private static final int END = 0x06054b50;
  private static final int END64 = 0x06064b50;
  private static final int LOCATOR64 = 0x07064b50;
  private static final int CENTRAL = 0x02014b50;
  private static final int LOCAL = 0x04034b50;
  private static final int END_SIZE = 22;
  private static final int LOCATOR_SIZE = 20;
  private static final int CENTRAL_SIZE = 46;
  private static final int LOCAL_SIZE = 30;
  private static final int LONGEST_COMMENT = 0xffff;
  private static final int MOST_ENTRIES = 200_000;
  private static final int LARGEST_TABLE = 1 << 26;
  private static final int STORED = 0;
  private static final int DEFLATED = 8;

  /** No byte of a deflated stream makes more than 1032: a match of 258 in two bits. */
  private static final int MOST_INFLATED = 1032;

  private final RawFile file;
  private final Map<String, Entry> entries;

  /**
   * An entry.
   *
   * @param method 0 stored, 8 deflated
   * @param packed bytes in the file
   * @param size bytes when unpacked
   * @param header position of its local header
   * @param end where the next entry or the table begins
   */
  private record Entry(String name, int method, long packed, long size, long header, long end) {
    Entry withEnd(long position) {
      return new Entry(name, method, packed, size, header, position);
    }
  }

  private ZipIndex(RawFile file, Map<String, Entry> entries) {
    this.file = file;
    this.entries = entries;
  }

  /**
   * Reads the table.
   *
   * @throws LinnetException if it is broken, too large, or has names that no honest file has
   */
  static ZipIndex of(RawFile file) {
    ByteBuffer end = end(file);
    long count = end.getShort(10) & 0xffff;
    long size = end.getInt(12) & 0xffffffffL;
    long offset = end.getInt(16) & 0xffffffffL;
    long position = file.size() - end.limit();
    if (position >= LOCATOR_SIZE) {
      ByteBuffer locator = read(file, position - LOCATOR_SIZE, LOCATOR_SIZE);
      if (locator.getInt(0) == LOCATOR64) {
        position = locator.getLong(8);
        ByteBuffer end64 = read(file, position, 56);
        if (end64.getInt(0) != END64) {
          throw broken(file.path(), "its zip64 end is not where it should be");
        }
        count = end64.getLong(32);
        size = end64.getLong(40);
        offset = end64.getLong(48);
      }
    }
    if (count < 0 || count > MOST_ENTRIES || size < 0 || size > LARGEST_TABLE) {
      throw broken(
          file.path(),
          "its table claims "
              + Long.toUnsignedString(count)
              + " entries in "
              + Long.toUnsignedString(size)
              + " bytes");
    }
    if (offset < 0 || offset > position || size > position - offset) {
      throw broken(
          file.path(),
          "its table should lie at " + Long.toUnsignedString(offset) + ", but does not");
    }
    Map<String, Entry> entries = entries(file, read(file, offset, (int) size), count);
    return new ZipIndex(file, apart(file.path(), entries, offset));
  }

  /** Names of the entries, in the order of the table. */
  Set<String> names() {
    return entries.keySet();
  }

  /** Bytes of an entry when unpacked; empty if there is none of that name. */
  Optional<Long> size(String name) {
    return Optional.ofNullable(entries.get(name)).map(Entry::size);
  }

  /** Where the bytes of a stored entry begin in the file; empty if it is deflated. */
  Optional<Long> position(String name) {
    Entry entry = entry(name);
    return entry.method() == STORED ? Optional.of(dataPosition(entry)) : Optional.empty();
  }

  /** The bytes of an entry, unpacked, never more than it claims; the caller closes it. */
  InputStream stream(String name) {
    Entry entry = entry(name);
    InputStream packed = new Part(file, dataPosition(entry), entry.packed());
    return entry.method() == STORED ? packed : new Inflating(packed);
  }

  private Entry entry(String name) {
    Entry entry = entries.get(name);
    if (entry == null) {
      throw broken(file.path(), "it has no entry \"" + Quote.name(name) + "\"");
    }
    return entry;
  }

  private long dataPosition(Entry entry) {
    String quoted = Quote.name(entry.name());
    ByteBuffer local = read(file, entry.header(), LOCAL_SIZE);
    int nameLength = local.getShort(26) & 0xffff;
    int extraLength = local.getShort(28) & 0xffff;
    long data = entry.header() + LOCAL_SIZE + nameLength + extraLength;
    ByteBuffer name = read(file, entry.header() + LOCAL_SIZE, nameLength);
    if (local.getInt(0) != LOCAL || !text(name, 0, nameLength).equals(entry.name())) {
      throw broken(file.path(), "its entry \"" + quoted + "\" does not begin where its table says");
    }
    if (entry.packed() > entry.end() - data) {
      throw overlapping(file.path(), entry.name());
    }
    return data;
  }

  // ------------------------------------------------------------------ the table

  /** The last record; its limit is its size with the comment. */
  private static ByteBuffer end(RawFile file) {
    int tail = (int) Math.min(file.size(), END_SIZE + LONGEST_COMMENT);
    ByteBuffer bytes = read(file, file.size() - tail, tail);
    for (int at = tail - END_SIZE; at >= 0; at--) {
      if (bytes.getInt(at) == END && at + END_SIZE + (bytes.getShort(at + 20) & 0xffff) == tail) {
        return bytes.position(at).slice().order(ByteOrder.LITTLE_ENDIAN);
      }
    }
    throw broken(file.path(), "its table is missing; it is cut short");
  }

  private static Map<String, Entry> entries(RawFile file, ByteBuffer table, long count) {
    Map<String, Entry> entries = new LinkedHashMap<>();
    int at = 0;
    for (long i = 0; i < count; i++) {
      if (table.limit() - at < CENTRAL_SIZE || table.getInt(at) != CENTRAL) {
        throw broken(file.path(), "its table is broken at entry " + i);
      }
      int nameLength = table.getShort(at + 28) & 0xffff;
      int extraLength = table.getShort(at + 30) & 0xffff;
      int length = CENTRAL_SIZE + nameLength + extraLength + (table.getShort(at + 32) & 0xffff);
      if (table.limit() - at < length) {
        throw broken(file.path(), "its table is broken at entry " + i);
      }
      Entry entry = entry(file.path(), table, at, nameLength, extraLength);
      if (entries.put(entry.name(), entry) != null) {
        throw broken(file.path(), "its entry \"" + Quote.name(entry.name()) + "\" is there twice");
      }
      at += length;
    }
    return entries;
  }

  /** The same entries with their ends; none may reach into the next one or into the table. */
  private static Map<String, Entry> apart(Path path, Map<String, Entry> entries, long table) {
    List<Entry> sorted = new ArrayList<>(entries.values());
    sorted.sort(Comparator.comparingLong(Entry::header).reversed());
    long end = table;
    for (Entry entry : sorted) {
      if (entry.header() > end - LOCAL_SIZE || entry.packed() > end - LOCAL_SIZE - entry.header()) {
        throw overlapping(path, entry.name());
      }
      entries.put(entry.name(), entry.withEnd(end));
      end = entry.header();
    }
    return entries;
  }

  private static LinnetException overlapping(Path path, String name) {
    return broken(
        path, "its entry \"" + Quote.name(name) + "\" overlaps the next one or the table");
  }

  private static Entry entry(Path path, ByteBuffer table, int at, int nameLength, int extraLength) {
    String name = text(table, at + CENTRAL_SIZE, nameLength);
    String quoted = "its entry \"" + Quote.name(name) + "\" ";
    if (leadsElsewhere(name)) {
      throw broken(path, quoted + "has a path that leads out of the file");
    }
    int type = (table.getShort(at + 4) & 0xff00) >> 8 == 3 ? table.getInt(at + 38) >>> 28 : 0;
    if (type != 0 && type != 8 && type != 4) { // unknown, regular file, folder
      throw broken(path, quoted + "is a link or a device");
    }
    int method = table.getShort(at + 10) & 0xffff;
    if ((table.getShort(at + 8) & 1) != 0 || (method != STORED && method != DEFLATED)) {
      throw broken(
          path, quoted + "is encrypted or packed by a method that torch.save does not use");
    }
    long packed = table.getInt(at + 20) & 0xffffffffL;
    long size = table.getInt(at + 24) & 0xffffffffL;
    long header = table.getInt(at + 42) & 0xffffffffL;
    int extra = at + CENTRAL_SIZE + nameLength;
    int extraEnd = extra + extraLength;
    while (extraEnd - extra >= 4) {
      int id = table.getShort(extra) & 0xffff;
      int length = table.getShort(extra + 2) & 0xffff;
      ByteBuffer wide =
          table
              .duplicate()
              .order(ByteOrder.LITTLE_ENDIAN)
              .limit(Math.min(extraEnd, extra + 4 + length))
              .position(Math.min(extraEnd, extra + 4));
      if (id == 1) {
        size = wide(wide, size);
        packed = wide(wide, packed);
        header = wide(wide, header);
      }
      extra += 4 + length;
    }
    boolean fits =
        packed >= 0
            && header >= 0
            && size >= 0
            && (method == STORED ? packed == size : size / MOST_INFLATED <= packed);
    if (!fits) {
      throw broken(path, quoted + "has sizes that cannot be");
    }
    return new Entry(name, method, packed, size, header, Long.MAX_VALUE);
  }

  /** A field of 32 ones stands in the extra field with 64 bits. */
  private static long wide(ByteBuffer extra, long value) {
    return value == 0xffffffffL && extra.remaining() >= 8 ? extra.getLong() : value;
  }

  private static boolean leadsElsewhere(String name) {
    return name.isEmpty()
        || name.startsWith("/")
        || name.indexOf('\\') >= 0
        || name.indexOf(':') == 1
        || ("/" + name + "/").contains("/../");
  }

  private static String text(ByteBuffer bytes, int at, int length) {
    byte[] text = new byte[length];
    bytes.get(at, text);
    return new String(text, StandardCharsets.UTF_8);
  }

  private static ByteBuffer read(RawFile file, long position, int length) {
    if (position < 0 || position > file.size() - length) {
      throw broken(file.path(), "its table points past the end of the file; it may be cut short");
    }
    ByteBuffer bytes = ByteBuffer.allocate(length).order(ByteOrder.LITTLE_ENDIAN);
    file.read(bytes, position);
    return bytes.flip();
  }

  private static LinnetException broken(Path path, String why) {
    return Unpickler.broken(path, why);
  }

  // ------------------------------------------------------------------ streams

  /** A part of the file. */
  private static final class Part extends InputStream {
    private final RawFile file;
    private final long end;
    private long at;

    Part(RawFile file, long begin, long length) {
      this.file = file;
      this.at = begin;
      this.end = begin + length;
    }

    @Override
    public int read() {
      byte[] one = new byte[1];
      return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] target, int offset, int length) {
      if (length == 0) {
        return 0;
      }
      int n = (int) Math.min(length, end - at);
      if (n <= 0) {
        return -1;
      }
      file.read(ByteBuffer.wrap(target, offset, n), at);
      at += n;
      return n;
    }
  }

  /** Inflates without zlib's header, and frees the inflater. */
  private static final class Inflating extends InflaterInputStream {
    Inflating(InputStream packed) {
      super(packed, new Inflater(true), 1 << 13);
    }

    @Override
    public void close() throws IOException {
      super.close();
      inf.end();
    }
  }
}
