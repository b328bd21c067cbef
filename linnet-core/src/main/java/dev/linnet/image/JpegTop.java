package dev.linnet.image;

import java.util.Arrays;
import java.util.Optional;

/**
 * The upper part of a JPEG as a file of its own, for a decoder that has no windows: the same file,
 * whose frame says that it has fewer rows. What the scan has below them nobody undoes.
 *
 * <p>The file loses its end, too: a decoder that is done with the rows looks for the next marker,
 * and would complain, in a line to the standard error stream, of the data that it finds in between.
 * Where there is no marker any more, it is silent.
 */
final class JpegTop {
  private static final int BASELINE = 0xC0;
  private static final int EXTENDED = 0xC1;
  private static final int RESTARTS = 0xDD;
  private static final int END = 2; // bytes of the marker at the end
  private static final int BLOCK = 8;

  private final byte[] file;
  private final int height;

  private JpegTop(byte[] file, int height) {
    this.file = file;
    this.height = height;
  }

  /** All its bytes, not to be changed. */
  byte[] file() {
    return file;
  }

  /** Its number of rows, a multiple of 8. */
  int height() {
    return height;
  }

  /**
   * The upper part of a JPEG whose data allow it: all colors in one scan, which is sequential and
   * has no restart markers.
   *
   * @param rows that are needed, at least 1; there are more in the part, since the lowest ones of a
   *     JPEG are colored as if there was nothing below
   */
  static Optional<JpegTop> of(FileBytes bytes, long rows) {
    if (!bytes.is(bytes.length() - END, 0xFF, 0xD9)) {
      return Optional.empty(); // something behind the end
    }
    JpegMarkers markers = new JpegMarkers(bytes);
    int frame = 0;
    while (markers.next()) {
      if (markers.isFrame() && frame == 0 && isSequential(markers.code())) {
        frame = markers.at();
      } else if (markers.isFrame() || markers.code() == RESTARTS) {
        return Optional.empty();
      }
    }
    if (frame == 0 || bytes.u8(markers.at()) != components(bytes, frame)) {
      return Optional.empty();
    }
    int unit = BLOCK * verticalSampling(bytes, frame);
    long height = (rows + unit - 1) / unit * unit;
    if (height >= bytes.u16be(frame + 1)) {
      return Optional.empty();
    }
    byte[] file = Arrays.copyOf(bytes.array(), bytes.length() - END);
    file[frame + 1] = (byte) (height >> 8);
    file[frame + 2] = (byte) height;
    return Optional.of(new JpegTop(file, (int) height));
  }

  private static boolean isSequential(int code) {
    return code == BASELINE || code == EXTENDED;
  }

  private static int components(FileBytes bytes, int frame) {
    return bytes.u8(frame + 5);
  }

  /** How many blocks lie one below the other in a unit of the scan. */
  private static int verticalSampling(FileBytes bytes, int frame) {
    int most = 1;
    for (int i = 0; i < components(bytes, frame); i++) {
      most = Math.max(most, bytes.u8(frame + 7 + 3 * i) & 0xF);
    }
    return most;
  }
}
