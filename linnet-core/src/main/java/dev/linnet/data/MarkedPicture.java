package dev.linnet.data;

import dev.linnet.image.BadPictureException;
import dev.linnet.image.Box;
import dev.linnet.image.ImageHeader;
import dev.linnet.image.ImageSize;
import dev.linnet.image.Orientation;
import java.util.List;
import java.util.Optional;

/**
 * What an annotation says of a picture.
 *
 * @param file of the picture in its tree
 * @param height of the picture in pixels as the annotation has it; 0 where it says nothing
 * @param width of the picture in pixels as the annotation has it; 0 where it says nothing
 * @param boxes those that count, in the order of the annotation
 */
record MarkedPicture(int file, int height, int width, List<MarkedBox> boxes) {
  MarkedPicture {
    boxes = List.copyOf(boxes);
  }

  /**
   * Where a box lies in the picture as it is decoded, cut at the picture's border. Boxes are of the
   * picture as it is stored, as torchvision and pycocotools read it; but of the upright one where
   * the annotation gives its size.
   *
   * @param where the box, for messages
   * @throws BadPictureException if the box is empty or lies outside the picture
   */
  Box place(MarkedBox box, ImageHeader header, Orientation orientation, String where) {
    boolean isUpright = isOfUpright(header);
    Box cut = cut(box, frame(header), where);
    if (isUpright == (orientation == Orientation.APPLY)) {
      return cut;
    }
    return isUpright ? header.stored(cut) : header.upright(cut);
  }

  /** What is wrong with a box, if anything is; a pixel more or less is not. */
  Optional<String> problem(MarkedBox box, ImageHeader header) {
    if (box.isEmpty()) {
      return Optional.of("is empty");
    }
    ImageSize frame = frame(header);
    if (isOutside(box, frame)) {
      return Optional.of("lies outside the picture of " + frame + " pixels");
    }
    boolean leaves =
        Math.min(box.left(), box.top()) < -1
            || box.right() > frame.width() + 1
            || box.bottom() > frame.height() + 1;
    return leaves
        ? Optional.of("leaves the picture of " + frame + " pixels and is cut at its border")
        : Optional.empty();
  }

  private boolean isOfUpright(ImageHeader header) {
    ImageSize upright = header.size(Orientation.APPLY);
    return !header.size().equals(upright) && upright.height() == height && upright.width() == width;
  }

  /** The picture that the boxes are of. */
  private ImageSize frame(ImageHeader header) {
    return isOfUpright(header) ? header.size(Orientation.APPLY) : header.size();
  }

  private static boolean isOutside(MarkedBox box, ImageSize picture) {
    return box.left() >= picture.width()
        || box.top() >= picture.height()
        || box.right() <= 0
        || box.bottom() <= 0;
  }

  private static Box cut(MarkedBox box, ImageSize picture, String where) {
    if (box.isEmpty()) {
      throw new BadPictureException(where, "the box " + box + " is empty");
    }
    if (isOutside(box, picture)) {
      throw new BadPictureException(
          where, "the box %s lies outside the picture of %s pixels".formatted(box, picture));
    }
    int left = Math.max(0, box.left());
    int top = Math.max(0, box.top());
    int right = Math.min(picture.width(), box.right());
    int bottom = Math.min(picture.height(), box.bottom());
    return new Box(top, left, new ImageSize(bottom - top, right - left));
  }
}
