package dev.linnet.image;

import dev.linnet.base.Check;

/**
 * What a picture file says of itself before its pixels.
 *
 * @param format by the first bytes
 * @param size as stored, before the orientation is applied
 * @param channels of the stored picture: 1 grey, 2 grey and alpha, 3 color or palette, 4 color and
 *     alpha or CMYK
 * @param exifOrientation tag 0x0112 in [1, 8]; 1 (upright) where the file has none
 */
public record ImageHeader(ImageFormat format, ImageSize size, int channels, int exifOrientation) {
  public ImageHeader {
    Check.that(channels >= 1 && channels <= 4, "channels", channels, "in [1, 4]");
    Check.that(
        exifOrientation >= 1 && exifOrientation <= 8,
        "exif_orientation",
        exifOrientation,
        "in [1, 8]");
  }

  /**
   * Reads the header of a file; decodes nothing and allocates next to nothing.
   *
   * @param file all bytes of the file
   * @param name its name, for messages
   * @throws BadPictureException if it is empty, no picture of a known format, or broken
   */
  public static ImageHeader read(byte[] file, String name) {
    return HeaderReader.read(file, name);
  }

  /** The size after the orientation was applied, or as stored. */
  public ImageSize size(Orientation orientation) {
    return orientation == Orientation.APPLY ? new Turn(exifOrientation).turned(size) : size;
  }

  /** The same of a file that has another number of rows. */
  ImageHeader withHeight(int height) {
    return new ImageHeader(format, new ImageSize(height, size.width()), channels, exifOrientation);
  }

  /** Where a part of the stored picture lies after the orientation was applied. */
  public Box upright(Box stored) {
    return new Turn(exifOrientation).upright(stored, size);
  }

  /** Where a part of the picture lies as it is stored, before the orientation was applied. */
  public Box stored(Box upright) {
    return new Turn(exifOrientation).stored(upright, size);
  }
}
