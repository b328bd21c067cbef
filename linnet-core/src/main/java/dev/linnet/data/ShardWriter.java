package dev.linnet.data;

import dev.linnet.base.AtomicFile;
import dev.linnet.base.Check;
import dev.linnet.base.LinnetException;
import dev.linnet.base.RandomState;
import dev.linnet.image.BadPictureException;
import dev.linnet.image.ColorMode;
import dev.linnet.image.DecodeOptions;
import dev.linnet.image.ImageHeader;
import dev.linnet.image.Orientation;
import dev.linnet.image.PngWriter;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;

/**
 * Writes a data set as WebDataset shards: {@code SPLIT-000000.tar} … with {@code KEY.jpg} as it
 * lies there and {@code KEY.cls}, the number of its class, and {@code classes.txt} with the names.
 *
 * <p>Pictures that are no files (IDX, CIFAR, boxes) become PNG. The same data, seed and sizes give
 * the same bytes. The folder is complete or absent.
 */
public final class ShardWriter {
  private static final long ORDER_STREAM = 51;
  private static final int HEADER = 512;

  private final DataSource source;
  private final Options options;
  private final Consumer<String> warnings;
  private final Map<Split, Integer> written = new EnumMap<>(Split.class);
  private int shards;
  private long bytes;

  private ShardWriter(DataSource source, Options options, Consumer<String> warnings) {
    this.source = source;
    this.options = options;
    this.warnings = warnings;
  }

  /**
   * How shards are cut.
   *
   * @param pictures of a shard at most, at least 1
   * @param bytes of a shard at most, about, at least 1; a larger picture has a shard of its own
   * @param shuffled whether pictures are mixed first, by seed, so that a reader's buffer mixes well
   * @param seed of that
   */
  public record Options(int pictures, long bytes, boolean shuffled, long seed) {
    /** 10000 pictures or 1 GB, mixed. */
    public static final Options DEFAULT = new Options(10_000, 1_000_000_000, true, 0);

    public Options {
      Check.that(pictures >= 1, "--shard-size", pictures, "at least 1");
      Check.that(bytes >= 1, "--max-bytes", bytes, "at least 1");
    }
  }

  /**
   * What was written.
   *
   * @param pictures of each split
   * @param shards of all splits
   * @param bytes of all shards
   */
  public record Written(Map<Split, Integer> pictures, int shards, long bytes) {
    public Written {
      pictures = Map.copyOf(pictures);
    }
  }

  /**
   * Writes all splits of a data set.
   *
   * @param folder that does not exist yet
   * @param warnings hears one line for each picture that cannot be read and is left out
   * @throws LinnetException if the disk is full, the folder cannot be written, or no picture can be
   *     read
   */
  public static Written write(
      DataSource source, Path folder, Options options, Consumer<String> warnings) {
    return new ShardWriter(source, options, warnings).write(folder);
  }

  private Written write(Path folder) {
    Path target = folder.toAbsolutePath().normalize();
    Path beside =
        target.resolveSibling(
            "." + target.getFileName() + "." + ProcessHandle.current().pid() + ".tmp");
    try {
      Files.createDirectories(beside);
      for (Map.Entry<Split, StoredSet> split : source.stored().entrySet()) {
        write(split.getKey(), split.getValue(), beside);
      }
      if (written.values().stream().allMatch(count -> count == 0)) {
        throw new LinnetException(source.where() + ": none of its pictures can be read");
      }
      AtomicFile.write(beside.resolve("classes.txt"), String.join("\n", source.classes()) + "\n");
      Files.move(beside, target, StandardCopyOption.ATOMIC_MOVE);
      return new Written(written, shards, bytes);
    } catch (IOException e) {
      throw new LinnetException(
          "%s: cannot be written (%s); free space or choose another place"
              .formatted(folder, AtomicFile.reason(e)),
          e);
    } finally {
      delete(beside);
    }
  }

  private void write(Split split, StoredSet set, Path folder) {
    int[] order =
        options.shuffled()
            ? RandomState.of(options.seed())
                .at(ORDER_STREAM, split.key().hashCode())
                .permutation(set.size())
            : IntStream.range(0, set.size()).toArray();
    Map<String, Integer> keys = new HashMap<>();
    int next = 0;
    int all = 0;
    for (int shard = 0; next < order.length; shard++) {
      Path file = folder.resolve(String.format(Locale.ROOT, "%s-%06d.tar", split.key(), shard));
      int[] from = {next, 0};
      AtomicFile.write(file, channel -> shard(channel, set, order, from, keys));
      next = from[0];
      all += from[1];
      try {
        if (from[1] == 0) {
          Files.delete(file); // nothing but broken pictures
          continue;
        }
        bytes += Files.size(file);
      } catch (IOException e) {
        throw new LinnetException(file + ": was there just now", e);
      }
      shards++;
    }
    written.put(split, all);
  }

