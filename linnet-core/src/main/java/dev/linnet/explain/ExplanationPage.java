package dev.linnet.explain;

import dev.linnet.image.ColorMap;
import dev.linnet.image.Picture;
import dev.linnet.image.PngWriter;
import dev.linnet.report.Chart;
import dev.linnet.report.Curves;
import dev.linnet.report.Notes;
import dev.linnet.report.Overlays;
import dev.linnet.report.RunReport;
import dev.linnet.report.Section;
import dev.linnet.report.Table;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * Explanations on one page.
 *
 * @param network such as the name of the run
 * @param layer whose maps were looked at
 * @param colors of the heatmaps
 */
public record ExplanationPage(String network, String layer, ColorMap colors) {
  private static final int MOST_CURVES = 6;

  /** The page of some pictures. */
  public RunReport page(List<Explainer.Explained> pictures) {
    List<Section> sections = new ArrayList<>();
    sections.add(
        new Notes(
            List.of(
                "A heatmap shows where the answer of this network comes from, as one method sees"
                    + " it; it does not show that the answer is right, nor what the object is.",
                "Deletion and insertion say whether the answer needs the places shown; randomized"
                    + " weights, whether the map has to do with what was learnt.")));
    for (int i = 0; i < pictures.size(); i++) {
      Explainer.Explained explained = pictures.get(i);
      sections.add(overlays(explained, i));
      if (explained.maps().stream().anyMatch(map -> map.scores().isPresent())) {
        sections.add(scores(explained));
      }
      if (explained.maps().stream().anyMatch(map -> !map.sanity().isEmpty())) {
        sections.add(sanity(explained));
      }
    }
    return new RunReport(
        "Why " + network + " answers so",
        "%d %s, at %s"
            .formatted(pictures.size(), pictures.size() == 1 ? "picture" : "pictures", layer),
        sections);
  }

  private Overlays overlays(Explainer.Explained explained, int number) {
    List<Overlays.Layer> layers = new ArrayList<>();
    for (Explainer.Map map : explained.maps()) {
      List<String> lines = new ArrayList<>();
      lines.add(map.label().name() + " " + Explainer.percent(map.label().probability()));
      map.scores()
          .ifPresent(
              s -> lines.add(format("deletion %.3f, insertion %.3f", s.deletion(), s.insertion())));
      map.completeness()
          .ifPresent(gap -> lines.add(format("incomplete by %.2f %%", 100 * Math.abs(gap))));
      if (map.heat().isConstant()) {
        lines.add("the same everywhere: nothing to see");
      }
      layers.add(new Overlays.Layer(map.method().key(), lines, png(map.shown().picture(colors))));
    }
    List<String> answers = new ArrayList<>();
    explained
        .answers()
        .forEach(a -> answers.add(a.name() + " " + Explainer.percent(a.probability())));
    return new Overlays(
        explained.picture(),
        String.join(", ", answers),
        png(explained.seen()),
        "picture-" + number,
        layers);
  }

  private static Overlays.Png png(Picture picture) {
    return Overlays.Png.of(PngWriter.write(picture), picture.width(), picture.height());
  }

  private static Table scores(Explainer.Explained explained) {
    List<List<String>> rows = new ArrayList<>();
    String last = "";
    for (Explainer.Map map : explained.maps()) {
      String label = map.label().name();
      if (!label.equals(last)) {
        map.chance().ifPresent(chance -> rows.add(row(label, "a random map", chance)));
      }
      last = label;
      map.scores().ifPresent(found -> rows.add(row(label, map.method().key(), found)));
    }
    return new Table(
        "Deletion and insertion: " + explained.picture(),
        "The probability of the class while the places shown go (better when it falls soon: small)"
            + " and while they come (better when it rises soon: large), as an area.",
        List.of("class", "method", "deletion", "insertion"),
        rows);
  }

  private static List<String> row(String label, String method, Faithfulness.Scores found) {
    return List.of(
        label, method, format("%.3f", found.deletion()), format("%.3f", found.insertion()));
  }

  private static Curves sanity(Explainer.Explained explained) {
    List<Chart.Curve> ranks = new ArrayList<>();
    List<Chart.Curve> structures = new ArrayList<>();
    for (Explainer.Map map : explained.maps()) {
      if (map.sanity().isEmpty() || ranks.size() == MOST_CURVES) {
        continue;
      }
      String name = map.method().key() + ", " + map.label().name();
      List<Chart.Point> rank = new ArrayList<>(List.of(new Chart.Point(0, 1)));
      List<Chart.Point> structure = new ArrayList<>(List.of(new Chart.Point(0, 1)));
      for (SanityCheck.Stage stage : map.sanity()) {
        rank.add(new Chart.Point(stage.random(), stage.rankCorrelation()));
        structure.add(new Chart.Point(stage.random(), stage.structural()));
      }
      ranks.add(new Chart.Curve(name, rank));
      structures.add(new Chart.Curve(name, structure));
    }
    String x = "layers with random weights, from the head on";
    return new Curves(
        List.of(
            new Chart(
                    "Rank correlation with the first map: " + explained.picture(),
                    x,
                    ranks,
                    List.of())
                .covering(0, 1),
            new Chart("Structural similarity with the first map", x, structures, List.of())
                .covering(0, 1)));
  }

  private static String format(String form, Object... values) {
    return String.format(Locale.ROOT, form, values);
  }
}
