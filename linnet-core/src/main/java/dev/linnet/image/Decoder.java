package dev.linnet.image;

/**
 * Turns the bytes of a file into pixels, as Pillow's {@code Image.open(…).convert("RGB")} or {@code
 * convert("L")} does.
 *
 * <p>Alpha is dropped, not blended; palettes are looked up; 16 bits become their upper 8 (also in
 * grey pictures, where Pillow clips at 255 and nearly all becomes white). Any thread.
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
    ImageHeader header = checkedHeader(file, name, options);
    Picture picture = picture(file, name, header);
    picture = options.color() == ColorMode.GRAY ? picture.gray() : picture;
    return options.orientation() == Orientation.APPLY
        ? picture.upright(header.exifOrientation())
        : picture;
  }

  private static Picture picture(byte[] file, String name, ImageHeader header) {
    try (NativePicture decoded = decode(file, name, header, 1)) {
      Picture picture = decoded.toPicture();
      if (header.format() == ImageFormat.BMP) {
        new BmpLayout(new FileBytes(file, name, "BMP")).stretch(picture.raw());
      }
      return picture;
    }
  }

  /**
   * Decodes to RGB, not turned, the levels of 16-bit BMPs not stretched.
   *
   * @param denominator 1, or for a JPEG 2, 4 or 8
   */
  static NativePicture decode(byte[] file, String name, ImageHeader header, int denominator) {
    FileBytes bytes = new FileBytes(file, name, header.format().name());
    return switch (header.format()) {
      case JPEG -> {
        JpegMarkers.checkEnd(bytes);
        yield OpenCv.decode(file, name, header, denominator);
      }
      case PNG -> OpenCv.decode(PngChunks.essential(bytes), name, header, 1);
      case GIF -> OpenCv.decode(new GifFrame(bytes).alone(), name, header, 1);
      case BMP -> {
        new BmpLayout(bytes).checkLength();
        yield OpenCv.decode(file, name, header, 1);
      }
      case TIFF -> {
        new TiffTags(bytes, 0, file.length).checkData();
        yield OpenCv.decode(file, name, header, 1);
      }
      case WEBP -> OpenCv.decode(file, name, header, 1);
    };
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
