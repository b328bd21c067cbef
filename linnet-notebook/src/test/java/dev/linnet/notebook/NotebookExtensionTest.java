package dev.linnet.notebook;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import dev.linnet.data.DataOptions;
import dev.linnet.data.DataSources;
import dev.linnet.data.PictureSubset;
import dev.linnet.data.Places;
import dev.linnet.explain.Heatmap;
import dev.linnet.image.DecodeOptions;
import dev.linnet.image.Decoder;
import dev.linnet.image.ImageSize;
import dev.linnet.image.Picture;
import dev.linnet.image.PngWriter;
import dev.linnet.report.Chart;
import dev.linnet.report.Gallery;
import dev.linnet.report.Image;
import dev.linnet.report.PictureMap;
import dev.linnet.report.RunReport;
import dev.linnet.report.Table;
import dev.linnet.train.EpochMetrics;
import dev.linnet.train.Metrics;
import dev.linnet.train.Predictor;
import dev.linnet.train.TrainingResult;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.ServiceLoader;
import org.dflib.jjava.jupyter.Extension;
import org.dflib.jjava.jupyter.kernel.display.DisplayData;
import org.dflib.jjava.jupyter.kernel.display.Renderer;
import org.dflib.jjava.jupyter.kernel.display.mime.MIMEType;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Test;

@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
final class NotebookExtensionTest {
  private static String shown(Object value, MIMEType type) {
    Renderer renderer = new Renderer();
    NotebookExtension.register(renderer);
    DisplayData data = renderer.render(value);
    assertThat(data.hasDataForType(type)).as(value.getClass() + " as " + type).isTrue();
    return requireNonNull(data.getData(type)).toString();
  }

  private static String html(Object value) {
    return shown(value, NotebookExtension.HTML);
  }

  private static Picture png(Object value) {
    byte[] file = Base64.getDecoder().decode(shown(value, NotebookExtension.PNG));
    return Decoder.decode(file, "shown", DecodeOptions.DEFAULT);
  }

  @Test
  void the_kernel_finds_the_extension() {
    assertThat(ServiceLoader.load(Extension.class))
        .hasAtLeastOneElementOfType(NotebookExtension.class);
  }

  @Test
  void a_small_picture_is_enlarged_by_a_whole_factor() {
    Picture picture = Picture.of(new ImageSize(1, 2), 3, new byte[] {10, 20, 30, 40, 50, 60});
    Picture seen = png(picture);
    assertThat(seen.size()).isEqualTo(new ImageSize(56, 112));
    assertThat(List.of(seen.level(55, 55, 0), seen.level(0, 55, 2))).containsExactly(10, 30);
    assertThat(List.of(seen.level(0, 56, 0), seen.level(55, 111, 2))).containsExactly(40, 60);
  }

  @Test
  void a_large_picture_is_shown_as_it_is() {
    Picture picture = Picture.filled(new ImageSize(80, 200), 1, 2, 3);
    assertThat(png(picture).pixels()).isEqualTo(picture.pixels());
  }

  @Test
  void a_heatmap_is_colored() {
    Picture seen = png(Heatmap.of(new float[] {0, 1, 2, 3}, 2, 2));
    assertThat(seen.size()).isEqualTo(ImageSize.square(112));
    assertThat(seen.level(0, 0, 2)).isGreaterThan(seen.level(0, 0, 1)); // viridis begins violet
  }

  @Test
  void a_set_of_pictures_is_a_sheet() {
    var digits = DataSources.open("digits", DataOptions.of(Places.of(Map.of()))).train();
    assertThat(png(digits).size()).isEqualTo(new ImageSize(329, 744));
    assertThat(png(PictureSubset.of(digits, 3, 5)).width()).isEqualTo(192);
  }

