package dev.linnet.data;

import dev.linnet.base.Check;
import dev.linnet.image.ImageHeader;
import dev.linnet.image.ImageSize;
import java.util.Locale;

/**
 * What a picture of a data set is, before it is decoded.
 *
 * @param format in lower case: {@code jpeg}, {@code png}, …, {@code idx}, {@code cifar}
 * @param size as stored, before any orientation is applied
 * @param channels of the stored picture: 1 grey, 2 grey and alpha, 3 color or palette, 4 color and
 *     alpha or CMYK
 * @param exifOrientation in [1, 8]; 1 is upright
 */
public record PictureInfo(String format, ImageSize size, int channels, int exifOrientation) {
  public PictureInfo {
    Check.that(channels >= 1 && channels <= 4, "channels", channels, "in [1, 4]");
    Check.that(
        exifOrientation >= 1 && exifOrientation <= 8,
        "exif_orientation",
        exifOrientation,
        "in [1, 8]");
  }

  /** What a header says. */
  static PictureInfo of(ImageHeader header) {
    return new PictureInfo(
        header.format().name().toLowerCase(Locale.ROOT),
        header.size(),
        header.channels(),
        header.exifOrientation());
  }
}
