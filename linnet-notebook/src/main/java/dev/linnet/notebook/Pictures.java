package dev.linnet.notebook;

import dev.linnet.data.DataPreview;
import dev.linnet.data.PictureSet;
import dev.linnet.image.ContactSheet;
import dev.linnet.image.ImageSize;
import dev.linnet.image.Picture;
import dev.linnet.image.PngWriter;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;

/** Pictures as a notebook wants them: PNG in base64. */
final class Pictures {
  /** A picture whose longer side has fewer pixels than this is enlarged, so that they are seen. */
  private static final int SMALL = 112;

  private static final int SHOWN = 24;
  private static final ContactSheet SHEET = new ContactSheet(8, 84);

  private Pictures() {}

  static String png(Picture picture) {
    return Base64.getEncoder().encodeToString(PngWriter.write(enlarged(picture)));
  }

  /** Pictures of a set, taken at equal distances. */
  static Picture sheet(PictureSet set) {
    int shown = Math.min(SHOWN, set.size());
    List<ContactSheet.Entry> entries = new ArrayList<>();
    for (int i = 0; i < shown; i++) {
      entries.add(DataPreview.entry(set, (int) ((long) i * set.size() / shown)));
    }
    return SHEET.draw(entries);
  }

  /** Each pixel as a square, by a whole factor. */
  static Picture enlarged(Picture picture) {
    int factor = SMALL / Math.max(picture.height(), picture.width());
    if (factor <= 1) {
      return picture;
    }
    byte[] pixels = picture.pixels();
    int channels = picture.channels();
    ImageSize size = new ImageSize(picture.height() * factor, picture.width() * factor);
    byte[] large = new byte[Math.toIntExact(size.area() * channels)];
    int to = 0;
    for (int row = 0; row < size.height(); row++) {
      for (int column = 0; column < size.width(); column++) {
        int from = (row / factor * picture.width() + column / factor) * channels;
        for (int c = 0; c < channels; c++) {
          large[to++] = pixels[from + c];
        }
      }
    }
    return Picture.of(size, channels, large);
  }
}
