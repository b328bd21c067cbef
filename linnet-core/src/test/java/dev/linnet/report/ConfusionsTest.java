package dev.linnet.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Test;
import org.w3c.dom.Document;

@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
final class ConfusionsTest {
  private static final List<String> CLASSES = List.of("ant", "bee", "a name of more letters");
  private static final long[][] COUNTS = {{75, 25, 0}, {1, 3, 0}, {12_000, 0, 1_300_000}};

  @Test
  void every_cell_has_its_number_and_its_share_as_color() throws Exception {
    Document section = parse(Confusions.of(CLASSES, COUNTS));
    assertThat(counts(section, "count")).containsExactly("25", "1", "12k");
    assertThat(counts(section, "count strong")).containsExactly("75", "3", "1.3M");
    assertThat(opacities(section, "right")).containsExactly("0.87", "0.87", "1.00");
    assertThat(opacities(section, "wrong")).containsExactly("0.50", "0.50", "0.10");
  }

  @Test
  void a_cell_says_on_hovering_what_it_counts() throws Exception {
    assertThat(Markup.texts(parse(Confusions.of(CLASSES, COUNTS)), "title"))
        .contains(
            "is ant, said bee: 25 of 100",
            "is bee, said bee: 3 of 4",
            "is a name of more letters, said ant: 12,000 of 1,312,000");
  }

  @Test
  void a_long_name_is_shortened_and_whole_on_hovering() throws Exception {
    Document section = parse(Confusions.of(CLASSES, COUNTS));
    assertThat(Markup.texts(section, "text"))
        .contains("antant", "a name of more …a name of more letters");
  }

  @Test
  void the_most_frequent_confusions_come_first() throws Exception {
    assertThat(Markup.texts(parse(Confusions.of(CLASSES, COUNTS)), "td"))
        .containsExactly(
            "a name of more letters",
            "ant",
            "12,000",
            "0.9 %", //
            "ant",
            "bee",
            "25",
            "25.0 %", //
            "bee",
            "ant",
            "1",
            "25.0 %");
  }

  @Test
  void without_a_mistake_there_is_no_list() throws Exception {
    Document section = parse(Confusions.of(List.of("a", "b"), new long[][] {{1, 0}, {0, 0}}));
    assertThat(Markup.elements(section, "table")).isEmpty();
  }

  @Test
  void above_twenty_classes_it_is_a_heatmap_without_numbers() throws Exception {
    List<String> classes = IntStream.range(0, 21).mapToObj(i -> "c" + i).toList();
    long[][] counts = new long[21][21];
    counts[0][0] = 4;
    counts[1][1] = 3;
    counts[1][2] = 1;
    Document section = parse(Confusions.of(classes, counts));
    assertThat(Markup.elements(section, "text")).isEmpty();
    assertThat(Markup.attributes(section, "svg", "viewBox")).containsExactly("0 0 21 21");
    assertThat(Markup.attributes(section, "path", "d"))
        .containsExactly("M2 1h1v1h-1z", "M1 1h1v1h-1z", "M0 0h1v1h-1z");
    assertThat(Markup.attributes(section, "path", "class"))
        .containsExactly("wrong", "right", "right");
  }

  @Test
  void the_matrix_is_copied_and_must_be_square() throws Exception {
    long[][] counts = {{1, 1}, {0, 2}};
    Confusions confusions = Confusions.of(List.of("a", "b"), counts);
    String before = confusions.html();
    counts[0][1] = 9;
    assertThat(confusions.html()).isEqualTo(before);
    assertThatThrownBy(() -> Confusions.of(List.of("a"), counts))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("a matrix of 2 rows for 1 classes");
    assertThatThrownBy(() -> Confusions.of(List.of("a", "b"), new long[][] {{1, 1}, {0}}))
        .isInstanceOf(IllegalArgumentException.class);
  }

  private static Document parse(Confusions confusions) throws Exception {
    return Markup.parse(confusions.html());
  }

  private static List<String> counts(Document section, String style) {
    return Markup.elements(section, "text").stream()
        .filter(text -> text.getAttribute("class").equals(style))
        .map(text -> text.getTextContent())
        .toList();
  }

  private static List<String> opacities(Document section, String style) {
    return Markup.elements(section, "rect").stream()
        .filter(rect -> rect.getAttribute("class").equals(style))
        .map(rect -> rect.getAttribute("fill-opacity"))
        .toList();
  }
}
