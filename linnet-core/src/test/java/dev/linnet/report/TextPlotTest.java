package dev.linnet.report;

import static org.assertj.core.api.Assertions.assertThat;

import dev.linnet.report.Chart.Curve;
import dev.linnet.report.Chart.Mark;
import dev.linnet.report.Chart.Point;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Test;

@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
final class TextPlotTest {
  @Test
  void a_rise_fills_column_by_column() {
    List<Point> points = new ArrayList<>();
    for (int i = 0; i <= 20; i++) {
      points.add(new Point(i, 0.1 * i / 20));
    }
    Chart chart = new Chart("Learning rate", "epoch", List.of(new Curve("lr", points)), List.of());
    assertThat(TextPlot.lines(chart, 30, 2))
        .containsExactly(
            "Learning rate",
            "     0.1 │           ▁▂▂▃▄▅▆▆█",
            "       0 │ ▁▂▂▃▄▅▆▆▇██████████",
            "         └────────────────────",
            "          0           20 epoch");
  }

  @Test
  void nothing_recorded_is_the_title_alone() {
    Chart chart = new Chart("Loss", "lr", List.of(new Curve("x", List.of())), List.of());
    assertThat(TextPlot.lines(chart, 40, 4)).containsExactly("Loss");
  }

  @Test
  void a_chart_is_a_picture_of_its_own_with_powers_of_ten() throws Exception {
    Chart chart =
        new Chart(
                "Loss & rate",
                "lr",
                List.of(
                    new Curve(
                        "loss", List.of(new Point(1e-7, 2), new Point(1e-3, 1), new Point(10, 3)))),
                List.of(new Mark(1e-3, "steepest")))
            .withScale(Chart.Scale.LOGARITHMIC);
    String svg = chart.svg();
    assertThat(svg)
        .startsWith("<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 -22 360 247\"")
        .contains("Loss &amp; rate", ">1e-7<", ">1e-3<", ">0.01<", ">10<", "steepest", "<style>")
        .doesNotContain("http://www.w3.org/1999", "var(--");
    assertThat(Markup.texts(Markup.parse(svg), "style")).hasSize(1);
  }
}
