package dev.linnet.image;

import java.util.Arrays;
import java.util.stream.Collectors;

/** Reads the headers of all formats. Treats its input as hostile: every read is checked. */
final class HeaderReader {
  private static final String FORMATS =
      Arrays.stream(ImageFormat.values()).map(Enum::name).collect(Collectors.joining(", "));

  private HeaderReader() {}

  static ImageHeader read(byte[] file, String name) {
    if (file.length == 0) {
      throw new BadPictureException(name, "the file is empty (0 bytes)");
    }
    ImageFormat format = format(new FileBytes(file, name, "file"), name);
    FileBytes bytes = new FileBytes(file, name, format.name());
    return switch (format) {
      case JPEG -> jpeg(bytes);
      case PNG -> png(bytes);
      case WEBP -> webp(bytes);
      case BMP -> bmp(bytes);
      case GIF -> gif(bytes);
      case TIFF -> tiff(bytes);
    };
  }

  private static ImageFormat format(FileBytes bytes, String name) {
    if (bytes.is(0, 0xFF, 0xD8, 0xFF)) {
      return ImageFormat.JPEG;
    }
    if (bytes.is(0, 0x89, 'P', 'N', 'G', '\r', '\n', 0x1A, '\n')) {
      return ImageFormat.PNG;
    }
    if (bytes.has(0, "RIFF") && bytes.has(8, "WEBP")) {
      return ImageFormat.WEBP;
    }
    if (bytes.has(0, "BM")) {
      return ImageFormat.BMP;
    }
    if (bytes.has(0, "GIF87a") || bytes.has(0, "GIF89a")) {
      return ImageFormat.GIF;
    }
    if (bytes.has(0, "II*\0") || bytes.has(0, "MM\0*")) {
      return ImageFormat.TIFF;
    }
    throw new BadPictureException(
        name,
        "no picture of a known format (it begins with %s); must be one of %s"
            .formatted(beginning(bytes.array()), FORMATS));
  }

  /** The first bytes as text where they are text, otherwise in hexadecimal. */
  private static String beginning(byte[] file) {
    int length = Math.min(file.length, 12);
    StringBuilder text = new StringBuilder("\"");
    StringBuilder hex = new StringBuilder();
    boolean printable = true;
    for (int i = 0; i < length; i++) {
      int c = file[i] & 0xFF;
      boolean space = c == '\n' || c == '\r' || c == '\t';
      printable &= space || (c >= 0x20 && c < 0x7F);
      text.append(space ? ' ' : (char) c);
      hex.append(i == 0 ? "" : " ").append("%02x".formatted(c));
    }
    return printable ? text.append('"').toString() : hex.toString();
  }

  /** ITU T.81, annex B: markers up to the start of scan. */
  private static ImageHeader jpeg(FileBytes bytes) {
    int orientation = 1;
    ImageSize size = null;
    int channels = 0;
    for (JpegMarkers markers = new JpegMarkers(bytes); markers.next(); ) {
      int at = markers.at();
      if (markers.isFrame()) {
        channels = bytes.u8(at + 5);
        size = size(bytes, bytes.u16be(at + 1), bytes.u16be(at + 3));
        if (channels != 1 && channels != 3 && channels != 4) {
          throw bytes.broken(channels + " components");
        }
      } else if (markers.code() == 0xE1 && bytes.has(at, "Exif\0\0") && orientation == 1) {
        orientation = Exif.orientation(bytes, at + 6, markers.end());
      }
    }
    if (size == null) {
      throw bytes.broken("a scan without a frame");
    }
    return new ImageHeader(ImageFormat.JPEG, size, channels, orientation);
  }

