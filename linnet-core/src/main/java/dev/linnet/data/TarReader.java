package dev.linnet.data;

import com.github.luben.zstd.ZstdInputStream;
import dev.linnet.base.AtomicFile;
import dev.linnet.base.LinnetException;
import dev.linnet.base.OneLine;
import java.io.BufferedInputStream;
import java.io.EOFException;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.zip.GZIPInputStream;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.apache.commons.compress.archivers.tar.TarConstants;
import org.apache.commons.compress.archivers.tar.TarFile;
import org.apache.commons.compress.archivers.tar.TarUtils;
import org.jspecify.annotations.Nullable;

/**
 * Tars read in place. A plain one is indexed once and its members are read by their offset; a
 * compressed one is read through once and its members are held in memory as they are, JPEGs as
 * JPEGs, up to a limit.
 */
final class TarReader {
  /** What a compressed tar may take: 1 GiB, and no more than a third of the heap. */
  static final long HELD_MOST = Math.min(1L << 30, Runtime.getRuntime().maxMemory() / 3);

  private static final int RECORD = 512;
  private static final int BUFFER = 1 << 16;

  /** With all that belongs to it: a long name, attributes. */
  private static final long LARGEST_HEADER = 1 << 20;

  private final Path file;
  private final Disk disk;
  private final long heldMost;
  private final List<PackedTree.Member> members = new ArrayList<>();
  private final List<String> skipped = new ArrayList<>();
  private int skippedCount;

  private TarReader(Path file, Disk disk, long heldMost) {
    this.file = file;
    this.disk = disk;
    this.heldMost = heldMost;
  }

  /** How a tar is packed. */
  enum Packing {
    PLAIN,
    GZIP,
    ZSTD
  }

  /** How the file is packed if it is a tar, by its first bytes and not by its name. */
  static Optional<Packing> packing(Path file) throws IOException {
    byte[] head;
    try (InputStream in = Files.newInputStream(file)) {
      head = in.readNBytes(RECORD);
    }
    if (isTarHeader(head)) {
      return Optional.of(Packing.PLAIN);
    }
    for (Packing packing : List.of(Packing.GZIP, Packing.ZSTD)) {
      if (isPacked(head, packing)) {
        try (InputStream in = open(file, packing)) {
          return isTarHeader(in.readNBytes(RECORD)) ? Optional.of(packing) : Optional.empty();
        } catch (EOFException e) {
          return Optional.empty();
        }
      }
    }
    return Optional.empty();
  }

  /** Whether a file's name says that it is a tar of any packing, read here or not. */
  static boolean isNamedTar(String name) {
    return !stem(name).equals(name);
  }

  /** A tar's name without its ending: {@code train.tar.gz} gives {@code train}. */
  static String stem(String name) {
    String lower = name.toLowerCase(Locale.ROOT);
    for (String ending : ENDINGS) {
      if (lower.endsWith(ending)) {
        return name.substring(0, name.length() - ending.length());
      }
    }
    return name;
  }

  private static final List<String> ENDINGS =
      List.of(
          ".tar", ".tar.gz", ".tgz", ".tar.zst", ".tzst", ".tar.bz2", ".tbz2", ".tar.xz", ".txz");

  /**
   * Reads the index of a tar.
   *
   * @throws LinnetException if it is cut short, broken, too large to hold, or has a member whose
   *     path leads out of it
   */
  static Tree read(Path file, Disk disk) {
    return read(file, disk, HELD_MOST);
  }

  static Tree read(Path file, Disk disk, long heldMost) {
    TarReader reader = new TarReader(file, disk, heldMost);
    try {
      Packing packing =
          packing(file)
              .orElseThrow(
                  () ->
                      new LinnetException(
                          file
                              + ": is no tar that can be read; must be .tar, .tar.gz or .tar.zst:"
                              + " pack it again, or unpack it into a folder"));
      if (packing == Packing.PLAIN) {
        reader.index();
      } else {
        reader.hold(packing);
      }
    } catch (IOException | IllegalArgumentException e) {
      throw reader.broken(e);
    }
    return PackedTree.of(file.toString(), reader.members, reader.warnings());
  }

  private void index() throws IOException {
    long length = Files.size(file);
    try (TarFile tar = new TarFile(file)) {
      for (TarArchiveEntry entry : tar.getEntries()) {
        String path = PackedTree.safePath(file.toString(), entry.getName());
        if (accept(entry, path)) {
          long offset = entry.getDataOffset();
          long size = entry.getSize();
          if (size < 0 || offset < 0 || size > length - offset) {
            throw new EOFException("member \"" + entry.getName() + "\" reaches past its end");
          }
          members.add(new PackedTree.Member(path, size, () -> readAt(offset, size)));
        }
      }
    }
  }

  private byte[] readAt(long offset, long size) throws IOException {
    if (size > Disk.MOST) {
      throw new IOException("%d bytes, which is too large for one file".formatted(size));
    }
    return disk.read(file, offset, (int) size);
  }

