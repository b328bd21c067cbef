package dev.linnet.data;

import dev.linnet.image.EvalTransform;
import dev.linnet.image.Orientation;
import java.util.List;
import java.util.Optional;

/** Whole pictures with all their boxes; a picture's label is the class of its largest box. */
public interface BoxedSet extends PictureSet {
  /**
   * The boxes of a picture as it is decoded, cut at its border; those that are empty or outside are
   * left out. Reads the picture's header.
   *
   * @throws dev.linnet.image.BadPictureException if it is no picture; names the file
   */
  List<ClassBox> boxes(int index, Orientation orientation);

  /**
   * The boxes where an evaluation sees them: resized and cut as the picture is; those that it cuts
   * away are left out. Reads the picture's header.
   *
   * @throws dev.linnet.image.BadPictureException if it is no picture; names the file
   */
  List<ClassBox> seen(int index, Orientation orientation, EvalTransform view);

  /** A split of a data set opened with {@link Boxes#KEEP}, where it has boxes. */
  static Optional<BoxedSet> of(PictureSet set) {
    return set instanceof StoredSet stored ? BoxedPictures.of(stored) : Optional.empty();
  }
}
