package dev.linnet.train;

import dev.linnet.base.RandomState;
import dev.linnet.image.ImageSize;
import dev.linnet.image.Picture;
import dev.linnet.image.PictureEdit;
import dev.linnet.image.PictureTransform;
import java.util.List;

/**
 * A trick that changes training pictures one by one, on uint8 after crop and mirror. Drawing is
 * apart from doing: what is drawn says in words what it does, for previews.
 *
 * <p>Any thread.
 */
public interface PictureTrick {
  /**
   * Draws what will happen to one picture, or nothing.
   *
   * @param random draws depend on it and on the size alone
   * @param size of the picture, in pixels
   * @return edits, one after the other; all keep the size and the channels
   */
  List<PictureEdit> draw(RandomState random, ImageSize size);

  /** Draws and applies, as an operator on pictures. */
  default PictureTransform transform() {
    return (picture, random) -> {
      Picture edited = picture;
      for (PictureEdit edit : draw(random, picture.size())) {
        edited = edit.apply(edited);
      }
      return edited;
    };
  }
}
