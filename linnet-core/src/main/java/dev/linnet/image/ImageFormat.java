package dev.linnet.image;

/** The kinds of files that can be read, known by their first bytes and not by their names. */
public enum ImageFormat {
  JPEG,
  PNG,
  WEBP,
  BMP,
  GIF,
  TIFF
}
