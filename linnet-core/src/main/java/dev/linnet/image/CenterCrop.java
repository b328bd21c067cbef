package dev.linnet.image;

import dev.linnet.base.RandomState;

/**
 * The middle of a picture; see {@link Picture#centerCrop}.
 *
 * @param size of the result
 */
public record CenterCrop(ImageSize size) implements PictureTransform {
  @Override
  public Picture apply(Picture picture, RandomState random) {
    return picture.centerCrop(size);
  }
}
