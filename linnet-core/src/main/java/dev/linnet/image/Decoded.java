package dev.linnet.image;

import java.util.Optional;

/**
 * A file decoded into native memory, and what is still to be done with its pixels: grey, turning.
 * Parts of it come to the heap; most often less than the whole.
 *
 * <p>One thread at a time; whoever opens one closes it.
 */
final class Decoded implements AutoCloseable {
  /** Rows of a JPEG below those that are needed which have a say in their color. */
  private static final int BELOW = 2;

  private final NativePicture stored; // at least its upper rows
  private final ImageSize storedSize;
  private final Turn turn;
  private final ColorMode color;

  private Decoded(NativePicture stored, ImageSize storedSize, Turn turn, ColorMode color) {
    this.stored = stored;
    this.storedSize = storedSize;
    this.turn = turn;
    this.color = color;
  }

  /**
   * Decodes a file, all of it.
   *
   * @param denominator 1, or for a JPEG 2, 4 or 8: both sides become ⌈side / denominator⌉
   * @throws BadPictureException if it cannot be decoded or is cut short
   */
  static Decoded open(
      byte[] file, String name, ImageHeader header, DecodeOptions options, int denominator) {
    Box all = Box.all(header.size(options.orientation()).dividedBy(denominator));
    return open(file, name, header, options, denominator, all);
  }

  /**
   * Decodes what a part needs; perhaps more.
   *
   * @param part of the upright picture as it is decoded, all that {@link #resized} will be asked
   *     for
   */
  static Decoded open(
      byte[] file,
      String name,
      ImageHeader header,
      DecodeOptions options,
      int denominator,
      Box part) {
    Turn turn =
        options.orientation() == Orientation.APPLY ? new Turn(header.exifOrientation()) : Turn.NONE;
    ImageSize size = header.size().dividedBy(denominator);
    FileBytes bytes = new FileBytes(file, name, header.format().name());
    NativePicture stored =
        header.format() == ImageFormat.JPEG
            ? jpeg(bytes, name, header, denominator, turn.stored(part, size).bottom())
            : decode(bytes, name, header);
    return new Decoded(stored, size, turn, options.color());
  }

  /**
   * Decodes a JPEG at least down to a row.
   *
   * @param rows that are needed of the picture as it is decoded
   */
  private static NativePicture jpeg(
      FileBytes bytes, String name, ImageHeader header, int denominator, int rows) {
    JpegMarkers.checkEnd(bytes);
    Optional<JpegTop> top = JpegTop.of(bytes, (rows + (long) BELOW) * denominator);
    if (top.isPresent()) {
      try {
        return OpenCv.decode(
            top.get().file(), name, header.withHeight(top.get().height()), denominator);
      } catch (BadPictureException e) {
        // what is wrong with it, if anything, the whole file tells
      }
    }
    return OpenCv.decode(bytes.array(), name, header, denominator);
  }

  private static NativePicture decode(FileBytes bytes, String name, ImageHeader header) {
    byte[] file = bytes.array();
    return switch (header.format()) {
      case JPEG -> throw new IllegalArgumentException("a JPEG has a way of its own");
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
    return turn.turned(storedSize);
  }

  /** All of it. */
  Picture picture() {
    return finished(stored);
  }

  /**
   * Cuts out a part and resizes it.
   *
   * @param part of the upright picture, inside which it must lie
   */
  Picture resized(Resize.Part part, ImageSize size, Interpolation interpolation) {
    try (NativePicture cut = stored.part(turn.stored(part.box(), storedSize))) {
      return turn.isNone() && color == ColorMode.RGB
          ? Resize.apply(cut, part.region(), size, interpolation)
          : Resize.apply(finished(cut), part.region(), size, interpolation);
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
