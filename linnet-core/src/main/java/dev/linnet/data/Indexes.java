package dev.linnet.data;

import dev.linnet.base.AtomicFile;
import dev.linnet.base.LinnetException;
import dev.linnet.base.Sha256;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Optional;
import java.util.zip.CRC32;
import org.jspecify.annotations.Nullable;

/**
 * Indexes of large data sets, kept in the cache so that they are not read twice. What is broken, of
 * another version or of another place counts as absent; what cannot be written costs time only.
 */
final class Indexes {
  /** Keeps nothing. */
  static final Indexes NONE = new Indexes(null, true);

  private static final Logger LOG = System.getLogger(Indexes.class.getName());
  private static final byte[] MAGIC = "linnet index 1\n".getBytes(StandardCharsets.UTF_8);
  private static final long MOST = 1L << 30;
  private static final int NAME = 32;

  private final @Nullable Path folder;
  private final boolean reads;

  private Indexes(@Nullable Path folder, boolean reads) {
    this.folder = folder;
    this.reads = reads;
  }

  /** Those below the folder of the cache. */
  static Indexes in(Path cache) {
    return new Indexes(cache.resolve("index"), true);
  }

  /** The same, but what is kept is not read, only written anew. */
  Indexes renewed() {
    return new Indexes(folder, false);
  }

  /**
   * What was written last.
   *
   * @param kind of index, with its version, such as {@code shards-1}
   * @param place what it is the index of
   */
  Optional<ByteBuffer> read(String kind, String place) {
    if (folder == null || !reads) {
      return Optional.empty();
    }
    Path file = file(folder, kind, place);
    try {
      if (!Files.isRegularFile(file) || Files.size(file) > MOST) {
        return Optional.empty();
      }
      byte[] bytes = Files.readAllBytes(file);
      byte[] head = head(kind, place);
      int end = bytes.length - Long.BYTES;
      if (end < head.length || !startsWith(bytes, head)) {
        return Optional.empty();
      }
      CRC32 crc = new CRC32();
      crc.update(bytes, 0, end);
      if (ByteBuffer.wrap(bytes).getLong(end) != crc.getValue()) {
        return Optional.empty();
      }
      return Optional.of(ByteBuffer.wrap(bytes, head.length, end - head.length).slice());
    } catch (IOException | OutOfMemoryError e) {
      LOG.log(Level.DEBUG, file + ": cannot be read", e);
      return Optional.empty();
    }
  }

  /** Keeps an index for the next time. */
  void write(String kind, String place, byte[] content) {
    if (folder == null) {
      return;
    }
    byte[] head = head(kind, place);
    if (content.length > MOST - head.length - Long.BYTES) {
      return;
    }
    ByteBuffer bytes = ByteBuffer.allocate(head.length + content.length + Long.BYTES);
    bytes.put(head).put(content);
    CRC32 crc = new CRC32();
    crc.update(bytes.array(), 0, bytes.position());
    bytes.putLong(crc.getValue());
    Path file = file(folder, kind, place);
    try {
      AtomicFile.write(file, bytes.array());
    } catch (LinnetException e) {
      LOG.log(Level.DEBUG, file + ": cannot be written", e);
    }
  }

  private static boolean startsWith(byte[] bytes, byte[] head) {
    return Arrays.equals(bytes, 0, head.length, head, 0, head.length);
  }

  private static byte[] head(String kind, String place) {
    byte[] names = (kind + "\n" + place + "\n").getBytes(StandardCharsets.UTF_8);
    return ByteBuffer.allocate(MAGIC.length + names.length).put(MAGIC).put(names).array();
  }

  private static Path file(Path folder, String kind, String place) {
    byte[] digest = Sha256.digest().digest(place.getBytes(StandardCharsets.UTF_8));
    return folder.resolve(kind + "-" + HexFormat.of().formatHex(digest).substring(0, NAME));
  }
}
