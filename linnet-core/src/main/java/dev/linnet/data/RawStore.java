package dev.linnet.data;

import dev.linnet.image.ColorMode;
import dev.linnet.image.DecodeOptions;
import dev.linnet.image.ImageSize;
import dev.linnet.image.Picture;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.zip.CRC32C;

/** Pictures of one size whose pixels are in memory: those of IDX and CIFAR files. */
final class RawStore implements Store {
  private final String format;
  private final ImageSize size;
  private final int channels;
  private final List<Part> parts;
  private final int[] starts;

  /**
   * @param parts the files in order; each has the pixels of its pictures, [N, H, W, C]
   */
  RawStore(String format, ImageSize size, int channels, List<Part> parts) {
    this.format = format;
    this.size = size;
    this.channels = channels;
    this.parts = List.copyOf(parts);
    this.starts = new int[parts.size() + 1];
    for (int i = 0; i < parts.size(); i++) {
      starts[i + 1] = starts[i] + parts.get(i).count;
    }
  }

  /** The pictures of one file. */
  static final class Part {
    private final String name;
    private final String where;
    private final byte[] pixels;
    private final int count;

    /** Takes the array as its own. */
    Part(String name, String where, byte[] pixels, int count) {
      this.name = name;
      this.where = where;
      this.pixels = pixels;
      this.count = count;
    }
  }

  @Override
  public int count() {
    return starts[starts.length - 1];
  }

  @Override
  public String name(int picture) {
    int part = part(picture);
    return parts.get(part).name + "[" + (picture - starts[part]) + "]";
  }

  @Override
  public String where(int picture) {
    int part = part(picture);
    return parts.get(part).where + "[" + (picture - starts[part]) + "]";
  }

  @Override
  public long length(int picture) {
    return bytesEach();
  }

  @Override
  public byte[] content(int picture) {
    Part part = parts.get(part(picture));
    int from = (picture - starts[part(picture)]) * bytesEach();
    return Arrays.copyOfRange(part.pixels, from, from + bytesEach());
  }

  @Override
  public Picture read(int picture, DecodeOptions options) {
    Picture stored = Picture.of(size, channels, content(picture));
    return options.color() == ColorMode.RGB ? stored.rgb() : stored.gray();
  }

  @Override
  public PictureInfo info(int picture) {
    return new PictureInfo(format, size, channels, 1);
  }

  @Override
  public Optional<Path> file(int picture) {
    return Optional.empty();
  }

  @Override
  public boolean isInMemory() {
    return true;
  }

  @Override
  public long checksum() {
    CRC32C crc = new CRC32C();
    for (Part part : parts) {
      crc.update(part.pixels, 0, part.count * bytesEach());
    }
    return crc.getValue();
  }

  private int bytesEach() {
    return (int) size.area() * channels;
  }

  private int part(int picture) {
    int found = Arrays.binarySearch(starts, 1, parts.size(), picture);
    return found >= 0 ? found : -found - 2;
  }
}
