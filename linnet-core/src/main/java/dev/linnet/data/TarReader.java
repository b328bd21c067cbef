package dev.linnet.data;

import dev.linnet.base.AtomicFile;
import dev.linnet.base.LinnetException;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.apache.commons.compress.archivers.tar.TarUtils;

/**
 * Tars read in place. A plain one is indexed once and its members are read by their offset; a
 * compressed one is read through once and its members are held in memory as they are, JPEGs as
 * JPEGs, up to a limit.
 */
final class TarReader {
  /** What a compressed tar may take: 1 GiB, and no more than a third of the heap. */
  static final long HELD_MOST = Math.min(1L << 30, Runtime.getRuntime().maxMemory() / 3);

  private static final int RECORD = 512;

  private final Path file;
  private final Disk disk;
  private final long heldMost;
  private final List<PackedTree.Member> members = new ArrayList<>();
  private List<String> warnings = List.of();

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
        try (InputStream in = TarWalk.unpacked(file, packing)) {
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
      reader.index(packing);
    } catch (IOException e) {
      throw reader.broken(e);
    }
    return PackedTree.of(file.toString(), reader.members, reader.warnings);
  }

  private void index(Packing packing) throws IOException {
    long held = 0;
    try (TarWalk walk = TarWalk.open(file, packing)) {
      for (TarWalk.Member member = walk.next(); member != null; member = walk.next()) {
        long offset = member.offset();
        long size = member.size();
        if (packing == Packing.PLAIN) {
          members.add(new PackedTree.Member(member.path(), size, () -> readAt(offset, size)));
          continue;
        }
        if (size > heldMost - held) {
          throw new LinnetException(
              ("%s: holds more than the %d MB that a compressed tar may take in memory; unpack it"
                      + " into a folder, or decompress it to a plain .tar, which is read in place")
                  .formatted(file, heldMost >> 20));
        }
        byte[] content = walk.content(member, (int) size);
        held += size;
        members.add(new PackedTree.Member(member.path(), size, () -> content));
      }
      warnings = walk.warnings();
    }
  }

  private byte[] readAt(long offset, long size) throws IOException {
    if (size > Disk.MOST) {
      throw new IOException("%d bytes, which is too large for one file".formatted(size));
    }
    return disk.read(file, offset, (int) size);
  }

  private LinnetException broken(IOException e) {
    return new LinnetException(
        "%s: is cut short or broken after %d members (%s); fetch or pack it again"
            .formatted(file, members.size(), AtomicFile.reason(e)),
        e);
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
