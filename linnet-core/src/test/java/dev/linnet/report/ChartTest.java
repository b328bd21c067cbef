package dev.linnet.report;

import static org.assertj.core.api.Assertions.assertThat;

import dev.linnet.report.Chart.Curve;
import dev.linnet.report.Chart.Mark;
import dev.linnet.report.Chart.Point;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Test;
import org.w3c.dom.Document;

@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
final class ChartTest {
  @Test
  void a_chart_draws_axes_curves_points_and_marks() throws Exception {
    Document svg =
        draw(
            new Chart(
                "Loss",
                "epoch",
                List.of(
                    new Curve("train", List.of(new Point(1, 1), new Point(3, 0))),
                    new Curve("val", List.of(new Point(1, 0.5), new Point(2, 0.5)))),
                List.of(new Mark(2, "best"))));
    // y ticks 0, 0.2 … 1; x ticks 1, 2, 3; the plot is [31, 342] by [12, 185]
    assertThat(Markup.texts(svg, "text"))
        .startsWith("0", "0.2", "0.4", "0.6", "0.8", "1.0", "1", "2", "3", "epoch", "best")
        .endsWith(
            "train, epoch 1: 1.000",
            "train, epoch 3: 0.000",
            "val, epoch 1: 0.5000",
            "val, epoch 2: 0.5000")
        .hasSize(15);
    assertThat(Markup.attributes(svg, "path", "d"))
        .containsExactly("M31 12L342 185", "M31 98.5L186.5 98.5");
    assertThat(Markup.attributes(svg, "path", "class")).containsExactly("curve c0", "curve c1");
    assertThat(Markup.attributes(svg, "g", "class")).hasSize(4).containsOnly("spot");
    assertThat(Markup.texts(svg, "span")).containsExactly("train", "val");
    assertThat(Markup.attributes(svg, "svg", "aria-label")).containsExactly("Loss");
  }

  @Test
  void a_band_lies_round_its_curve_and_the_axis_covers_what_is_asked() throws Exception {
    Curve curve =
        new Curve(
            "mean",
            List.of(new Point(1, 0.5), new Point(3, 0.5)),
            List.of(new Chart.Spread(1, 0.4, 0.6), new Chart.Spread(3, 0, 1)));
    Document svg = draw(new Chart("Loss", "epoch", List.of(curve), List.of()));
    assertThat(Markup.attributes(svg, "path", "class")).containsExactly("band b0", "curve c0");
    assertThat(Markup.attributes(svg, "path", "d").get(0))
        .isEqualTo("M31 81.2L342 12L342 185L31 115.8Z");
    Document wide = draw(new Chart("Loss", "epoch", List.of(curve), List.of()).covering(-2, 3));
    assertThat(Markup.texts(wide, "text")).contains("-2", "3");
  }

  @Test
  void values_that_are_not_finite_leave_a_gap() throws Exception {
    Document svg =
        draw(
            chart(
                new Point(1, 0),
                new Point(2, 1),
                new Point(3, Double.NaN),
                new Point(4, Double.POSITIVE_INFINITY),
                new Point(5, 1)));
    assertThat(Markup.attributes(svg, "path", "d").get(0)).matches("M\\S+ \\S+L\\S+ 12M342 12");
    assertThat(Markup.attributes(svg, "g", "class")).hasSize(3);
  }

  @Test
  void one_point_is_a_dot_and_none_is_a_sentence() throws Exception {
    assertThat(Markup.elements(draw(chart(new Point(1, 5))), "g")).hasSize(1);
    Document none = draw(chart(new Point(1, Double.NaN)));
    assertThat(Markup.elements(none, "svg")).isEmpty();
    assertThat(Markup.texts(none, "p")).containsExactly("Nothing was recorded.");
  }

  @Test
  void a_long_curve_keeps_its_ends_and_its_peaks() {
    List<Point> points =
        IntStream.range(0, 100_000).mapToObj(i -> new Point(i, i == 54_321 ? 9 : i % 7)).toList();
    List<Point> kept = ChartSvg.thinned(points);
    assertThat(kept).hasSizeLessThanOrEqualTo(800).contains(points.get(54_321));
    assertThat(kept.get(0)).isEqualTo(points.get(0));
    assertThat(kept.get(kept.size() - 1)).isEqualTo(points.get(99_999));
    assertThat(kept).isSortedAccordingTo((a, b) -> Double.compare(a.x(), b.x()));
  }

  @Test
  void a_short_curve_stays_as_it_is() {
    List<Point> points = IntStream.range(0, 800).mapToObj(i -> new Point(i, i)).toList();
    assertThat(ChartSvg.thinned(points)).isEqualTo(points);
  }

  @Test
  void ticks_are_round_and_cover_the_values() {
    assertLabels(Ticks.covering(0.13, 0.94, 5), "0", "0.2", "0.4", "0.6", "0.8", "1.0");
    assertLabels(Ticks.covering(97.1, 98.72, 5), "97.0", "97.5", "98.0", "98.5", "99.0");
    assertLabels(Ticks.covering(-1, 1, 4), "-1.0", "-0.5", "0", "0.5", "1.0");
    assertLabels(Ticks.covering(0, 46_900, 5), "0", "10k", "20k", "30k", "40k", "50k");
    assertLabels(Ticks.covering(0, 3e-5, 3), "0", "1e-5", "2e-5", "3e-5");
    assertLabels(Ticks.covering(10_000, 10_500, 2), "10.0k", "10.5k");
  }

  @Test
  void epochs_are_whole_numbers() {
    assertLabels(Ticks.whole(1, 2, 6), "1", "2");
    assertLabels(Ticks.whole(1, 1, 6), "1", "2");
    assertLabels(Ticks.whole(1, 12, 6), "0", "2", "4", "6", "8", "10", "12");
  }

  @Test
  void equal_values_still_have_an_axis() {
    assertLabels(Ticks.covering(5, 5, 1), "5.0", "5.5");
    assertLabels(Ticks.covering(0, 0, 1), "0", "0.1");
  }

  private static void assertLabels(Ticks ticks, String... labels) {
    assertThat(ticks.values().stream().map(ticks::label)).containsExactly(labels);
  }

  private static Chart chart(Point... points) {
    return new Chart("Loss", "epoch", List.of(new Curve("train", List.of(points))), List.of());
  }

  private static Document draw(Chart chart) throws Exception {
    return Markup.parse(new Curves(List.of(chart)).html());
  }
}
