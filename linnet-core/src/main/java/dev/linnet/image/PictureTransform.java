package dev.linnet.image;

import dev.linnet.base.RandomState;

/**
 * An operator on one picture. Its random draws come from the given state alone and depend on the
 * picture's size at most, so that the same state gives the same picture.
 *
 * <p>Any thread.
 */
@FunctionalInterface
public interface PictureTransform {
  /** Returns the changed picture; the given one stays as it is. */
  Picture apply(Picture picture, RandomState random);

  /**
   * Decodes a file and applies this operator: the way to read training pictures from files. An
   * operator that needs a part of the file only overrides it; the draws are those of {@link
   * #apply}.
   *
   * @param file all bytes of the file
   * @param name its name, for messages
   * @throws BadPictureException as {@link Decoder#decode}
   */
  default Picture decode(byte[] file, String name, DecodeOptions options, RandomState random) {
    return apply(Decoder.decode(file, name, options), random);
  }

  /**
   * The same as {@link #apply(Picture, RandomState)} for a picture outside the heap, at the part of
   * its size that {@link #denominator} tells.
   */
  default Picture apply(HeldPicture picture, RandomState random) {
    return apply(picture.toPicture(), random);
  }

  /**
   * At what part of its size {@link #decode} would decode a JPEG, so that {@link
   * #apply(HeldPicture, RandomState)} makes the same of a picture that was decoded so before: 1, 2,
   * 4 or 8.
   *
   * @param size of the picture, its orientation applied
   * @param random as {@code decode} would get it; what is drawn from it counts
   */
  default int denominator(ImageSize size, DecodeOptions options, RandomState random) {
    return 1;
  }
}
