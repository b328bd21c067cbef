package dev.linnet.data;

import dev.linnet.base.RandomState;
import dev.linnet.image.BadPictureException;
import dev.linnet.image.ColorMode;
import dev.linnet.image.DecodeOptions;
import dev.linnet.image.Orientation;
import dev.linnet.image.Picture;
import dev.linnet.image.PictureTransform;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReferenceArray;

/**
 * A small set whose pictures are decoded once, when each is first read, and held as {@code uint8}.
 *
 * <p>Pictures are always decoded whole, so that what an operator makes of them does not depend on
 * which are held already. Any thread.
 */
public final class HeldSet implements PictureSet {
  /** Bytes of decoded pictures up to which a set is held; 400 MB. */
  public static final long BUDGET = 400_000_000;

  private static final int HEADERS = 200;
  private static final int OBJECT = 64; // bytes of a picture beside its pixels

  private final PictureSet set;
  private final DecodeOptions options;
  private final AtomicReferenceArray<Object> held;
  private final AtomicLong room;

  private HeldSet(PictureSet set, DecodeOptions options, long room) {
    this.set = set;
    this.options = options;
    this.held = new AtomicReferenceArray<>(set.size());
    this.room = new AtomicLong(room);
  }

  /**
   * The set held in memory if it is small enough, else the set itself, which streams; one whose
   * pixels are in memory already (IDX, CIFAR) stays as it is. What is small is told from 200
   * headers, so it is the same on every machine. A heap that is small all the same holds fewer
   * pictures and reads the others again.
   *
   * @param options what the pictures are held for; reads with others go to the set
   * @param budget bytes of decoded pictures, such as {@link #BUDGET}
   */
  public static PictureSet of(PictureSet set, DecodeOptions options, long budget) {
    if (set instanceof StoredSet stored && stored.isInMemory()) {
      return set;
    }
    if (decodedBytes(set, options.color()) > budget) {
      return set;
    }
    long room = Math.min(budget + budget / 4, Runtime.getRuntime().maxMemory() / 3);
    return new HeldSet(set, options, room);
  }

  /** Bytes of all pictures decoded, told from some headers, evenly spread. */
  private static long decodedBytes(PictureSet set, ColorMode color) {
    int headers = Math.min(HEADERS, set.size());
    double area = 0;
    int read = 0;
    for (int i = 0; i < headers; i++) {
      try {
        area += set.info((int) ((long) i * set.size() / headers)).size().area();
        read++;
      } catch (BadPictureException broken) {
        // counted and named when the loader reads it
      }
    }
    double each = read == 0 ? 0 : area / read * color.channels() + OBJECT;
    return (long) (each * set.size());
  }

  @Override
  public int size() {
    return set.size();
  }

  @Override
  public List<String> classes() {
    return set.classes();
  }

  @Override
  public int label(int index) {
    return set.label(index);
  }

  @Override
  public String name(int index) {
    return set.name(index);
  }

  @Override
  public Picture read(int index, DecodeOptions wanted) {
    if (!isSame(wanted)) {
      return set.read(index, wanted);
    }
    Object there = held.get(index);
    if (there instanceof Picture picture) {
      return picture;
    }
    if (there instanceof BadPictureException broken) {
      throw broken;
    }
    try {
      Picture picture = set.read(index, options);
      long bytes = (long) picture.byteCount() + OBJECT;
      if (room.addAndGet(-bytes) >= 0 && held.compareAndSet(index, null, picture)) {
        return picture;
      }
      room.addAndGet(bytes);
      return picture;
    } catch (BadPictureException broken) {
      held.compareAndSet(index, null, broken);
      throw broken;
    }
  }

  /** Decodes whole, also where the options allow less: see the class. */
  @Override
  public Picture read(
      int index, DecodeOptions wanted, PictureTransform transform, RandomState random) {
    return transform.apply(read(index, wanted), random);
  }

  @Override
  public PictureInfo info(int index) {
    return set.info(index);
  }

  @Override
  public Optional<Shards> shards() {
    return set.shards();
  }

  @Override
  public String fingerprint() {
    return set.fingerprint();
  }

  private boolean isSame(DecodeOptions wanted) {
    ColorMode color = wanted.color();
    Orientation orientation = wanted.orientation();
    return color == options.color()
        && orientation == options.orientation()
        && wanted.maxPixels() == options.maxPixels();
  }
}
