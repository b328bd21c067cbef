package dev.linnet.explain;

import dev.linnet.data.PictureSet;
import dev.linnet.image.Picture;
import dev.linnet.report.Gallery;
import dev.linnet.report.RunReport;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * Pictures and those most like them on one page.
 *
 * @param network such as the name of the run
 * @param layer whose features are compared
 * @param pictures among which was looked
 */
public record SimilarPage(String network, String layer, int pictures) {
  private static final int SIDE = 96;

  /** Rows that a page has at most. */
  private static final int MOST = 100;

  /**
   * The page; of more than 100 pictures the first.
   *
   * @param queries the pictures asked for
   * @param set among whose pictures was looked
   */
  public RunReport page(PictureSet queries, PictureSet set, List<Similar> found) {
    List<Similar> shown = found.subList(0, Math.min(MOST, found.size()));
    List<Picture> asked = thumbnails(queries, shown.stream().mapToInt(Similar::query).toArray());
    List<Gallery.Row> rows = new ArrayList<>();
    for (int i = 0; i < shown.size(); i++) {
      rows.add(row(shown.get(i), asked.get(i), set));
    }
    String about =
        "The first picture of a row is asked for; then those most like it for this network, with"
            + " their class and distance: 0 for the same direction of the features, 1 for a right"
            + " angle."
            + (shown.size() < found.size()
                ? " The first %d of %d rows.".formatted(shown.size(), found.size())
                : "");
    return new RunReport(
        "Pictures alike for " + network,
        "among %d pictures, by 1 − cosine of %s".formatted(pictures, layer),
        List.of(new Gallery("Nearest pictures", about, Gallery.Size.MEDIUM, rows)));
  }

  private static Gallery.Row row(Similar similar, Picture asked, PictureSet set) {
    List<Gallery.Item> items = new ArrayList<>();
    items.add(Gallery.Item.of(NetworkUnits.jpeg(asked), "asked for"));
    List<Picture> small =
        thumbnails(set, similar.near().stream().mapToInt(Similar.Near::index).toArray());
    for (int i = 0; i < small.size(); i++) {
      Similar.Near near = similar.near().get(i);
      String caption = String.format(Locale.ROOT, "%s %.4f", near.className(), near.distance());
      items.add(
          new Gallery.Item(
              NetworkUnits.jpeg(small.get(i)), caption, near.name(), Gallery.Mark.NONE));
    }
    return new Gallery.Row(similar.picture(), items);
  }

  private static List<Picture> thumbnails(PictureSet set, int[] indices) {
    return Thumbnails.of(set, indices, SIDE).pictures();
  }
}
