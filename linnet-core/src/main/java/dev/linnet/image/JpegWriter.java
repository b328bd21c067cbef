package dev.linnet.image;

import dev.linnet.base.Check;

/** Writes pictures as JPEG, for pages that must be small. Any thread. */
public final class JpegWriter {
  private JpegWriter() {}

  /**
   * Returns the bytes of a JPEG file.
   *
   * @param quality in [1, 100]; 80 shows no loss in small pictures
   */
  public static byte[] write(Picture picture, int quality) {
    Check.that(quality >= 1 && quality <= 100, "quality", quality, "in [1, 100]");
    return OpenCv.encodeJpeg(picture, quality);
  }
}
