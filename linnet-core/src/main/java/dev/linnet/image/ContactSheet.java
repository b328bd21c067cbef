package dev.linnet.image;

import dev.linnet.base.Check;
import java.util.Arrays;
import java.util.List;

/**
 * Many pictures on one, with captions below each: for looking at a data set.
 *
 * <p>Pictures keep their proportions. Large ones are shrunk to the cell; small ones are enlarged by
 * a whole factor, so that their pixels can be seen. Captions may be in most scripts; what is too
 * long for its cell ends with an ellipsis.
 *
 * @param columns pictures in a row, in [1, 100]
 * @param cell side of the square that each picture gets, in pixels, in [16, 2048]
 */
public record ContactSheet(int columns, int cell) {
  /** Eight pictures in a row, 144 pixels each. */
  public static final ContactSheet DEFAULT = new ContactSheet(8, 144);

  private static final int GAP = 8;
  private static final int LINE = CaptionFont.HEIGHT + 2;
  private static final byte WHITE = (byte) 255;

  public ContactSheet {
    Check.that(columns >= 1 && columns <= 100, "columns", columns, "in [1, 100]");
    Check.that(cell >= 16 && cell <= 2048, "cell", cell, "in [16, 2048]");
  }

  /**
   * One picture and what is written below it.
   *
   * @param picture the picture, grey or color
   * @param caption lines separated by {@code \n}
   */
  public record Entry(Picture picture, String caption) {}

  /** Sheets with another number of pictures in a row. */
  public ContactSheet withColumns(int columns) {
    return new ContactSheet(columns, cell);
  }

  /** Sheets with another size of pictures, in pixels. */
  public ContactSheet withCell(int cell) {
    return new ContactSheet(columns, cell);
  }

  /** Draws the sheet; rows run from left to right. */
  public Picture draw(List<Entry> entries) {
    Check.that(!entries.isEmpty(), "pictures", entries.size(), "at least 1");
    int lines = 0;
    for (Entry entry : entries) {
      lines = Math.max(lines, lines(entry).length);
    }
    int used = Math.min(columns, entries.size());
    int rows = (entries.size() + columns - 1) / columns;
    int rowHeight = cell + lines * LINE + GAP;
    ImageSize size =
        new ImageSize(
            Math.addExact(Math.multiplyExact(rows, rowHeight), GAP), used * (cell + GAP) + GAP);
    byte[] pixels = new byte[Math.toIntExact(size.area() * 3)];
    Arrays.fill(pixels, WHITE);
    CaptionFont font = CaptionFont.load();
    for (int i = 0; i < entries.size(); i++) {
      int top = GAP + i / columns * rowHeight;
      int left = GAP + i % columns * (cell + GAP);
      Picture shown = fitted(entries.get(i).picture()).rgb();
      paste(
          shown,
          pixels,
          size.width(),
          top + (cell - shown.height()) / 2,
          left + (cell - shown.width()) / 2);
      String[] caption = lines(entries.get(i));
      for (int line = 0; line < caption.length; line++) {
        int lineTop = top + cell + 2 + line * LINE;
        font.write(caption[line], pixels, size.width(), lineTop, left, cell);
      }
    }
    return Picture.wrap(size, 3, pixels);
  }

  /** Draws the sheet as a PNG file. */
  public byte[] png(List<Entry> entries) {
    return PngWriter.write(draw(entries));
  }

  private static String[] lines(Entry entry) {
    return entry.caption().isEmpty() ? new String[0] : entry.caption().split("\n", -1);
  }

  private Picture fitted(Picture picture) {
    int longer = Math.max(picture.height(), picture.width());
    if (longer > cell) {
      ImageSize size =
          new ImageSize(
              Math.max(1, (int) ((long) picture.height() * cell / longer)),
              Math.max(1, (int) ((long) picture.width() * cell / longer)));
      return Resize.apply(picture, size, Interpolation.BICUBIC);
    }
    int factor = cell / longer;
    ImageSize size = new ImageSize(picture.height() * factor, picture.width() * factor);
    return Resize.apply(picture, size, Interpolation.NEAREST);
  }

  private static void paste(Picture picture, byte[] pixels, int width, int top, int left) {
    int rowBytes = picture.width() * 3;
    for (int row = 0; row < picture.height(); row++) {
      System.arraycopy(
          picture.raw(), row * rowBytes, pixels, ((top + row) * width + left) * 3, rowBytes);
    }
  }
}
