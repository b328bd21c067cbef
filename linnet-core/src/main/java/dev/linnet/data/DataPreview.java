package dev.linnet.data;

import dev.linnet.image.ContactSheet;
import dev.linnet.image.DecodeOptions;
import dev.linnet.image.Picture;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** A picture as {@code data preview} shows it: its class below, its boxes in it. */
public final class DataPreview {
  /** Okabe and Ito's colors, which nearly everybody can tell apart. */
  private static final List<List<Integer>> COLORS =
      List.of(
          List.of(230, 159, 0),
          List.of(0, 114, 178),
          List.of(0, 158, 115),
          List.of(204, 121, 167),
          List.of(213, 94, 0),
          List.of(86, 180, 233),
          List.of(240, 228, 66),
          List.of(0, 0, 0));

  private static final int SHOWN = 3;
  private static final int PIXELS_A_LINE = 100;

  private DataPreview() {}

  /**
   * A picture of a set for a contact sheet. Of a {@link BoxedSet}: with its boxes, a color a class,
   * and below it how many of each class there are.
   *
   * @throws dev.linnet.image.BadPictureException if it cannot be read; names the file
   */
  public static ContactSheet.Entry entry(PictureSet set, int index) {
    Picture picture = set.read(index, DecodeOptions.DEFAULT);
    return BoxedSet.of(set)
        .map(
            boxed -> entry(picture, boxed, boxed.boxes(index, DecodeOptions.DEFAULT.orientation())))
        .orElse(new ContactSheet.Entry(picture, set.classes().get(set.label(index))));
  }

  private static ContactSheet.Entry entry(Picture picture, BoxedSet set, List<ClassBox> boxes) {
    int thickness = 1 + Math.max(picture.height(), picture.width()) / PIXELS_A_LINE;
    Picture drawn = picture;
    Map<Integer, Integer> counts = new TreeMap<>();
    for (ClassBox box : boxes) {
      drawn = drawn.outlined(box.box(), color(box.label()), thickness);
      counts.merge(box.label(), 1, Integer::sum);
    }
    List<String> lines = new ArrayList<>();
    counts.forEach((label, count) -> lines.add(count + " " + set.classes().get(label)));
    return new ContactSheet.Entry(
        drawn,
        String.join("\n", lines.subList(0, Math.min(SHOWN, lines.size())))
            + (lines.size() > SHOWN ? ", …" : ""));
  }

  /** The color of a class: red, green, blue in [0, 255]. */
  public static List<Integer> color(int label) {
    return COLORS.get(label % COLORS.size());
  }
}
