package dev.linnet.report;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.linnet.base.RandomState;
import dev.linnet.report.Chart.Curve;
import dev.linnet.report.Chart.Mark;
import dev.linnet.report.Chart.Point;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.w3c.dom.Document;

@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
final class RunReportTest {
  private static final String HOSTILE = "<script>alert('1')</script> & \"x\" \u0000\u001b\u202e]]>";

  @Test
  void a_page_is_one_file_that_loads_nothing_and_runs_nothing(@TempDir Path folder)
      throws Exception {
    Path file = folder.resolve("report.html");
    sample(10).write(file);
    String html = Files.readString(file, UTF_8);
    assertThat(html).startsWith("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n");
    Document page = Markup.parse(html);
    assertThat(Markup.texts(page, "title").get(0)).isEqualTo("2026-11-23-lenet5-digits – Linnet");
    assertThat(page.getElementsByTagName("script").getLength()).isZero();
    assertThat(page.getElementsByTagName("link").getLength()).isZero();
    assertThat(Markup.attributes(page, "img", "src"))
        .hasSize(4)
        .allMatch(source -> source.startsWith("data:image/png;base64,"));
    assertThat(html.replace("http://www.w3.org/2000/svg", "")).doesNotContain("://");
    assertThat(html).doesNotContain("url(").doesNotContain("@import");
    keep("report-10.html", html);
  }

  @Test
  void pages_of_two_and_of_a_hundred_classes_are_well_formed_too() throws Exception {
    for (int classes : new int[] {2, 100}) {
      String html = sample(classes).html();
      Markup.parse(html);
      keep("report-" + classes + ".html", html);
    }
  }

  @Test
  void no_text_can_become_markup() throws Exception {
    long[][] counts = {{1, 2}, {3, 4}};
    Image png = Image.png(gray(28), 28, 28);
    Chart chart =
        new Chart(
            HOSTILE,
            HOSTILE,
            List.of(new Curve(HOSTILE, List.of(new Point(1, 1)))),
            List.of(new Mark(1, HOSTILE)));
    RunReport report =
        new RunReport(
            HOSTILE,
            HOSTILE,
            List.of(
                new Figures(List.of(new Figures.Figure(HOSTILE, HOSTILE, HOSTILE))),
                new Notes(List.of(HOSTILE)),
                new Curves(List.of(chart)),
                Confusions.of(List.of(HOSTILE, "b"), counts),
                new ClassTable(List.of(new ClassTable.Row(HOSTILE, 1, 1, 1, 1))),
                new Mistakes(List.of(new Mistakes.Mistake(HOSTILE, HOSTILE, HOSTILE, 0.9, png))),
                new Listing(HOSTILE, HOSTILE),
                new Facts(HOSTILE, Map.of(HOSTILE, HOSTILE))));
    Document page = Markup.parse(report.html());
    assertThat(page.getElementsByTagName("script").getLength()).isZero();
    String shown = "<script>alert('1')</script> & \"x\" \ufffd\ufffd\u202e]]>";
    for (String tag : List.of("h1", "li", "pre", "dt", "dd", "b", "h2", "td")) {
      assertThat(Markup.texts(page, tag)).as(tag).contains(shown);
    }
  }

  @Test
  void figures_and_notes_stand_as_they_were_given() {
    assertThat(
            new Figures(List.of(new Figures.Figure("top-1, best", "98.72 %", "epoch 4 of 5")))
                .html())
        .isEqualTo(
            """
            <section class="figures">
            <div class="figure"><div class="label">top-1, best</div>\
            <div class="value">98.72 %</div><div class="note">epoch 4 of 5</div></div></section>\
            """);
    assertThat(new Notes(List.of("a < b")).html())
        .isEqualTo("<section class=\"notes\"><ul>\n<li>a &lt; b</li></ul></section>");
    assertThat(new Listing("Recipe", "epochs: 5\n").html())
        .isEqualTo("<section class=\"card\"><h2>Recipe</h2>\n<pre>epochs: 5\n</pre></section>");
  }

