package dev.linnet.image;

/**
 * A file decoded into native memory, and what is still to be done with its pixels: grey, turning.
 * Parts of it come to the heap; most often less than the whole.
 *
 * <p>One thread at a time; whoever opens one closes it.
 */
final class Decoded implements AutoCloseable {
  private final NativePicture stored;
  private final Turn turn;
  private final ColorMode color;

  private Decoded(NativePicture stored, Turn turn, ColorMode color) {
    this.stored = stored;
    this.turn = turn;
    this.color = color;
  }

  /**
   * Decodes a file.
   *
   * @param denominator 1, or for a JPEG 2, 4 or 8: both sides become ⌈side / denominator⌉
   * @throws BadPictureException if it cannot be decoded or is cut short
   */
  static Decoded open(
      byte[] file, String name, ImageHeader header, DecodeOptions options, int denominator) {
    Turn turn =
        options.orientation() == Orientation.APPLY ? new Turn(header.exifOrientation()) : Turn.NONE;
    return new Decoded(
        decode(new FileBytes(file, name, header.format().name()), name, header, denominator),
        turn,
        options.color());
  }

  private static NativePicture decode(
      FileBytes bytes, String name, ImageHeader header, int denominator) {
    byte[] file = bytes.array();
    return switch (header.format()) {
      case JPEG -> {
        JpegMarkers.checkEnd(bytes);
        yield OpenCv.decode(file, name, header, denominator);
      }
      case PNG -> OpenCv.decode(PngChunks.essential(bytes), name, header, 1);
      case GIF -> NativePicture.of(new GifFrame(bytes).picture());
      case BMP -> {
        BmpLayout layout = new BmpLayout(bytes);
        layout.checkLength();
        NativePicture decoded = OpenCv.decode(file, name, header, 1);
        yield layout.bits() == 16 ? stretched(decoded, layout) : decoded;
      }
      case TIFF -> {
        new TiffTags(bytes, 0, file.length).checkData();
        yield OpenCv.decode(file, name, header, 1);
      }
      case WEBP -> OpenCv.decode(file, name, header, 1);
    };
  }

  private static NativePicture stretched(NativePicture decoded, BmpLayout layout) {
    try (decoded) {
      Picture picture = decoded.toPicture();
      layout.stretch(picture.raw());
      return NativePicture.of(picture);
    }
  }

  /** The size upright. */
  ImageSize size() {
    return turn.turned(stored.size());
  }

  /** All of it. */
  Picture picture() {
    return finished(stored);
  }

  /**
   * Cuts out a part and resizes it.
   *
   * @param box the part, in pixels of the upright picture; must lie inside
   * @param region what is resized, counted from the box's corner
   */
  Picture resized(Box box, Resize.Region region, ImageSize size, Interpolation interpolation) {
    try (NativePicture part = stored.part(turn.stored(box, stored.size()))) {
      return turn.isNone() && color == ColorMode.RGB
          ? Resize.apply(part, region, size, interpolation)
          : Resize.apply(finished(part), region, size, interpolation);
    }
  }

  private Picture finished(NativePicture part) {
    Picture picture = part.toPicture();
    return turn.upright(color == ColorMode.GRAY ? picture.gray() : picture);
  }

  @Override
  public void close() {
    stored.close();
  }
}
