package dev.linnet.data;

import dev.linnet.base.OrAuto;
import dev.linnet.image.DecodeOptions;
import java.util.ArrayList;
import java.util.List;

/**
 * Keeps decoded pictures, so that each is decoded once: decoding is most of what a training picture
 * costs. What is read stays the same to the last bit; only the time changes.
 *
 * <p>One thread; the sets that it gives out are for any.
 */
public final class PictureCache {
  private static final int SPARE = 8;

  private final Options options;
  private final DecodeOptions decode;
  private final List<String> notes = new ArrayList<>();
  private final PixelMemory memory;
  private long left;

  /** Where decoded pictures are kept. */
  public enum Where {
    /** In memory, where all of a set fits; nowhere else. */
    AUTO,
    /** Nowhere: each picture is decoded each time. */
    OFF,
    /** In memory, as many as fit. */
    RAM
  }

  /**
   * Where, and how many.
   *
   * @param where they are kept
   * @param room for them; auto: half of the memory that is free
   */
  public record Options(Where where, OrAuto<ByteCount> room) {
    /** What fits into half of the free memory. */
    public static final Options DEFAULT = new Options(Where.AUTO, OrAuto.auto());
  }

  /**
   * @param decode what the pictures are kept for; reads with other options go to their set
   */
  public PictureCache(Options options, DecodeOptions decode) {
    this.options = options;
    this.decode = decode;
    this.left = options.room().given().map(ByteCount::bytes).orElseGet(PictureCache::usualRoom);
    this.memory = new PixelMemory(left);
  }

  private static long usualRoom() {
    return Math.min(FreeMemory.bytes() / 2, FreeMemory.direct());
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
    String need = ByteCount.shown(bytes);
    String has = ByteCount.shown(left);
    long claim = bytes + bytes / SPARE; // headers of some pictures tell no more than about
    if (isStreamed(set) && (claim > left || bytes > DecodedSize.SMALL)) {
      notes.add("%s: decoded each time, because packed shards are a stream".formatted(name));
      return set;
    }
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
    left -= Math.min(left, claim);
    return new CachedSet(set, decode, memory);
  }

  /** A stream would hold what it passes and nobody takes, as it is kept already. */
  private static boolean isStreamed(PictureSet set) {
    return set.shards().filter(Shards::isStreamed).isPresent();
  }

  /** What was chosen and why, a line a set. */
  public List<String> notes() {
    return List.copyOf(notes);
  }
}
