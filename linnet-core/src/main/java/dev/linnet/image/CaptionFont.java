package dev.linnet.image;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.text.Normalizer;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.zip.GZIPInputStream;

/**
 * The letters of contact sheets: X11's 6×13 bitmap font and its double-width companion, 22,335
 * glyphs of most scripts. OpenCV writes ASCII only, and the JDK's fonts need libraries that servers
 * do not have.
 *
 * <p>Any thread.
 */
final class CaptionFont {
  static final int HEIGHT = 13;
  static final int CELL = 6;
  private static final int MISSING = 0x25A1; // a square
  private static final int ELLIPSIS = 0x2026;

  private final byte[] data;
  private final Map<Integer, Integer> offsets = new HashMap<>();

  private CaptionFont(byte[] data) {
    this.data = data;
    for (int at = 0; at < data.length; ) {
      offsets.put(((data[at] & 0xFF) << 8) | (data[at + 1] & 0xFF), at + 2);
      at += 3 + HEIGHT * data[at + 2];
    }
  }

  /** Reads the font from the jar. */
  static CaptionFont load() {
    try (InputStream file = CaptionFont.class.getResourceAsStream("captions.font.gz");
        InputStream in = new GZIPInputStream(Objects.requireNonNull(file, "captions.font.gz"))) {
      return new CaptionFont(in.readAllBytes());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * Writes a line in black.
   *
   * @param pixels RGB, rows of {@code width} pixels
   * @param space pixels that the line may be wide; a longer one ends with an ellipsis
   */
  void write(String line, byte[] pixels, int width, int top, int left, int space) {
    int[] letters = letters(line);
    int cells = space / CELL;
    int used = 0;
    for (int letter : letters) {
      used += cells(letter);
    }
    boolean cut = used > cells;
    int x = left;
    int end = left + (cut ? cells - 1 : cells) * CELL;
    for (int letter : letters) {
      if (x + cells(letter) * CELL > end) {
        break;
      }
      draw(letter, pixels, width, top, x);
      x += cells(letter) * CELL;
    }
    if (cut && cells > 0) {
      draw(ELLIPSIS, pixels, width, top, x);
    }
  }

  private int[] letters(String line) {
    return Normalizer.normalize(line, Normalizer.Form.NFC)
        .codePoints()
        .map(letter -> Character.isISOControl(letter) ? ' ' : letter)
        .map(letter -> offsets.containsKey(letter) ? letter : MISSING)
        .toArray();
  }

  private int offset(int letter) {
    return Objects.requireNonNull(offsets.get(letter), "every letter was looked up");
  }

  private int cells(int letter) {
    return data[offset(letter)];
  }

  private void draw(int letter, byte[] pixels, int width, int top, int left) {
    int offset = offset(letter);
    int bytes = data[offset];
    for (int row = 0; row < HEIGHT; row++) {
      for (int column = 0; column < bytes * CELL; column++) {
        int bits = data[offset + 1 + row * bytes + column / 8];
        if (((bits >> (7 - column % 8)) & 1) == 1) {
          int at = ((top + row) * width + left + column) * 3;
          pixels[at] = 0;
          pixels[at + 1] = 0;
          pixels[at + 2] = 0;
        }
      }
    }
  }
}
