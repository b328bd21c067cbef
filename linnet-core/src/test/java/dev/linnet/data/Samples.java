package dev.linnet.data;

import dev.linnet.base.RandomState;
import dev.linnet.image.ImageSize;
import dev.linnet.image.Picture;
import dev.linnet.image.PngWriter;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.zip.GZIPOutputStream;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;
import org.apache.commons.compress.archivers.tar.TarConstants;

/** Small data sets of every layout. */
final class Samples {
  static final ImageSize SIZE = new ImageSize(10, 12);

  private Samples() {}

  /** A picture of noise. */
  static Picture picture(long seed) {
    return picture(seed, SIZE, 3);
  }

  static Picture picture(long seed, ImageSize size, int channels) {
    RandomState random = RandomState.of(seed);
    byte[] pixels = new byte[(int) size.area() * channels];
    for (int i = 0; i < pixels.length; i++) {
      pixels[i] = (byte) random.nextInt(256);
    }
    return Picture.of(size, channels, pixels);
  }

  /** A PNG of noise. */
  static byte[] png(long seed) {
    return PngWriter.write(picture(seed));
  }

  /** Writes PNGs of noise, each another, under the given paths. */
  static void pictures(Path root, String... paths) {
    for (String path : paths) {
      file(root.resolve(path), png(path.hashCode()));
    }
  }

  static void file(Path file, byte[] content) {
    try {
      Files.createDirectories(file.toAbsolutePath().getParent());
      Files.write(file, content);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Options without environment: nothing is found by name but under the given folder. */
  static DataOptions options(Path cache) {
    return DataOptions.of(Places.of(Map.of("LINNET_CACHE", cache.resolve("cache").toString())));
  }

  /** A tar of PNGs under the given paths. */
  static byte[] tar(String... paths) {
    Map<String, byte[]> members = new TreeMap<>();
    for (String path : paths) {
      members.put(path, png(path.hashCode()));
    }
    return tar(members);
  }

  /** A tar of the given files, in the order of their names. */
  static byte[] tar(Map<String, byte[]> members) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (TarArchiveOutputStream tar = new TarArchiveOutputStream(bytes)) {
      tar.setLongFileMode(TarArchiveOutputStream.LONGFILE_POSIX);
      tar.setAddPaxHeadersForNonAsciiNames(true);
      for (Map.Entry<String, byte[]> member : new TreeMap<>(members).entrySet()) {
        TarArchiveEntry entry = new TarArchiveEntry(member.getKey(), true);
        entry.setSize(member.getValue().length);
        tar.putArchiveEntry(entry);
        tar.write(member.getValue());
        tar.closeArchiveEntry();
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return bytes.toByteArray();
  }

  /** A tar of the given entries: PNGs, links and devices. */
  static byte[] tarOf(List<TarArchiveEntry> entries) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (TarArchiveOutputStream tar = new TarArchiveOutputStream(bytes)) {
      for (TarArchiveEntry entry : entries) {
        byte[] content = entry.getLinkFlag() == TarConstants.LF_NORMAL ? png(1) : new byte[0];
        entry.setSize(content.length);
        tar.putArchiveEntry(entry);
        tar.write(content);
        tar.closeArchiveEntry();
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return bytes.toByteArray();
  }

  static byte[] gzip(byte[] content) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (OutputStream out = new GZIPOutputStream(bytes)) {
      out.write(content);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return bytes.toByteArray();
  }

  /** An IDX file: the magic number, the dimensions, the values. */
  static byte[] idx(int magic, byte[] values, int... dims) {
    ByteBuffer file = ByteBuffer.allocate(4 + 4 * dims.length + values.length);
    file.putInt(magic);
    for (int dim : dims) {
      file.putInt(dim);
    }
    return file.put(values).array();
  }

  /** Writes {@code count} pictures of 2×3 and labels 0, 1, 2, 0 … as IDX. */
  static void idx(Path folder, String split, int count) {
    byte[] labels = new byte[count];
    for (int i = 0; i < count; i++) {
      labels[i] = (byte) (i % 3);
    }
    byte[] pixels = picture(7, new ImageSize(2 * count, 3), 1).pixels();
    file(folder.resolve(split + "-images-idx3-ubyte"), idx(0x803, pixels, count, 2, 3));
    file(folder.resolve(split + "-labels-idx1-ubyte"), idx(0x801, labels, count));
  }

  /** Records of CIFAR with the given labels; coarse labels are 0. */
  static byte[] cifar(int labelBytes, int... labels) {
    byte[] file = new byte[labels.length * (labelBytes + 3072)];
    for (int i = 0; i < labels.length; i++) {
      int at = i * (labelBytes + 3072);
      file[at + labelBytes - 1] = (byte) labels[i];
      for (int p = 0; p < 3072; p++) {
        file[at + labelBytes + p] = (byte) (p / 1024 * 10 + i);
      }
    }
    return file;
  }

  /** Pictures of each split as {@code train 5, val 2}. */
  static String sizes(DataSource source) {
    StringBuilder text = new StringBuilder();
    for (Split split : Split.values()) {
      source
          .set(split)
          .ifPresent(
              set ->
                  text.append(text.isEmpty() ? "" : ", ")
                      .append(split.key())
                      .append(' ')
                      .append(set.size()));
    }
    return text.toString();
  }
}
