package dev.linnet.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.List;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Test;
import org.w3c.dom.Document;

@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
final class TableTest {
  @Test
  void names_stand_on_the_left_and_numbers_on_the_right() throws Exception {
    Document table =
        Markup.parse(
            new Table(
                    "Costs & gains",
                    "",
                    List.of("trick", "gain", "note"),
                    List.of(List.of("<a>", "+1.5 %", "4 seeds"), List.of("b", "–", "none")))
                .html());
    assertThat(Markup.texts(table, "h2")).containsExactly("Costs & gains");
    assertThat(Markup.texts(table, "th")).containsExactly("trick", "gain", "note");
    assertThat(Markup.attributes(table, "th", "class")).containsExactly("name", "number", "name");
    assertThat(Markup.texts(table, "td"))
        .containsExactly("<a>", "+1.5 %", "4 seeds", "b", "–", "none");
    assertThat(Markup.elements(table, "p")).isEmpty();
  }

  @Test
  void a_row_of_another_length_is_refused() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new Table("t", "", List.of("a", "b"), List.of(List.of("1"))))
        .withMessage("a row of 1 cells in a table of 2 columns");
  }

  @Test
  void cells_of_a_csv_are_quoted_where_they_must_be() {
    assertThat(Csv.text(List.of("a", "b"), List.of(List.of("1,5", "say \"x\""), List.of("", "2"))))
        .isEqualTo("a,b\n\"1,5\",\"say \"\"x\"\"\"\n\"\",2\n");
  }
}
