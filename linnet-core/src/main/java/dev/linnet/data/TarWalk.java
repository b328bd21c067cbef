package dev.linnet.data;

import com.github.luben.zstd.ZstdInputStream;
import dev.linnet.base.AtomicFile;
import dev.linnet.base.OneLine;
import java.io.BufferedInputStream;
import java.io.Closeable;
import java.io.EOFException;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.SeekableByteChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.GZIPInputStream;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.apache.commons.compress.archivers.tar.TarConstants;
import org.jspecify.annotations.Nullable;

/**
 * One way through a tar, from its first member to its end, or to where it breaks off. What a plain
 * one holds is passed over without being read. One thread.
 */
final class TarWalk implements Closeable {
  private static final int RECORD = 512;
  private static final int BUFFER = 1 << 16;

  /** With all that belongs to it: a long name, attributes. */
  private static final long LARGEST_HEADER = 1 << 20;

  private final Path file;
  private final long length;
  private final Metered in;
  private final TarArchiveInputStream tar;
  private final List<String> skipped = new ArrayList<>();
  private int skippedCount;
  private String last = "";

  private TarWalk(Path file, long length, InputStream in) {
    this.file = file;
    this.length = length;
    this.in = new Metered(in);
    this.tar = new TarArchiveInputStream(this.in);
  }

  /**
   * A plain file in the tar.
   *
   * @param path without parts that lead up
   * @param offset of its content in the tar, unpacked, in bytes
   * @param size in bytes
   */
  record Member(String path, long offset, long size) {}

  /** Says where and why a tar breaks off, as in {@code ends at byte 600 inside member "1.png"}. */
  static final class Broken extends IOException {
    private static final long serialVersionUID = 1;

    Broken(String message, @Nullable Exception cause) {
      super(message, cause);
    }
  }

  static TarWalk open(Path file, TarReader.Packing packing) throws IOException {
    long length = packing == TarReader.Packing.PLAIN ? Files.size(file) : Long.MAX_VALUE;
    return new TarWalk(file, length, unpacked(file, packing));
  }

  /** The content of a packed tar; of a plain one the file, in which skipping reads nothing. */
  static InputStream unpacked(Path file, TarReader.Packing packing) throws IOException {
    if (packing == TarReader.Packing.PLAIN) {
      return new Window(Files.newByteChannel(file));
    }
    InputStream in = new BufferedInputStream(Files.newInputStream(file), BUFFER);
    try {
      return new BufferedInputStream(
          packing == TarReader.Packing.GZIP
              ? new GZIPInputStream(in, BUFFER)
              : new ZstdInputStream(in),
          BUFFER);
    } catch (IOException e) {
      in.close();
      throw e;
    }
  }

  /**
   * The next plain file that is not hidden; null at the end.
   *
   * @throws Broken if the tar breaks off
   * @throws dev.linnet.base.LinnetException if a path leads out of the tar
   */
  @Nullable Member next() throws Broken {
    try {
      for (TarArchiveEntry entry = entry(); entry != null; entry = entry()) {
        String path = PackedTree.safePath(file.toString(), entry.getName());
        if (isFile(entry, path)) {
          last = path;
          Member member = new Member(path, in.position, entry.getSize());
          check(member);
          return member;
        }
      }
      if (!in.sawZeros && in.position % RECORD != 0) {
        throw new EOFException("ends inside a header");
      }
      return null;
    } catch (Broken e) {
      throw e;
    } catch (IOException | IllegalArgumentException e) {
      throw broken(e);
    }
  }

  /**
   * The first bytes of the member that {@link #next} gave.
   *
   * @param most bytes that are read, above 0
   * @throws Broken if the tar ends before
   */
  byte[] content(Member member, int most) throws Broken {
    int wanted = (int) Math.min(member.size(), most);
    try {
      byte[] content = tar.readNBytes(wanted);
      if (content.length < wanted) {
        throw new EOFException("member \"" + OneLine.of(member.path()) + "\" is cut");
      }
      return content;
    } catch (IOException e) {
      throw broken(e);
    }
  }

  /**
   * Whether the two records of zeros that end a tar were there; without them it may have been cut
   * between two members.
   */
  boolean hasEndMark() {
    return in.sawZeros;
  }

  /** What was passed over, one line, or none. */
  List<String> warnings() {
    if (skippedCount == 0) {
      return List.of();
    }
    return List.of(
        "%s: %d %s no plain file (links, devices) skipped: %s%s"
            .formatted(
                file,
                skippedCount,
                skippedCount == 1 ? "member that is" : "members that are",
                String.join(", ", skipped),
                skippedCount > skipped.size() ? ", …" : ""));
  }

  @Override
  public void close() throws IOException {
    tar.close();
  }

  /** The next header; long names and attributes are headers too, which deflate to nothing. */
  private @Nullable TarArchiveEntry entry() throws IOException {
    in.left = Long.MAX_VALUE;
    if (tar.getCurrentEntry() != null) {
      tar.skip(Long.MAX_VALUE);
    }
    in.left = LARGEST_HEADER;
    in.sawZeros = false;
    TarArchiveEntry entry = tar.getNextEntry();
    in.left = Long.MAX_VALUE;
    return entry;
  }

