package dev.linnet.data;

import dev.linnet.image.HeldPicture;
import dev.linnet.image.Picture;
import java.util.Optional;

/** Where the decoded pictures of a set lie. Any thread, but one a picture at a time. */
interface PixelStore {
  /**
   * What lies there of a picture already, where it was made of this file.
   *
   * @param index of the picture in its set
   */
  Optional<HeldPicture> find(int index, Encoded file);

  /** Whether nothing more goes in. */
  boolean isFull();

  /**
   * Puts a picture there; none where there is no room for it.
   *
   * @param file what it was made of, where the set has it
   */
  Optional<HeldPicture> put(int index, Optional<Encoded> file, Picture picture);
}
