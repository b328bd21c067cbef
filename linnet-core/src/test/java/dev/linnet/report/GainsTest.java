package dev.linnet.report;

import static org.assertj.core.api.Assertions.assertThat;

import dev.linnet.report.Gains.Gain;
import java.util.List;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Test;
import org.w3c.dom.Document;

@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
final class GainsTest {
  private static Document draw(Gain... gains) throws Exception {
    return Markup.parse(new Gains("Beside <a>", "About.", "points", List.of(gains)).html());
  }

  @Test
  void a_line_has_its_name_its_values_its_mean_and_its_spread() throws Exception {
    Document page = draw(new Gain("b & c", 1, 1, List.of(0.0, 2.0)));
    // ticks 0, 0.5 … 2; the axis is [16, 344]
    assertThat(Markup.texts(page, "text"))
        .containsExactly("0", "+0.5", "+1.0", "+1.5", "+2.0", "points", "b & c");
    assertThat(Markup.attributes(page, "circle", "cx")).containsExactly("16", "344", "180");
    assertThat(Markup.attributes(page, "line", "class"))
        .containsExactly("zero", "grid", "grid", "grid", "grid", "spread");
    assertThat(Markup.attributes(page, "g", "class")).containsExactly("gain");
    assertThat(Markup.texts(page, "title")).containsExactly("b & c: +1.00 ± 1.00");
  }

  @Test
  void the_axis_has_zero_and_a_loss_is_told_from_a_gain() throws Exception {
    Document page = draw(new Gain("b", -3, 0, List.of()));
    assertThat(Markup.texts(page, "text")).contains("-3", "0");
    assertThat(Markup.attributes(page, "g", "class")).containsExactly("loss");
  }

  @Test
  void without_a_value_there_is_only_the_name() throws Exception {
    Document page = draw(new Gain("b", Double.NaN, 0, List.of()));
    assertThat(Markup.texts(page, "text")).contains("b");
    assertThat(Markup.elements(page, "circle")).isEmpty();
  }
}