  /** Fills one shard; moves the first of {@code from} on, and counts pictures in the second. */
  private void shard(
      FileChannel channel, StoredSet set, int[] order, int[] from, Map<String, Integer> keys)
      throws IOException {
    OutputStream out = Channels.newOutputStream(channel);
    try (TarArchiveOutputStream tar = new TarArchiveOutputStream(keptOpen(out), "UTF-8")) {
      tar.setLongFileMode(TarArchiveOutputStream.LONGFILE_POSIX);
      tar.setAddPaxHeadersForNonAsciiNames(true);
      long filled = 0;
      while (from[0] < order.length && from[1] < options.pictures()) {
        int index = order[from[0]];
        byte[] content;
        String ending;
        try {
          content = content(set, index);
          ending = ending(set, index, content);
        } catch (BadPictureException e) {
          warnings.accept(e.getMessage() + " (left out)");
          from[0]++;
          continue;
        }
        if (from[1] > 0 && filled + content.length > options.bytes()) {
          break;
        }
        String key = key(set, index, keys);
        add(tar, key + "." + ending, content);
        byte[] label = String.valueOf(set.label(index)).getBytes(StandardCharsets.UTF_8);
        add(tar, key + ".cls", label);
        filled += content.length + 3 * HEADER;
        from[0]++;
        from[1]++;
      }
    }
  }

  /** As they are stored; pictures that are no file of their own as PNG. */
  private static byte[] content(StoredSet set, int index) {
    if (isFile(set, index)) {
      try {
        return set.content(index);
      } catch (IOException e) {
        throw new BadPictureException(
            set.where(index), "cannot be read (" + AtomicFile.reason(e) + ")", e);
      }
    }
    int channels = set.info(index).channels();
    DecodeOptions stored = DecodeOptions.DEFAULT.withOrientation(Orientation.IGNORE);
    return PngWriter.write(
        set.read(index, channels == 1 ? stored.withColor(ColorMode.GRAY) : stored));
  }

  private static boolean isFile(StoredSet set, int index) {
    return !set.isInMemory() && set.cutOut(index).isEmpty();
  }

  private static String ending(StoredSet set, int index, byte[] content) {
    if (!isFile(set, index)) {
      return "png";
    }
    String name = set.name(index);
    String ending = name.substring(name.lastIndexOf('.') + 1).toLowerCase(Locale.ROOT);
    return ClassFolders.hasPictureEnding(ending)
        ? ending
        : PictureInfo.of(ImageHeader.read(content, set.where(index))).format();
  }

  /** The picture's name without dots, so that its key ends where its ending begins. */
  private static String key(StoredSet set, int index, Map<String, Integer> keys) {
    String name = set.name(index);
    int slash = name.lastIndexOf('/');
    int dot = name.lastIndexOf('.');
    String stem = dot > slash ? name.substring(0, dot) : name;
    int last = stem.lastIndexOf('/') + 1;
    String key = stem.substring(0, last) + stem.substring(last).replace('.', '_');
    key = Split.of(top(key)).isPresent() && last > 0 ? key.substring(key.indexOf('/') + 1) : key;
    int before = keys.merge(key, 1, Integer::sum);
    return before == 1 ? key : key(keys, key, before);
  }

  private static String key(Map<String, Integer> keys, String key, int number) {
    String numbered = key + "-" + number;
    return keys.merge(numbered, 1, Integer::sum) == 1 ? numbered : key(keys, key, number + 1);
  }

  private static String top(String path) {
    int slash = path.indexOf('/');
    return slash < 0 ? path : path.substring(0, slash);
  }

  /** Nothing of the machine or the moment goes in. */
  private static void add(TarArchiveOutputStream tar, String name, byte[] content)
      throws IOException {
    TarArchiveEntry entry = new TarArchiveEntry(name, true);
    entry.setSize(content.length);
    entry.setModTime(0);
    entry.setIds(0, 0);
    entry.setNames("", "");
    tar.putArchiveEntry(entry);
    tar.write(content);
    tar.closeArchiveEntry();
  }

  /** Closing the tar writes its end, and leaves the file to who opened it. */
  private static OutputStream keptOpen(OutputStream out) {
    return new BufferedOutputStream(out, 1 << 16) {
      @Override
      public void close() throws IOException {
        flush();
      }
    };
  }

  private static void delete(Path folder) {
    if (!Files.isDirectory(folder)) {
      return;
    }
    List<Path> inside = new ArrayList<>();
    try (Stream<Path> all = Files.list(folder)) {
      all.forEach(inside::add);
      for (Path file : inside) {
        Files.delete(file);
      }
      Files.delete(folder);
    } catch (IOException e) {
      // what led here is said
    }
  }
}