  @Test
  void facts_keep_their_order() throws Exception {
    Map<String, String> facts = new LinkedHashMap<>();
    facts.put("z", "1");
    facts.put("a", "2");
    assertThat(Markup.texts(Markup.parse(new Facts("Environment", facts).html()), "dt"))
        .containsExactly("z", "a");
  }

  @Test
  void classes_are_listed_the_worst_first_and_what_has_no_value_is_a_dash() throws Exception {
    ClassTable table =
        new ClassTable(
            List.of(
                new ClassTable.Row("good", 1, 0.5, 0.6667, 1200),
                new ClassTable.Row("bad", 0.25, 0.125, 0.1667, 8),
                new ClassTable.Row("never", Double.NaN, 0, Double.NaN, 3)));
    assertThat(Markup.texts(Markup.parse(table.html()), "td"))
        .containsExactly(
            "never", "–", "0.0 %", "–", "3", //
            "bad", "25.0 %", "12.5 %", "16.7 %", "8", //
            "good", "100.0 %", "50.0 %", "66.7 %", "1,200");
  }

  @Test
  void a_long_table_of_classes_is_folded() throws Exception {
    List<ClassTable.Row> rows =
        IntStream.range(0, 31).mapToObj(i -> new ClassTable.Row("c" + i, 1, 1, 1, 1)).toList();
    assertThat(Markup.texts(Markup.parse(new ClassTable(rows).html()), "summary"))
        .containsExactly("All 31 classes");
    Document short30 = Markup.parse(new ClassTable(rows.subList(0, 30)).html());
    assertThat(Markup.elements(short30, "details")).isEmpty();
  }

  @Test
  void a_small_picture_is_shown_with_sharp_pixels() throws Exception {
    Mistakes mistakes =
        new Mistakes(
            List.of(
                mistake("a.png", Image.png(gray(28), 28, 28)),
                mistake("b.png", Image.png(gray(96), 96, 96))));
    Document section = Markup.parse(mistakes.html());
    assertThat(Markup.attributes(section, "img", "class")).containsExactly("pixels", "photo");
    assertThat(Markup.texts(section, "figcaption"))
        .containsExactly(
            "is cat" + "said dog 99.1 %" + "a.png", "is cat" + "said dog 99.1 %" + "b.png");
    assertThat(Markup.texts(Markup.parse(new Mistakes(List.of()).html()), "p"))
        .containsExactly("None.");
  }

  private static Mistakes.Mistake mistake(String picture, Image thumbnail) {
    return new Mistakes.Mistake(picture, "cat", "dog", 0.9912, thumbnail);
  }