  @Test
  void a_chart_is_drawn() {
    Chart chart =
        new Chart(
            "Loss",
            "epoch",
            List.of(new Chart.Curve("a", List.of(new Chart.Point(0, 1), new Chart.Point(1, 2)))),
            List.of());
    assertThat(shown(chart, NotebookExtension.SVG)).startsWith("<svg").contains("Loss");
  }

  @Test
  void a_part_of_a_page_keeps_its_style_to_itself() {
    String html = html(new Table("Title", "", List.of("a"), List.of(List.of("<1>"))));
    assertThat(html).startsWith("<div class=\"linnet\"><style>.linnet {\n& {\n");
    assertThat(html).contains("<h2>Title</h2>", "&lt;1&gt;").endsWith("</div>");
    assertThat(html).doesNotContain(":root", "body {").doesNotContain("<script");
    String style = html.substring(html.indexOf("<style>"), html.indexOf("</style>"));
    assertThat(style.chars().filter(c -> c == '{').count())
        .isEqualTo(style.chars().filter(c -> c == '}').count());
  }

  @Test
  void pictures_of_a_gallery_are_in_it() {
    byte[] file = PngWriter.write(Picture.filled(new ImageSize(4, 4), 9, 9, 9));
    Gallery.Item item = Gallery.Item.of(Image.png(file, 4, 4), "nine");
    String html =
        html(new Gallery("G", "", Gallery.Size.SMALL, List.of(new Gallery.Row("", List.of(item)))));
    assertThat(html).contains("src=\"data:image/png;base64,", "nine");
  }

  @Test
  void a_page_and_a_part_with_a_script_come_in_a_frame() {
    RunReport page = new RunReport("A \"page\"", "", List.of());
    String html = html(page);
    assertThat(html).startsWith("<iframe sandbox=\"allow-scripts\"").endsWith("\"></iframe>");
    String inside = html.replaceFirst("(?s).*srcdoc=\"(.*)\"></iframe>", "$1");
    assertThat(inside.replace("&quot;", "\"").replace("&amp;", "&")).isEqualTo(page.html());
    Image sprite =
        Image.png(PngWriter.write(Picture.filled(ImageSize.square(32), 1, 1, 1)), 32, 32);
    PictureMap map =
        new PictureMap(
            "Map",
            "",
            List.of(new PictureMap.Layout("PCA", "", List.of(new PictureMap.Place(0, 0)))),
            List.of(new PictureMap.Point("p", 0, 0, 1)),
            List.of("c"),
            sprite,
            32);
    assertThat(html(map)).startsWith("<iframe ").contains("script-src &amp;#39;sha256-");
  }

  @Test
  void a_prediction_is_a_table_of_five() {
    List<Predictor.Ranked> ranked =
        List.of(
            new Predictor.Ranked(3, "three", 0.9),
            new Predictor.Ranked(1, "one", 0.05),
            new Predictor.Ranked(2, "two", 0.03),
            new Predictor.Ranked(0, "zero", 0.01),
            new Predictor.Ranked(4, "four", 0.006),
            new Predictor.Ranked(5, "five", 0.004));
    assertThat(html(new Predictor.Prediction("a.png", ranked, List.of())))
        .contains("<h2>a.png</h2>", ">90.0 %<", ">three<", ">0.6 %<")
        .doesNotContain("five");
  }

  @Test
  void a_training_is_figures_and_curves() {
    Metrics metrics = new Metrics(50, 90, 1.5, 10, 1);
    EpochMetrics first = new EpochMetrics(1, 5, 0.1, 2, 30, Optional.of(metrics), 1, 10, 0, true);
    EpochMetrics second = new EpochMetrics(2, 10, 0.1, 1, 60, Optional.empty(), 1, 10, 0, false);
    TrainingResult result =
        new TrainingResult(
            TrainingResult.End.FINISHED, List.of(first, second), Optional.of(first), 10, 2.5);
    assertThat(html(result))
        .contains("best: epoch 1", "2.5 s", "10 updates", "Top-1, %", "validation");
  }
}
