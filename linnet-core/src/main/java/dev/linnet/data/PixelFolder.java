package dev.linnet.data;

import static java.util.Comparator.comparing;

import dev.linnet.base.OrAuto;
import dev.linnet.base.Sha256;
import dev.linnet.image.DecodeOptions;
import dev.linnet.image.Decoder;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.security.MessageDigest;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * A folder of {@link PixelFile}s, one a set, bounded: where a new one needs room, those that were
 * opened longest ago go.
 */
public final class PixelFolder {
  private static final String ENDING = ".pixels";
  private static final String LOCK = "lock";

  /** Of the disk, where nothing else is asked for. */
  private static final int SHARE = 4;

  private final Path folder;

  /**
   * @param caches the folder of all caches, which need not exist
   */
  public PixelFolder(Path caches) {
    this.folder = caches.resolve("pictures");
  }

  /** Where it is. */
  public Path path() {
    return folder;
  }

  /**
   * A file, ready to be read and written.
   *
   * @param room for pixels, in bytes
   */
  record Opened(PixelFile file, Path path, long room) {}

  /**
   * What a folder holds.
   *
   * @param files number of sets
   * @param bytes that they take
   */
  public record Usage(int files, long bytes) {}

  /** What is there now. */
  public Usage usage() {
    long bytes = 0;
    List<Path> files = files();
    for (Path file : files) {
      bytes += taken(file);
    }
    return new Usage(files.size(), bytes);
  }

  /**
   * Opens the file of a set; makes one where there is none, it is broken, or most of it went to
   * pictures that have changed.
   *
   * @param claim bytes that all decoded pictures take, about
   * @param room for all files of this folder; auto: a quarter of what is free
   */
  Opened open(PictureSet set, DecodeOptions decode, long claim, OrAuto<ByteCount> room)
      throws IOException {
    byte[] key = key(set, decode);
    Path path = folder.resolve(HexFormat.of().formatHex(key, 0, 16) + ENDING);
    Files.createDirectories(folder);
    synchronized (PixelFolder.class) { // the lock on the file is one of processes
      try (FileChannel channel =
              FileChannel.open(
                  folder.resolve(LOCK), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
          FileLock lock = channel.lock()) {
        long most = room.given().map(ByteCount::bytes).orElseGet(this::usualRoom);
        long wanted = Math.max(1, Math.min(most, claim));
        if (!lock.isValid() || !isThere(path, set.size(), key)) {
          Files.deleteIfExists(path);
          makeRoom(path, most - wanted);
          make(path, set.size(), key, wanted);
        } else if (PixelFile.room(path, set.size()) < wanted) {
          makeRoom(path, most - wanted);
          PixelFile.grow(path, set.size(), wanted);
        }
        Files.setLastModifiedTime(path, FileTime.from(Instant.now()));
        return new Opened(
            PixelFile.open(path, set.size(), key)
                .orElseThrow(() -> new NoSuchFileException(path.toString())),
            path,
            PixelFile.room(path, set.size()));
      }
    }
  }

  private void make(Path path, int count, byte[] key, long room) throws IOException {
    Path made = folder.resolve("new.tmp"); // of whoever has the lock
    try {
      Files.deleteIfExists(made);
      PixelFile.create(made, count, key, room);
      Files.move(made, path, StandardCopyOption.ATOMIC_MOVE);
    } finally {
      Files.deleteIfExists(made);
    }
  }

  private static boolean isThere(Path path, int count, byte[] key) throws IOException {
    if (!Files.exists(path)) {
      return false;
    }
    Optional<PixelFile> file = PixelFile.open(path, count, key);
    if (file.isEmpty()) {
      return false;
    }
    try (PixelFile there = file.get()) {
      return there.content().isSound();
    }
  }

  private long usualRoom() {
    try {
      return (Files.getFileStore(folder).getUsableSpace() + usage().bytes()) / SHARE;
    } catch (IOException e) {
      return 1;
    }
  }

  /** Deletes what was opened longest ago until all but one file take no more than so much. */
  private void makeRoom(Path but, long rest) throws IOException {
    List<Path> files = new ArrayList<>(files());
    files.remove(but);
    files.sort(comparing(PixelFolder::opened));
    long bytes = files.stream().mapToLong(PixelFolder::taken).sum();
    for (Path file : files) {
      if (bytes <= rest) {
        return;
      }
      bytes -= taken(file);
      Files.deleteIfExists(file);
    }
  }

  private static FileTime opened(Path file) {
    try {
      return Files.getLastModifiedTime(file);
    } catch (IOException e) {
      return FileTime.fromMillis(0);
    }
  }

  private static long taken(Path file) {
    try {
      return PixelFile.taken(file);
    } catch (IOException e) {
      return 0;
    }
  }

  private List<Path> files() {
    try (Stream<Path> all = Files.list(folder)) {
      return all.filter(file -> file.toString().endsWith(ENDING) && Files.isRegularFile(file))
          .sorted()
          .toList();
    } catch (IOException e) {
      return List.of();
    }
  }

  /**
   * SHA-256 of what makes the pixels besides the files' bytes, and of the pictures' names, wherever
   * they lie.
   */
  private static byte[] key(PictureSet set, DecodeOptions decode) {
    MessageDigest digest = Sha256.digest();
    List<Object> facts =
        List.of(
            2, // the version of this format
            Decoder.version(),
            decode.color(),
            decode.orientation(),
            decode.maxPixels(),
            set.size());
    digest.update(facts.toString().getBytes(StandardCharsets.UTF_8));
    for (int i = 0; i < set.size(); i++) {
      digest.update((set.name(i) + "\n").getBytes(StandardCharsets.UTF_8));
    }
    return digest.digest();
  }
}
