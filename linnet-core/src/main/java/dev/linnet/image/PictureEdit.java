package dev.linnet.image;

/**
 * Something settled that is done to a picture: a pure function, which keeps the picture's size and
 * its channels. Its text says what is done, such as {@code Rotate 27}, so that a preview can show
 * it.
 *
 * <p>Any thread.
 */
public interface PictureEdit {
  /** Returns the changed picture; the given one stays as it is. */
  Picture apply(Picture picture);
}
