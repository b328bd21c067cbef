package dev.linnet.data;

import dev.linnet.base.AtomicFile;
import dev.linnet.base.LinnetException;
import dev.linnet.base.OneLine;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.zip.CRC32;
import java.util.zip.DataFormatException;
import java.util.zip.Inflater;
import org.apache.commons.compress.archivers.zip.ZipArchiveEntry;
import org.apache.commons.compress.archivers.zip.ZipFile;

/**
 * Zips read in place: the index is read once, and each member is found by its offset and unpacked
 * when it is wanted, checked against its checksum.
 */
final class ZipReader {
  /** Deflate makes no more than that of a byte. */
  private static final long MOST_FOR_A_BYTE = 1032;

  private static final byte[] START = {'P', 'K', 3, 4};

  private final Path file;
  private final Disk disk;
  private final List<PackedTree.Member> members = new ArrayList<>();
  private final List<String> skipped = new ArrayList<>();

  private ZipReader(Path file, Disk disk) {
    this.file = file;
    this.disk = disk;
  }

  /** Whether a file is a zip, by its first bytes. */
  static boolean isZip(Path file) throws IOException {
    try (InputStream in = Files.newInputStream(file)) {
      return java.util.Arrays.equals(in.readNBytes(START.length), START);
    }
  }

  /**
   * Reads the index of a zip.
   *
   * @throws LinnetException if it is cut short or broken, has a member whose path leads out of it,
   *     or one that is encrypted or packed otherwise than deflated
   */
  static Tree read(Path file, Disk disk) {
    ZipReader reader = new ZipReader(file, disk);
    try {
      reader.index();
    } catch (IOException | IllegalArgumentException e) {
      throw reader.broken(e);
    }
    return PackedTree.of(file.toString(), reader.members, reader.warnings());
  }

  private void index() throws IOException {
    long length = Files.size(file);
    try (ZipFile zip = ZipFile.builder().setPath(file).get()) {
      for (ZipArchiveEntry entry : Collections.list(zip.getEntriesInPhysicalOrder())) {
        String path = PackedTree.safePath(file.toString(), entry.getName());
        if (!entry.isDirectory() && !PackedTree.isHidden(path) && accept(entry, path)) {
          Place place =
              new Place(
                  entry.getDataOffset(),
                  entry.getCompressedSize(),
                  entry.getSize(),
                  entry.getMethod(),
                  entry.getCrc());
          place.check(entry.getName(), length);
          members.add(new PackedTree.Member(path, place.size(), () -> read(place)));
        }
      }
    }
  }

  /** Whether a member is a file that can be read; links are noted. */
  private boolean accept(ZipArchiveEntry entry, String path) {
    if (entry.isUnixSymlink()) {
      skipped.add(OneLine.of(path));
      return false;
    }
    boolean known =
        entry.getMethod() == ZipArchiveEntry.STORED
            || entry.getMethod() == ZipArchiveEntry.DEFLATED;
    if (!known || entry.getGeneralPurposeBit().usesEncryption()) {
      throw new LinnetException(
          "%s: member \"%s\" is %s; must be deflated or stored: pack it again, or unpack it into a"
                  .formatted(
                      file,
                      OneLine.of(path),
                      known ? "encrypted" : "packed by method " + entry.getMethod())
              + " folder");
    }
    return true;
  }

  /**
   * Where a member lies.
   *
   * @param offset of its bytes in the file
   * @param packed bytes there
   * @param size bytes unpacked
   * @param method stored or deflated
   * @param crc checksum of what is unpacked
   */
  private record Place(long offset, long packed, long size, int method, long crc) {
    /** Refuses what cannot be before memory is taken for it. */
    void check(String name, long length) throws IOException {
      if (offset < 0 || packed < 0 || size < 0 || packed > length - offset) {
        throw new EOFException("member \"" + OneLine.of(name) + "\" reaches past its end");
      }
      boolean lies =
          method == ZipArchiveEntry.STORED ? size != packed : size > MOST_FOR_A_BYTE * (packed + 1);
      if (lies) {
        throw new IOException(
            "member \"%s\" claims %d bytes, which %d cannot hold"
                .formatted(OneLine.of(name), size, packed));
      }
    }
  }

  private byte[] read(Place place) throws IOException {
    if (place.size() > Disk.MOST || place.packed() > Disk.MOST) {
      throw new IOException("%d bytes, which is too large for one file".formatted(place.size()));
    }
    byte[] packed = disk.read(file, place.offset(), (int) place.packed());
    byte[] content =
        place.method() == ZipArchiveEntry.STORED ? packed : inflated(packed, (int) place.size());
    CRC32 crc = new CRC32();
    crc.update(content);
    if (crc.getValue() != place.crc()) {
      throw new IOException("its checksum is wrong");
    }
    return content;
  }

  private static byte[] inflated(byte[] packed, int size) throws IOException {
    Inflater inflater = new Inflater(true);
    try {
      inflater.setInput(packed);
      byte[] content = new byte[size];
      int filled = 0;
      while (filled < size) {
        int n = inflater.inflate(content, filled, size - filled);
        if (n == 0) {
          throw new EOFException("ends after %d of %d bytes".formatted(filled, size));
        }
        filled += n;
      }
      return content;
    } catch (DataFormatException e) {
      throw new IOException("is no deflated data", e);
    } finally {
      inflater.end();
    }
  }

  private List<String> warnings() {
    return skipped.isEmpty()
        ? List.of()
        : List.of(
            "%s: %d %s skipped: %s"
                .formatted(
                    file,
                    skipped.size(),
                    skipped.size() == 1 ? "link is" : "links are",
                    ClassFolders.some(skipped)));
  }

  private LinnetException broken(Exception e) {
    String reason =
        e instanceof IOException io ? AtomicFile.reason(io) : String.valueOf(e.getMessage());
    return new LinnetException(
        "%s: is cut short or broken (%s); fetch or pack it again"
            .formatted(file, reason.lines().findFirst().orElse("unknown")),
        e);
  }
}
