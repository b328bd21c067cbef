package dev.linnet.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.linnet.report.Tradeoff.Point;
import java.io.StringReader;
import java.util.List;
import javax.xml.parsers.DocumentBuilderFactory;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Test;
import org.w3c.dom.Document;
import org.xml.sax.InputSource;

@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
final class TradeoffTest {
  private static final Tradeoff THREE =
      new Tradeoff(
          "top-1, %",
          List.of("MACs", "parameters"),
          List.of(
              point("small", "a", 60, 1e6, 3e6),
              point("large", "a", 80, 1e9, 2e6),
              point("<worse>", "b & c", 70, 2e9, 4e6)));

  private static Point point(String name, String group, double gain, double macs, double size) {
    return new Point(name, group, gain, List.of(macs, size), List.of("a note"));
  }

  @Test
  void the_front_has_what_nothing_cheaper_reaches() {
    assertThat(THREE.best(0)).extracting(Point::name).containsExactly("small", "large");
    assertThat(THREE.best(1)).extracting(Point::name).containsExactly("large");
  }

  @Test
  void the_part_is_well_formed_and_escaped() throws Exception {
    Document page =
        DocumentBuilderFactory.newInstance()
            .newDocumentBuilder()
            .parse(new InputSource(new StringReader(THREE.html())));
    assertThat(page.getElementsByTagName("svg").getLength()).isEqualTo(2);
    assertThat(page.getElementsByTagName("a").getLength()).isEqualTo(6);
    assertThat(page.getElementsByTagName("label").getLength()).isEqualTo(2);
    assertThat(page.getElementsByTagName("a").item(4).getTextContent())
        .isEqualTo("largetop-1, % 80.00MACs 1 Gparameters 2 Ma note");
    assertThat(THREE.html()).contains("&lt;worse&gt;", "b &amp; c").doesNotContain("<script");
  }

  @Test
  void one_point_is_drawn_too() {
    Tradeoff one =
        new Tradeoff("y", List.of("x"), List.of(new Point("p", "g", 1, List.of(1.0), List.of())));
    assertThat(one.html()).contains("<b>p</b>").doesNotContain("NaN");
  }

  @Test
  void a_cost_for_every_axis_is_needed() {
    assertThatThrownBy(() -> new Tradeoff("y", List.of("x"), List.of(point("p", "g", 1, 2, 3))))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("p: has the costs [2.0, 3.0] for [x]");
    assertThatThrownBy(
            () -> new Tradeoff("y", List.of("x", "z"), List.of(point("p", "g", 1, 0, 3))))
        .hasMessage("p: has the costs [0.0, 3.0] for [x, z]");
  }

  @Test
  void a_logarithmic_axis_has_round_ticks() {
    LogAxis axis = new LogAxis(8, 250);
    assertThat(axis.ticks()).containsExactly(10.0, 20.0, 50.0, 100.0, 200.0);
    assertThat(axis.share(8)).isZero();
    assertThat(axis.share(250)).isEqualTo(1);
    assertThat(new LogAxis(1, 100).share(10)).isCloseTo(0.5, Offset.offset(1e-12));
  }

  @Test
  void large_numbers_have_units() {
    assertThat(List.of(5.0, 999.0, 1500.0, 25_557_032.0, 4_089_184_256.0, 999_700.0, 100e9))
        .extracting(LogAxis::label)
        .containsExactly("5", "999", "1.5 k", "25.6 M", "4.09 G", "1 M", "100 G");
  }
}