  private void check(Member member) throws Broken {
    if (member.size() < 0) {
      throw new Broken(
          "is broken at byte %d: member \"%s\" claims %d bytes"
              .formatted(in.position, OneLine.of(member.path()), member.size()),
          null);
    }
    if (member.size() > length - member.offset()) {
      throw new Broken(
          "ends at byte %d inside member \"%s\", which goes on to byte %d"
              .formatted(length, OneLine.of(member.path()), member.offset() + member.size()),
          null);
    }
  }

  private Broken broken(Exception e) {
    String reason =
        e instanceof IOException io ? AtomicFile.reason(io) : String.valueOf(e.getMessage());
    return new Broken(
        "is broken at byte %d%s%s (%s)"
            .formatted(
                in.position,
                length == Long.MAX_VALUE ? " unpacked" : "",
                last.isEmpty() ? "" : ", in or behind member \"" + OneLine.of(last) + "\"",
                OneLine.of(reason.lines().findFirst().orElse("unknown"))),
        e);
  }

  /** Whether a member is a file to be listed; links and devices are noted. */
  private boolean isFile(TarArchiveEntry entry, String path) {
    if (entry.isDirectory() || PackedTree.isHidden(path)) {
      return false;
    }
    byte kind = entry.getLinkFlag();
    boolean normal =
        kind == TarConstants.LF_NORMAL
            || kind == TarConstants.LF_OLDNORM
            || kind == TarConstants.LF_CONTIG;
    if (normal && !entry.isSparse()) {
      return true;
    }
    skippedCount++;
    if (skipped.size() < 3) {
      skipped.add(OneLine.of(path));
    }
    return false;
  }

  /** Counts what is read, and refuses to give more than is left. */
  private static final class Metered extends FilterInputStream {
    long left = Long.MAX_VALUE;
    long position;
    boolean sawZeros;

    Metered(InputStream in) {
      super(in);
    }

    @Override
    public int read() throws IOException {
      byte[] one = new byte[1];
      return read(one, 0, 1) < 0 ? -1 : one[0] & 0xFF;
    }

    /** Whole records are read whole, so that those of zeros are known. */
    @Override
    public int read(byte[] target, int offset, int length) throws IOException {
      if (left <= 0) {
        throw new IOException("a header has more than %d bytes".formatted(LARGEST_HEADER));
      }
      int wanted = (int) Math.min(length, left);
      int n =
          length <= RECORD
              ? in.readNBytes(target, offset, wanted)
              : in.read(target, offset, wanted);
      n = n == 0 && wanted > 0 ? -1 : n;
      left -= Math.max(0, n);
      position += Math.max(0, n);
      sawZeros |= n == RECORD && isZero(target, offset);
      return n;
    }

    @Override
    public long skip(long n) throws IOException {
      long passed = in.skip(Math.min(n, left));
      left -= passed;
      position += passed;
      return passed;
    }

    @Override
    public boolean markSupported() {
      return false;
    }

    private static boolean isZero(byte[] record, int offset) {
      for (int i = offset; i < offset + RECORD; i++) {
        if (record[i] != 0) {
          return false;
        }
      }
      return true;
    }
  }

  /** A file of which a little is read ahead, so that skipping costs nothing. */
  private static final class Window extends InputStream {
    private final SeekableByteChannel channel;
    private final ByteBuffer ahead = ByteBuffer.allocate(1 << 12).limit(0);

    Window(SeekableByteChannel channel) {
      this.channel = channel;
    }

    @Override
    public int read() throws IOException {
      byte[] one = new byte[1];
      return read(one, 0, 1) < 0 ? -1 : one[0] & 0xFF;
    }

    @Override
    public int read(byte[] target, int offset, int length) throws IOException {
      if (!ahead.hasRemaining()) {
        if (length >= ahead.capacity()) {
          return channel.read(ByteBuffer.wrap(target, offset, length));
        }
        ahead.clear();
        int n = channel.read(ahead);
        ahead.flip();
        if (n < 0) {
          return -1;
        }
      }
      int n = Math.min(length, ahead.remaining());
      ahead.get(target, offset, n);
      return n;
    }

    @Override
    public long skip(long n) throws IOException {
      long buffered = Math.min(Math.max(0, n), ahead.remaining());
      ahead.position(ahead.position() + (int) buffered);
      long position = channel.position();
      long more = Math.min(Math.max(0, n - buffered), Math.max(0, channel.size() - position));
      channel.position(position + more);
      return buffered + more;
    }

    @Override
    public int available() throws IOException {
      return (int) Math.min(Integer.MAX_VALUE, ahead.remaining() + left());
    }

    private long left() throws IOException {
      return Math.max(0, channel.size() - channel.position());
    }

    @Override
    public void close() throws IOException {
      channel.close();
    }
  }
}
