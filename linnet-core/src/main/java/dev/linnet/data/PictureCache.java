package dev.linnet.data;

import dev.linnet.base.AtomicFile;
import dev.linnet.base.Check;
import dev.linnet.base.OrAuto;
import dev.linnet.image.DecodeOptions;
import dev.linnet.image.ScaledDecoding;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Keeps decoded pictures, so that each is decoded once: decoding is most of what a training picture
 * costs. What is read stays the same to the last bit; only the time changes.
 *
 * <p>One thread; the sets that it gives out are for any. Who closes it ends the writing to disk;
 * sets go on.
 */
public final class PictureCache implements AutoCloseable {
  private static final int SPARE = 8;
  private static final long MUCH = 256 << 20;

  private final Options options;
  private final DecodeOptions decode;
  private final List<String> notes = new ArrayList<>();
  private final List<PixelFile> files = new ArrayList<>();
  private final PixelMemory memory;
  private long left;

  /** Where decoded pictures are kept. */
  public enum Where {
    /** In memory, where all of a set fits; nowhere else. */
    AUTO,
    /** Nowhere: each picture is decoded each time. */
    OFF,
    /** In memory, as many as fit. */
    RAM,
    /** In a file, as many as fit, for later runs and other processes too. */
    DISK
  }

  /**
   * Where, and how many.
   *
   * @param where they are kept
   * @param room for them; auto: half of the memory that is free, or a quarter of the disk
   * @param caches the folder of all caches, which need not exist
   */
  public record Options(Where where, OrAuto<ByteCount> room, Path caches) {}

  /**
   * @param decode what the pictures are kept for; reads with other options go to their set
   */
  public PictureCache(Options options, DecodeOptions decode) {
    this(options, decode, 1);
  }

  /**
   * The same in one of several processes, each of which takes its part of the memory that is free.
   *
   * @param processes on this machine, at least 1
   */
  public PictureCache(Options options, DecodeOptions decode, int processes) {
    Check.that(processes >= 1, "processes", processes, "at least 1");
    this.options = options;
    this.decode = decode;
    this.left =
        options.where() == Where.DISK
            ? 0
            : options.room().given().map(ByteCount::bytes).orElseGet(() -> usualRoom(processes));
    this.memory = new PixelMemory(left);
  }

  /** What an earlier cache of this process took, and nobody holds any more, goes back first. */
  private static long usualRoom(int processes) {
    if (FreeMemory.directUsed() > MUCH) {
      System.gc();
    }
    return Math.min(FreeMemory.bytes() / 2 / processes, FreeMemory.direct());
  }

  /**
   * A set whose pictures are kept, or the set itself where they are not, or are in memory already
   * (IDX, CIFAR).
   *
   * @param name what {@link #notes} call its pictures, such as "training pictures"
   */
  public PictureSet keep(PictureSet set, String name) {
    if (options.where() == Where.OFF
        || (set instanceof StoredSet stored && stored.isInMemory())
        || set.size() == 0) {
      return set;
    }
    long bytes = DecodedSize.bytes(set, decode.color());
    long claim = bytes + bytes / SPARE; // headers of some pictures tell no more than about
    if (options.where() == Where.DISK) {
      return keepOnDisk(set, name, claim);
    }
    if (isStreamed(set) && (claim > left || bytes > DecodedSize.SMALL)) {
      return stream(set, name);
    }
    String need = ByteCount.shown(bytes);
    String has = ByteCount.shown(left);
    if (claim <= left) {
      notes.add("%s: decoded once and kept in memory, %s of %s".formatted(name, need, has));
    } else if (options.where() == Where.AUTO) {
      notes.add(
          "%s: decoded each time, because they take %s, and %s are to spare"
              .formatted(name, need, has));
      return set;
    } else {
      notes.add("%s: as many are kept in memory as %s hold, of %s".formatted(name, has, need));
    }
    if (claim <= left) {
      memory.claim(claim);
    }
    left -= Math.min(left, claim);
    return new CachedSet(set, decode, memory);
  }

  private PictureSet keepOnDisk(PictureSet set, String name, long claim) {
    if (isStreamed(set)) {
      return stream(set, name);
    }
    PixelFolder folder = new PixelFolder(options.caches());
    try {
      // Pictures at a half, a quarter and an eighth of their size come on top.
      long scaled = decode.scaledDecoding() == ScaledDecoding.ALLOWED ? claim / 3 : 0;
      PixelFolder.Opened opened = folder.open(set, decode, claim + scaled, options.room());
      files.add(opened.file());
      PixelFile.Content content = opened.file().content();
      notes.add(
          "%s: decoded once and kept in %s, %s of %s; %,d of %,d are there"
              .formatted(
                  name,
                  opened.path(),
                  ByteCount.shown(claim),
                  ByteCount.shown(opened.room()),
                  content.pictures(),
                  set.size()));
      return new CachedSet(set, decode, opened.file());
    } catch (IOException e) {
      notes.add(
          "%s: decoded each time, because %s cannot be written (%s)"
              .formatted(name, folder.path(), AtomicFile.reason(e)));
      return set;
    }
  }

  private PictureSet stream(PictureSet set, String name) {
    notes.add("%s: decoded each time, because packed shards are a stream".formatted(name));
    return set;
  }

  /** A stream would hold what it passes and nobody takes, as it is kept already. */
  private static boolean isStreamed(PictureSet set) {
    return set.shards().filter(Shards::isStreamed).isPresent();
  }

  /** What was chosen and why, a line a set. */
  public List<String> notes() {
    return List.copyOf(notes);
  }

  @Override
  public void close() {
    for (PixelFile file : files) {
      try {
        file.close();
      } catch (IOException e) {
        // what was written is found by its checksums, or not at all
      }
    }
    files.clear();
  }
}
