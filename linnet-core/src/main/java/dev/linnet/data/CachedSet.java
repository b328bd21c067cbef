package dev.linnet.data;

import dev.linnet.base.RandomState;
import dev.linnet.image.BadPictureException;
import dev.linnet.image.DecodeOptions;
import dev.linnet.image.Decoder;
import dev.linnet.image.HeldPicture;
import dev.linnet.image.ImageFormat;
import dev.linnet.image.ImageHeader;
import dev.linnet.image.Picture;
import dev.linnet.image.PictureTransform;
import java.util.Arrays;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReferenceArray;

/**
 * A set whose pictures are decoded once, when each is first read, and then come from where they are
 * kept. What is read is that of the set, to the last bit: where an operator would decode a JPEG at
 * a part of its size, the set does so. Any thread.
 */
final class CachedSet implements PictureView {
  private static final int LOCKS = 64;

  /** Of a picture for which there is no room. */
  private static final Object READ_ANEW = new Object();

  private final PictureSet set;
  private final DecodeOptions options;
  private final PixelStore store;
  private final AtomicReferenceArray<Object> known;
  private final Object[] locks = new Object[LOCKS];

  /**
   * @param options what pictures are kept for; reads with others go to the set
   */
  CachedSet(PictureSet set, DecodeOptions options, PixelStore store) {
    this.set = set;
    this.options = options;
    this.store = store;
    this.known = new AtomicReferenceArray<>(set.size());
    Arrays.setAll(locks, i -> new Object());
  }

  /**
   * A picture that is kept.
   *
   * @param mayBeScaled whether it may come from a JPEG, which some operators decode at a part of
   *     its size
   */
  private record Kept(HeldPicture picture, boolean mayBeScaled) {}

  @Override
  public PictureSet set() {
    return set;
  }

  @Override
  public Picture read(int index, DecodeOptions wanted) {
    return isSame(wanted) && known(index) instanceof Kept kept
        ? kept.picture().toPicture()
        : set.read(index, wanted);
  }

  @Override
  public Picture read(
      int index, DecodeOptions wanted, PictureTransform transform, RandomState random) {
    return isSame(wanted)
            && known(index) instanceof Kept kept
            && isWhole(kept, wanted, transform, random)
        ? transform.apply(kept.picture(), random)
        : set.read(index, wanted, transform, random);
  }

  private static boolean isWhole(
      Kept kept, DecodeOptions wanted, PictureTransform transform, RandomState random) {
    RandomState copy = RandomState.restore(random.key(), random.position());
    return !kept.mayBeScaled() || transform.decodesWhole(kept.picture().size(), wanted, copy);
  }

  /** The kept picture or {@link #READ_ANEW}. */
  private Object known(int index) {
    Object there = known.get(index);
    if (there == null) {
      synchronized (locks[index % LOCKS]) {
        there = known.get(index);
        if (there == null) {
          there = look(index);
          known.set(index, there);
        }
      }
    }
    if (there instanceof BadPictureException broken) {
      throw broken;
    }
    return there;
  }

  private Object look(int index) {
    try {
      Optional<Encoded> file = set.encoded(index);
      boolean mayBeScaled =
          file.isEmpty()
              || ImageHeader.read(file.get().raw(), file.get().where()).format()
                  == ImageFormat.JPEG;
      Optional<HeldPicture> held = file.flatMap(there -> store.find(index, there));
      if (held.isEmpty() && !store.isFull()) {
        Picture decoded =
            file.isPresent()
                ? Decoder.decode(file.get().raw(), file.get().where(), options)
                : set.read(index, options);
        held = store.put(index, file, decoded);
      }
      return held.isPresent() ? new Kept(held.get(), mayBeScaled) : READ_ANEW;
    } catch (BadPictureException broken) {
      return broken;
    }
  }

  private boolean isSame(DecodeOptions wanted) {
    return wanted.withScaledDecoding(options.scaledDecoding()).equals(options);
  }
}
