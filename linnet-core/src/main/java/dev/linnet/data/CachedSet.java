package dev.linnet.data;

import dev.linnet.base.RandomState;
import dev.linnet.image.BadPictureException;
import dev.linnet.image.DecodeOptions;
import dev.linnet.image.Decoder;
import dev.linnet.image.HeldPicture;
import dev.linnet.image.ImageFormat;
import dev.linnet.image.ImageHeader;
import dev.linnet.image.ImageSize;
import dev.linnet.image.Picture;
import dev.linnet.image.PictureTransform;
import java.util.Arrays;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.function.ToIntFunction;
import org.jspecify.annotations.Nullable;

/**
 * A set whose pictures are decoded once, when each is first read, and then come from where they are
 * kept. What is read is that of the set, to the last bit: where an operator decodes a JPEG at a
 * part of its size, so much is kept of it. Any thread.
 */
final class CachedSet implements PictureView {
  private static final int LOCKS = 64;

  /** In the place of a picture for which there is no room. */
  private static final Object READ_ANEW = new Object();

  private final PictureSet set;
  private final DecodeOptions options;
  private final PixelStore store;

  /** Of each picture {@link Known}, a {@link BadPictureException}, or {@link #READ_ANEW}. */
  private final AtomicReferenceArray<@Nullable Object> all;

  private final Object[] locks = new Object[LOCKS];

  /**
   * @param options what pictures are kept for; reads with others go to the set
   */
  CachedSet(PictureSet set, DecodeOptions options, PixelStore store) {
    this.set = set;
    this.options = options;
    this.store = store;
    this.all = new AtomicReferenceArray<>(set.size());
    Arrays.setAll(locks, i -> new Object());
  }

  /** What is known of a picture: its size, and at what parts of it the picture is kept. */
  private static final class Known {
    final ImageSize size;

    /** A JPEG, which some operators decode at a part of its size. */
    final boolean isJpeg;

    /** By the number of the part: a {@link HeldPicture}, or {@link #READ_ANEW}. */
    final AtomicReferenceArray<@Nullable Object> parts =
        new AtomicReferenceArray<>(PixelStore.PARTS);

    Known(ImageSize size, boolean isJpeg) {
      this.size = size;
      this.isJpeg = isJpeg;
    }
  }

  @Override
  public PictureSet set() {
    return set;
  }

  @Override
  public Picture read(int index, DecodeOptions wanted) {
    return isSame(wanted) && at(index, size -> 1) instanceof HeldPicture kept
        ? kept.toPicture()
        : set.read(index, wanted);
  }

  @Override
  public Picture read(
      int index, DecodeOptions wanted, PictureTransform transform, RandomState random) {
    return isSame(wanted)
            && at(index, size -> transform.denominator(size, wanted, copy(random)))
                instanceof HeldPicture kept
        ? transform.apply(kept, random)
        : set.read(index, wanted, transform, random);
  }

  private static RandomState copy(RandomState random) {
    return RandomState.restore(random.key(), random.position());
  }

  /**
   * A {@link HeldPicture}, or {@link #READ_ANEW}.
   *
   * @param denominators of the part of its size that is needed of a JPEG of some size
   */
  private Object at(int index, ToIntFunction<ImageSize> denominators) {
    Object there = known(index, denominators);
    if (there == null) {
      synchronized (locks[index % LOCKS]) {
        there = known(index, denominators);
        if (there == null) {
          there = look(index, denominators);
        }
      }
    }
    return there;
  }

  /** The same as far as it is known. */
  private @Nullable Object known(int index, ToIntFunction<ImageSize> denominators) {
    Object known = all.get(index);
    if (known instanceof BadPictureException broken) {
      throw broken;
    }
    return known instanceof Known picture
        ? picture.parts.get(PixelStore.Key.part(denominator(picture, denominators)))
        : known;
  }

  private static int denominator(Known picture, ToIntFunction<ImageSize> denominators) {
    return picture.isJpeg ? denominators.applyAsInt(picture.size) : 1;
  }

  private Object look(int index, ToIntFunction<ImageSize> denominators) {
    boolean isFirst = all.get(index) == null;
    try {
      Optional<Encoded> file = set.encoded(index);
      if (file.isEmpty() && store.isFull()) {
        all.set(index, READ_ANEW); // its size is known by decoding alone
        return READ_ANEW;
      }
      Optional<Picture> decoded =
          file.isPresent() ? Optional.empty() : Optional.of(set.read(index, options));
      Known picture = known(index, file, decoded);
      int denominator = denominator(picture, denominators);
      PixelStore.Key key = new PixelStore.Key(index, picture.size, denominator);
      Optional<HeldPicture> held = file.flatMap(there -> store.find(key, there));
      if (held.isEmpty() && !store.isFull()) {
        Optional<Picture> made =
            file.map(f -> Decoder.decode(f.raw(), f.where(), options, denominator));
        held =
            made.or(() -> denominator == 1 ? decoded : Optional.empty())
                .filter(pixels -> pixels.size().equals(key.size())) // else the file has changed
                .flatMap(pixels -> store.put(key, file, pixels));
      }
      Object there = held.isPresent() ? held.get() : READ_ANEW;
      picture.parts.set(key.part(), there);
      return there;
    } catch (BadPictureException broken) {
      if (isFirst) { // else its file has changed or gone since; what is kept stays
        all.set(index, broken);
      }
      throw broken;
    }
  }

  private Known known(int index, Optional<Encoded> file, Optional<Picture> decoded) {
    if (all.get(index) instanceof Known known) {
      return known;
    }
    Known made =
        file.map(f -> ImageHeader.read(f.raw(), f.where()))
            .map(
                header ->
                    new Known(
                        header.size(options.orientation()), header.format() == ImageFormat.JPEG))
            .orElseGet(() -> new Known(decoded.orElseThrow().size(), true));
    all.set(index, made);
    return made;
  }

  private boolean isSame(DecodeOptions wanted) {
    return wanted.withScaledDecoding(options.scaledDecoding()).equals(options);
  }
}