  private void hold(Packing packing) throws IOException {
    long held = 0;
    try (Metered in = new Metered(open(file, packing));
        TarArchiveInputStream tar = new TarArchiveInputStream(in)) {
      for (TarArchiveEntry entry = next(tar, in); entry != null; entry = next(tar, in)) {
        String path = PackedTree.safePath(file.toString(), entry.getName());
        if (!accept(entry, path)) {
          continue;
        }
        long size = entry.getSize();
        if (size < 0 || held + size > heldMost) {
          throw new LinnetException(
              ("%s: holds more than the %d MB that a compressed tar may take in memory; unpack it"
                      + " into a folder, or decompress it to a plain .tar, which is read in place")
                  .formatted(file, heldMost >> 20));
        }
        byte[] content = tar.readNBytes((int) size);
        if (content.length < size) {
          throw new EOFException("member \"" + entry.getName() + "\" is cut");
        }
        held += size;
        members.add(new PackedTree.Member(path, size, () -> content));
      }
    }
  }

  /** The next member; its long name and attributes are headers too, which deflate to nothing. */
  private static @Nullable TarArchiveEntry next(TarArchiveInputStream tar, Metered in)
      throws IOException {
    in.left = Long.MAX_VALUE;
    if (tar.getCurrentEntry() != null) {
      tar.skip(Long.MAX_VALUE);
    }
    in.left = LARGEST_HEADER;
    TarArchiveEntry entry = tar.getNextEntry();
    in.left = Long.MAX_VALUE;
    return entry;
  }

  /** Refuses to give more bytes than are left. */
  private static final class Metered extends FilterInputStream {
    long left = Long.MAX_VALUE;

    Metered(InputStream in) {
      super(in);
    }

    @Override
    public int read() throws IOException {
      byte[] one = new byte[1];
      return read(one, 0, 1) < 0 ? -1 : one[0] & 0xFF;
    }

    @Override
    public int read(byte[] target, int offset, int length) throws IOException {
      if (left <= 0) {
        throw new IOException("a header has more than %d bytes".formatted(LARGEST_HEADER));
      }
      int n = super.read(target, offset, (int) Math.min(length, left));
      left -= Math.max(0, n);
      return n;
    }
  }

  /** Whether a member is a file to be listed; links and devices are noted. */
  private boolean accept(TarArchiveEntry entry, String path) {
    if (entry.isDirectory() || PackedTree.isHidden(path)) {
      return false;
    }
    if (!isPlainFile(entry)) {
      skippedCount++;
      if (skipped.size() < 3) {
        skipped.add(OneLine.of(path));
      }
      return false;
    }
    return true;
  }

  private static boolean isPlainFile(TarArchiveEntry entry) {
    byte kind = entry.getLinkFlag();
    boolean normal =
        kind == TarConstants.LF_NORMAL
            || kind == TarConstants.LF_OLDNORM
            || kind == TarConstants.LF_CONTIG;
    return normal && !entry.isSparse();
  }

  private List<String> warnings() {
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

  private LinnetException broken(Exception e) {
    String reason =
        e instanceof IOException io ? AtomicFile.reason(io) : String.valueOf(e.getMessage());
    return new LinnetException(
        "%s: is cut short or broken after %d members (%s); fetch or pack it again"
            .formatted(file, members.size(), reason.lines().findFirst().orElse("unknown")),
        e);
  }

  private static InputStream open(Path file, Packing packing) throws IOException {
    InputStream in = new BufferedInputStream(Files.newInputStream(file), BUFFER);
    try {
      return switch (packing) {
        case PLAIN -> in;
        case GZIP -> new BufferedInputStream(new GZIPInputStream(in, BUFFER), BUFFER);
        case ZSTD -> new BufferedInputStream(new ZstdInputStream(in), BUFFER);
      };
    } catch (IOException e) {
      in.close();
      throw e;
    }
  }

  private static boolean isPacked(byte[] head, Packing packing) {
    int[] magic =
        switch (packing) {
          case PLAIN -> new int[0];
          case GZIP -> new int[] {0x1F, 0x8B};
          case ZSTD -> new int[] {0x28, 0xB5, 0x2F, 0xFD};
        };
    for (int i = 0; i < magic.length; i++) {
      if (head.length <= i || (head[i] & 0xFF) != magic[i]) {
        return false;
      }
    }
    return true;
  }

  /** A record whose checksum is right; one of zeros only (an empty tar) counts too. */
  private static boolean isTarHeader(byte[] head) {
    if (head.length < RECORD) {
      return false;
    }
    if (Arrays.equals(head, new byte[RECORD])) {
      return true;
    }
    try {
      return TarUtils.verifyCheckSum(head);
    } catch (IllegalArgumentException e) {
      return false; // no octal number where the checksum stands
    }
  }
}
