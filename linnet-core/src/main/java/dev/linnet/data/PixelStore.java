package dev.linnet.data;

import dev.linnet.image.HeldPicture;
import dev.linnet.image.ImageSize;
import dev.linnet.image.Picture;
import java.util.Optional;

/**
 * Where the decoded pictures of a set lie, each at those parts of its size at which it was asked
 * for. Any thread, but one a picture at a time.
 */
interface PixelStore {
  /** The parts of its size at which a picture may lie there: 1/1, 1/2, 1/4 and 1/8. */
  int PARTS = 4;

  /**
   * A picture at a part of its size.
   *
   * @param index of the picture in its set
   * @param whole its size, its orientation applied
   * @param denominator of the part: 1, 2, 4 or 8
   */
  record Key(int index, ImageSize whole, int denominator) {
    /** The number of the part: 0, 1, 2 or 3. */
    int part() {
      return part(denominator);
    }

    static int part(int denominator) {
      return Integer.numberOfTrailingZeros(denominator);
    }

    ImageSize size() {
      return whole.dividedBy(denominator);
    }
  }

  /** What lies there already, where it was made of this file. */
  Optional<HeldPicture> find(Key key, Encoded file);

  /** Whether nothing more goes in. */
  boolean isFull();

  /**
   * Puts a picture there; none where there is no room for it.
   *
   * @param file what it was made of, where the set has it
   */
  Optional<HeldPicture> put(Key key, Optional<Encoded> file, Picture picture);
}
