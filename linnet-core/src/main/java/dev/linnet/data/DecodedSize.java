package dev.linnet.data;

import dev.linnet.image.BadPictureException;
import dev.linnet.image.ColorMode;

/** What a set takes once it is decoded. */
public final class DecodedSize {
  /**
   * Up to 400 MB a set is small: its pictures are always decoded whole, cached or not, so that
   * training sees the same on every machine.
   */
  public static final long SMALL = 400_000_000;

  private static final int HEADERS = 200;
  private static final int OBJECT = 64; // bytes of a picture beside its pixels

  private DecodedSize() {}

  /** Whether all pictures take at most {@link #SMALL} bytes. */
  public static boolean isSmall(PictureSet set, ColorMode color) {
    return bytes(set, color) <= SMALL;
  }

  /** Bytes of all pictures, told from 200 headers, evenly spread: the same on every machine. */
  static long bytes(PictureSet set, ColorMode color) {
    int headers = Math.min(HEADERS, set.size());
    double area = 0;
    int read = 0;
    for (int i = 0; i < headers; i++) {
      try {
        area += set.info((int) ((long) i * set.size() / headers)).size().area();
        read++;
      } catch (BadPictureException broken) {
        // counted and named when the loader reads it
      }
    }
    double each = read == 0 ? 0 : area / read * color.channels() + OBJECT;
    return (long) (each * set.size());
  }
}