  /** A run as it may have been. */
  private static RunReport sample(int classes) {
    RandomState random = RandomState.of(classes);
    List<Point> train = new ArrayList<>();
    List<Point> val = new ArrayList<>();
    List<Point> trainTop1 = new ArrayList<>();
    List<Point> valTop1 = new ArrayList<>();
    List<Point> lr = new ArrayList<>();
    int epochs = 12;
    for (int epoch = 1; epoch <= epochs; epoch++) {
      double left = Math.exp(-epoch / 3.0);
      train.add(new Point(epoch, 0.05 + 1.2 * left + random.nextDouble(0, 0.02)));
      val.add(new Point(epoch, 0.11 + left + random.nextDouble(0, 0.06)));
      trainTop1.add(new Point(epoch, 99 - 30 * left));
      valTop1.add(new Point(epoch, 98 - 24 * left - random.nextDouble(0, 1)));
    }
    for (int update = 0; update < 1900; update++) {
      double t = update / 1900.0;
      lr.add(new Point(update, t < 0.08 ? t / 0.8 : 0.05 * (1 + Math.cos(Math.PI * t))));
    }
    List<String> names = IntStream.range(0, classes).mapToObj(RunReportTest::name).toList();
    long[][] counts = new long[classes][classes];
    List<ClassTable.Row> rows = new ArrayList<>();
    for (int i = 0; i < classes; i++) {
      for (int j = 0; j < classes; j++) {
        counts[i][j] =
            i == j ? 170 + random.nextInt(30) : random.nextBoolean(0.3) ? random.nextInt(9) : 0;
      }
      double recall = random.nextDouble(0.7, 1);
      rows.add(new ClassTable.Row(names.get(i), recall, recall * 0.97, recall * 0.985, 200));
    }
    Map<String, String> environment = new LinkedHashMap<>();
    environment.put("Linnet", "0.1.0");
    environment.put("Java", "17.0.15, Debian");
    environment.put("processor", "Intel Xeon, 2 cores, AVX-512, AMX");
    environment.put("data", "digits, sha256 9f3b…d1");
    environment.put("command", "linnet train --data digits --epochs 12");
    String recipe =
        """
        model: lenet5
        epochs: 12
        batch: 64
        optimizer: {name: sgd, momentum: 0.9, nesterov: true, weight_decay: 5e-4, decay_norm_and_bias: true}
        schedule: {name: cosine, lr: 0.1, lr_per: 128, warmup_epochs: 1}
        tricks:
          label_smoothing: 0.1
        """;
    Image small = Image.png(gray(28), 28, 28);
    Image large = Image.png(gray(96), 96, 96);
    return new RunReport(
        "2026-11-23-lenet5-digits",
        "lenet5 on digits · 12 epochs · 23 November 2026",
        List.of(
            new Figures(
                List.of(
                    new Figures.Figure("top-1, test", "98.72 %", "2,000 pictures, best epoch 11"),
                    new Figures.Figure("loss, test", "0.0412", "cross-entropy"),
                    new Figures.Figure("time", "41 s", "12 epochs, 2 threads"),
                    new Figures.Figure("speed", "3,310 images/s", "0.4 % waiting for data"))),
            new Notes(
                List.of(
                    "244 pictures are few to train from scratch: start from published weights.")),
            new Curves(
                List.of(
                    new Chart(
                        "Loss",
                        "epoch",
                        List.of(new Curve("train", train), new Curve("val", val)),
                        List.of(new Mark(11, "best"))),
                    new Chart(
                        "Top-1, %",
                        "epoch",
                        List.of(new Curve("train", trainTop1), new Curve("val", valTop1)),
                        List.of(new Mark(11, "best"))),
                    new Chart("Learning rate", "update", List.of(new Curve("lr", lr)), List.of()))),
            Confusions.of(names, counts),
            new ClassTable(rows),
            new Mistakes(
                List.of(
                    mistake("val/cat/0001.jpg", small),
                    mistake("val/a rather long folder/with a name that goes on/0001.jpg", large),
                    mistake("val/cat/0002.jpg", large),
                    mistake("val/cat/0003.jpg", small))),
            new Listing("Recipe", recipe),
            new Facts("Environment", environment)));
  }

  private static String name(int index) {
    List<String> names =
        List.of(
            "ants", "bees", "größte Hummel der Welt", "cat", "dog", "<b>frog</b>", "horse", "ship");
    return index < names.size() ? names.get(index) : "class " + index;
  }

  /** A gray PNG: signature, header and data that a browser can show, without its checksums. */
  private static byte[] gray(int side) {
    try {
      java.awt.image.BufferedImage image =
          new java.awt.image.BufferedImage(side, side, java.awt.image.BufferedImage.TYPE_BYTE_GRAY);
      for (int i = 0; i < side * side; i++) {
        image.getRaster().setSample(i % side, i / side, 0, (i % side) * 255 / side);
      }
      var out = new java.io.ByteArrayOutputStream();
      javax.imageio.ImageIO.write(image, "png", out);
      return out.toByteArray();
    } catch (java.io.IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  /** Leaves a page in target/, to be looked at. */
  private static void keep(String name, String html) throws Exception {
    Path folder = Files.createDirectories(Path.of("target", "pages"));
    Files.writeString(folder.resolve(name), html, UTF_8);
  }
}