  private static ImageHeader png(FileBytes bytes) {
    if (!bytes.has(12, "IHDR") || bytes.u32be(8) != 13) {
      throw bytes.broken("its first chunk is not IHDR");
    }
    ImageSize size = size(bytes, bytes.u32be(20), bytes.u32be(16));
    int channels =
        switch (bytes.u8(25)) {
          case 0 -> 1;
          case 2, 3 -> 3;
          case 4 -> 2;
          case 6 -> 4;
          default -> throw bytes.broken("color type " + bytes.u8(25));
        };
    int orientation = 1;
    for (long at = 33; at + 8 <= bytes.length(); at += 12 + bytes.u32be(at)) {
      if (bytes.has(at + 4, "eXIf")) {
        orientation = Exif.orientation(bytes, at + 8, at + 8 + bytes.u32be(at));
      }
    }
    return new ImageHeader(ImageFormat.PNG, size, channels, orientation);
  }

  private static ImageHeader webp(FileBytes bytes) {
    long end = 8 + bytes.u32le(4);
    bytes.need(0, end);
    if (bytes.has(12, "VP8 ")) {
      if (!bytes.is(23, 0x9D, 0x01, 0x2A)) {
        throw bytes.broken("no key frame");
      }
      ImageSize size = size(bytes, bytes.u16le(28) & 0x3FFF, bytes.u16le(26) & 0x3FFF);
      return new ImageHeader(ImageFormat.WEBP, size, 3, 1);
    }
    if (bytes.has(12, "VP8L")) {
      long bits = bytes.u32le(21);
      ImageSize size = size(bytes, ((bits >> 14) & 0x3FFF) + 1, (bits & 0x3FFF) + 1);
      return new ImageHeader(ImageFormat.WEBP, size, ((bits >> 28) & 1) == 1 ? 4 : 3, 1);
    }
    if (!bytes.has(12, "VP8X")) {
      throw bytes.broken("its first chunk is not VP8, VP8L or VP8X");
    }
    ImageSize size = size(bytes, bytes.u24le(27) + 1L, bytes.u24le(24) + 1L);
    int channels = (bytes.u8(20) & 0x10) != 0 ? 4 : 3;
    int orientation = 1;
    for (long at = 12; at + 8 <= end; ) {
      long length = bytes.u32le(at + 4);
      if (bytes.has(at, "EXIF")) {
        long start = bytes.has(at + 8, "Exif\0\0") ? at + 14 : at + 8;
        orientation = Exif.orientation(bytes, start, at + 8 + length);
      }
      at += 8 + length + (length & 1);
    }
    return new ImageHeader(ImageFormat.WEBP, size, channels, orientation);
  }

  private static ImageHeader bmp(FileBytes bytes) {
    BmpLayout layout = new BmpLayout(bytes);
    ImageSize size = size(bytes, layout.height(), layout.width());
    return new ImageHeader(ImageFormat.BMP, size, layout.bits() == 32 ? 4 : 3, 1);
  }

  private static ImageHeader gif(FileBytes bytes) {
    return new ImageHeader(ImageFormat.GIF, new GifFrame(bytes).size(), 3, 1);
  }

  /** A TIFF's orientation is part of its decoding, here as in Pillow. */
  private static ImageHeader tiff(FileBytes bytes) {
    TiffTags tags = new TiffTags(bytes, 0, bytes.length());
    ImageSize size = size(bytes, tags.value(257, 0), tags.value(256, 0));
    long channels = tags.value(277, 1);
    if (channels < 1 || channels > 4) {
      throw bytes.broken(channels + " samples per pixel");
    }
    boolean palette = tags.value(262, 1) == 3;
    return new ImageHeader(
        ImageFormat.TIFF,
        tags.orientation() >= 5 ? size.transposed() : size,
        palette ? 3 : (int) channels,
        1);
  }

  private static ImageSize size(FileBytes bytes, long height, long width) {
    if (height < 1 || width < 1 || height > Integer.MAX_VALUE || width > Integer.MAX_VALUE) {
      throw bytes.broken("a size of " + width + "x" + height);
    }
    return new ImageSize((int) height, (int) width);
  }
}
