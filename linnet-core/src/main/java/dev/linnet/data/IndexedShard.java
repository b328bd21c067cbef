package dev.linnet.data;

import dev.linnet.base.AtomicFile;
import dev.linnet.base.InvalidValueException;
import dev.linnet.base.LinnetException;
import dev.linnet.image.ImageSize;
import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * A shard with its index, which is kept in the cache with the shard's length and time, and read
 * from the shard again where one of the two is another.
 *
 * @param length of the file in bytes
 * @param modified when the file was changed, in ns since 1970
 */
record IndexedShard(
    Path file, long length, long modified, TarReader.Packing packing, ShardIndex index) {
  private static final String KIND = "shards-1";

  /** Smaller sets are indexed faster than it is worth to keep. */
  private static final long WORTH = 64L << 20;

  private static final String NO_TAR = "is no tar that can be read (plain, gz or zst)";

  /** The line that says where it breaks off. */
  String cut() {
    int whole = index.samples().size();
    return "%s: %s; %s before it %s whole"
        .formatted(
            file,
            index.broke(),
            whole == 1 ? "1 sample" : whole + " samples",
            whole == 1 ? "is" : "are");
  }

  /**
   * The indexes of shards, from the cache or from the shards.
   *
   * @param place whose shards they are
   * @throws LinnetException if a file cannot be read
   */
  static List<IndexedShard> all(String place, List<Path> files, Indexes indexes) {
    return all(place, files, indexes, WORTH);
  }

  static List<IndexedShard> all(String place, List<Path> files, Indexes indexes, long worth) {
    String absolute = Path.of(place).toAbsolutePath().normalize().toString();
    Map<Path, IndexedShard> known = known(absolute, files, indexes);
    int threads = Runtime.getRuntime().availableProcessors();
    List<IndexedShard> all =
        Chunks.map(files.size(), 1, threads, (i, end) -> one(files.get(i), known));
    long bytes = all.stream().mapToLong(IndexedShard::length).sum();
    boolean isNew =
        all.stream()
            .anyMatch(shard -> !isSame(known.get(shard.file()), shard.length(), shard.modified()));
    if (isNew && bytes >= worth && all.stream().allMatch(IndexedShard::isSettled)) {
      indexes.write(KIND, absolute, bytes(all));
    }
    return all;
  }

  private static IndexedShard one(Path file, Map<Path, IndexedShard> known) {
    try {
      long length = Files.size(file);
      long modified = Files.getLastModifiedTime(file).to(TimeUnit.NANOSECONDS);
      IndexedShard there = known.get(file);
      if (there != null && isSame(there, length, modified)) {
        return there;
      }
      Optional<TarReader.Packing> packing = TarReader.packing(file);
      return packing.isPresent()
          ? new IndexedShard(
              file, length, modified, packing.get(), ShardIndex.read(file, packing.get()))
          : new IndexedShard(
              file,
              length,
              modified,
              TarReader.Packing.PLAIN,
              new ShardIndex(List.of(), NO_TAR, List.of()));
    } catch (IOException e) {
      throw new LinnetException("%s: cannot be read (%s)".formatted(file, AtomicFile.reason(e)), e);
    }
  }

  private static Map<Path, IndexedShard> known(String place, List<Path> files, Indexes indexes) {
    Map<Path, IndexedShard> known = new HashMap<>();
    Optional<ByteBuffer> kept = indexes.read(KIND, place);
    if (kept.isPresent()) {
      try {
        Reader reader = new Reader(kept.get());
        Map<String, Path> wanted = new HashMap<>();
        files.forEach(file -> wanted.put(file.toString(), file));
        for (int left = reader.count(1); left > 0; left--) {
          IndexedShard shard = reader.shard();
          Path file = wanted.get(shard.file().toString());
          if (file != null) {
            known.put(file, shard.at(file));
          }
        }
      } catch (BufferUnderflowException | IllegalArgumentException | InvalidValueException e) {
        return Map.of(); // written by somebody else: read the shards
      }
    }
    return known;
  }

  private static boolean isSame(@Nullable IndexedShard there, long length, long modified) {
    return there != null && there.length() == length && there.modified() == modified;
  }

  /** Whether a later change would show in the file's time, which may be counted in seconds. */
  private boolean isSettled() {
    long now = TimeUnit.MILLISECONDS.toNanos(System.currentTimeMillis());
    return modified < now - TimeUnit.SECONDS.toNanos(3);
  }

  private IndexedShard at(Path same) {
    return new IndexedShard(same, length, modified, packing, index);
  }

  private static byte[] bytes(List<IndexedShard> shards) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (DataOutputStream out = new DataOutputStream(bytes)) {
      out.writeInt(shards.size());
      for (IndexedShard shard : shards) {
        write(out, shard.file().toString());
        out.writeLong(shard.length());
        out.writeLong(shard.modified());
        write(out, shard.packing().name());
        write(out, shard.index().broke());
        out.writeInt(shard.index().warnings().size());
        for (String warning : shard.index().warnings()) {
          write(out, warning);
        }
        writeSamples(out, shard.index().samples());
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return bytes.toByteArray();
  }

  private static void writeSamples(DataOutputStream out, List<ShardIndex.Sample> samples)
      throws IOException {
    out.writeInt(samples.size());
    for (ShardIndex.Sample sample : samples) {
      write(out, sample.path());
      out.writeLong(sample.offset());
      out.writeLong(sample.size());
      write(out, sample.label());
      PictureInfo info = sample.info();
      out.writeBoolean(info != null);
      if (info != null) {
        write(out, info.format());
        out.writeInt(info.size().height());
        out.writeInt(info.size().width());
        out.writeByte(info.channels());
        out.writeByte(info.exifOrientation());
      }
    }
  }

  private static void write(DataOutputStream out, String text) throws IOException {
    byte[] utf = text.getBytes(StandardCharsets.UTF_8);
    out.writeInt(utf.length);
    out.write(utf);
  }

  /** Reads what was written, and trusts none of it. */
  private static final class Reader {
    private final ByteBuffer in;
    private final Map<String, String> labels = new HashMap<>();

    Reader(ByteBuffer in) {
      this.in = in;
    }

    /** A number of things of so many bytes at least. */
    int count(int bytes) {
      int count = in.getInt();
      if (count < 0 || (long) count * bytes > in.remaining()) {
        throw new IllegalArgumentException("more than there is");
      }
      return count;
    }

    String text() {
      byte[] utf = new byte[count(1)];
      in.get(utf);
      return new String(utf, StandardCharsets.UTF_8);
    }

    IndexedShard shard() {
      Path file = Path.of(text());
      long length = in.getLong();
      long modified = in.getLong();
      TarReader.Packing packing = TarReader.Packing.valueOf(text());
      String broke = text();
      List<String> warnings = new ArrayList<>();
      for (int left = count(1); left > 0; left--) {
        warnings.add(text());
      }
      List<ShardIndex.Sample> samples = new ArrayList<>();
      for (int left = count(1); left > 0; left--) {
        samples.add(sample(packing == TarReader.Packing.PLAIN ? length : Long.MAX_VALUE));
      }
      return new IndexedShard(
          file, length, modified, packing, new ShardIndex(samples, broke, warnings));
    }

    private ShardIndex.Sample sample(long length) {
      String path = text();
      long offset = in.getLong();
      long size = in.getLong();
      if (offset < 0 || size < 0 || size > length - offset || path.isEmpty()) {
        throw new IllegalArgumentException("outside of its shard");
      }
      String label = text();
      String same = labels.putIfAbsent(label, label);
      return new ShardIndex.Sample(path, offset, size, same == null ? label : same, info());
    }

    private @Nullable PictureInfo info() {
      if (in.get() == 0) {
        return null;
      }
      String format = text();
      ImageSize size = new ImageSize(in.getInt(), in.getInt());
      return new PictureInfo(format, size, in.get(), in.get());
    }
  }
}
