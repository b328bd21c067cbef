package dev.linnet.image;

/**
 * Turns the bytes of a file into pixels, as Pillow's {@code Image.open(…).convert("RGB")} or {@code
 * convert("L")} does, to the last bit but for what follows.
 *
 * <p>Alpha is dropped, not blended; palettes are looked up; 16 bits become their upper 8 (also in
 * grey pictures, where Pillow clips at 255 and nearly all becomes white). CMYK JPEGs are within two
 * levels of Pillow's. A TIFF's own orientation is always applied, as in Pillow. Files that are cut
 * short are refused; so are PNGs with a wrong checksum and GIFs with codes that make no sense, but
 * damage inside a JPEG, a WebP or a TIFF may go unnoticed.
 *
 * <p>Any thread.
 */
public final class Decoder {
  /** What fits into a Java array with three channels. */
  private static final long MOST_PIXELS = (Integer.MAX_VALUE - 8) / 3;

  private Decoder() {}

  /**
   * Decodes a file.
   *
   * @param file all its bytes
   * @param name its name, for messages
   * @return a picture with the channels that the options ask for
   * @throws BadPictureException if the file is no picture, broken, cut short, or larger than {@link
   *     DecodeOptions#maxPixels}
   */
  public static Picture decode(byte[] file, String name, DecodeOptions options) {
    return decode(file, name, options, 1);
  }

  /**
   * Decodes a file, at a part of its size if it is a JPEG.
   *
   * @param denominator 1, or for a JPEG 2, 4 or 8: both sides become ⌈side / denominator⌉
   * @throws BadPictureException as {@link #decode(byte[], String, DecodeOptions)}
   */
  public static Picture decode(byte[] file, String name, DecodeOptions options, int denominator) {
    ImageHeader header = checkedHeader(file, name, options);
    try (Decoded decoded = Decoded.open(file, name, header, options, denominator)) {
      return decoded.picture();
    }
  }

  /** What decodes, with its version; another one may make other pixels. */
  public static String version() {
    return OpenCv.version();
  }

  /** The header of a picture that is not too large. */
  static ImageHeader checkedHeader(byte[] file, String name, DecodeOptions options) {
    ImageHeader header = ImageHeader.read(file, name);
    long pixels = header.size().area();
    if (pixels > options.maxPixels()) {
      throw new BadPictureException(
          name,
          "got %s, %d pixels; must be at most %d; to read it, raise --max-pixels"
              .formatted(header.size(), pixels, options.maxPixels()));
    }
    if (pixels > MOST_PIXELS) {
      throw new BadPictureException(
          name,
          "got %s, %d pixels; a picture can have %d at most; make it smaller with another program"
              .formatted(header.size(), pixels, MOST_PIXELS));
    }
    return header;
  }
}
