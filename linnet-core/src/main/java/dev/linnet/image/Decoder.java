package dev.linnet.image;

/**
 * Turns the bytes of a file into pixels, as Pillow's {@code Image.open(…).convert("RGB")} or {@code
 * convert("L")} does.
 *
 * <p>Alpha is dropped, not blended; palettes are looked up; 16 bits become their upper 8 (also in
 * grey pictures, where Pillow clips at 255 and nearly all becomes white). Any thread.
 */
public final class Decoder {
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
    ImageHeader header = checkedHeader(file, name, options);
    Picture picture = OpenCv.decode(file, name, header);
    picture = options.color() == ColorMode.GRAY ? picture.gray() : picture;
    return options.orientation() == Orientation.APPLY
        ? picture.upright(header.exifOrientation())
        : picture;
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
    return header;
  }
}
