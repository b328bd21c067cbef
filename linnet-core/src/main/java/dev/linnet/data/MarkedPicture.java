package dev.linnet.data;

import dev.linnet.image.BadPictureException;
import dev.linnet.image.Box;
import dev.linnet.image.ImageHeader;
import dev.linnet.image.ImageSize;
import dev.linnet.image.Orientation;
import java.util.List;

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
    ImageSize upright = header.size(Orientation.APPLY);
    boolean isUpright =
        !header.size().equals(upright) && upright.height() == height && upright.width() == width;
    Box cut = cut(box, isUpright ? upright : header.size(), where);
    if (isUpright == (orientation == Orientation.APPLY)) {
      return cut;
    }
    return isUpright ? header.stored(cut) : header.upright(cut);
  }

  private static Box cut(MarkedBox box, ImageSize picture, String where) {
    if (box.isEmpty()) {
      throw new BadPictureException(where, "the box " + box + " is empty");
    }
    int left = Math.max(0, box.left());
    int top = Math.max(0, box.top());
    int right = Math.min(picture.width(), box.right());
    int bottom = Math.min(picture.height(), box.bottom());
    if (right <= left || bottom <= top) {
      throw new BadPictureException(
          where, "the box %s lies outside the picture of %s pixels".formatted(box, picture));
    }
    return new Box(top, left, new ImageSize(bottom - top, right - left));
  }
}
