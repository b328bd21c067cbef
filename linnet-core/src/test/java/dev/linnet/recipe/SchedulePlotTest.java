package dev.linnet.recipe;

import static org.assertj.core.api.Assertions.assertThat;

import dev.linnet.base.DownloadListener;
import dev.linnet.data.Places;
import dev.linnet.recipe.Kinds.Kind;
import dev.linnet.report.Chart.Point;
import dev.linnet.tensor.Device;
import dev.linnet.weights.Hub;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.stream.Stream;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
final class SchedulePlotTest {
  static Stream<String> names() {
    return Kinds.SCHEDULES.stream().map(Kind::name);
  }

  private static SchedulePlot plot(OptionalLong updates, String... sets) {
    return SchedulePlot.of(
        RecipeReader.create().read("plain", Map.of(), List.of(sets)),
        updates,
        new Experiment.Surroundings(
            Places.of(Map.of()), DownloadListener.NONE, Device.CPU, Hub.of(Map.of())));
  }

  @ParameterizedTest
  @MethodSource("names")
  void every_schedule_is_drawn_to_the_end_of_the_run(String name) {
    SchedulePlot drawn = plot(OptionalLong.of(50), "schedule.name=" + name);
    List<Point> points = drawn.chart().curves().get(0).points();
    assertThat(points).hasSize(501);
    assertThat(points.get(500).x()).isEqualTo(10);
    assertThat(points).allMatch(point -> point.y() >= 0 && point.y() <= 0.1 + 1e-12);
    assertThat(drawn.chart().svg()).contains("<path");
  }

  @Test
  void a_long_run_has_some_thousand_points() {
    SchedulePlot drawn = plot(OptionalLong.of(5004), "epochs=300", "schedule.lr_per=256");
    assertThat(drawn.chart().curves().get(0).points()).hasSizeBetween(4000, 4100);
    assertThat(drawn.notes())
        .containsExactly("assumed: 256 pictures an update, which lr is meant for");
  }

  @Test
  void a_batch_that_is_given_scales() {
    SchedulePlot drawn =
        plot(OptionalLong.of(10), "batch=512", "schedule.lr_per=256", "schedule.warmup_epochs=0");
    assertThat(drawn.chart().curves().get(0).points().get(0).y())
        .isCloseTo(0.2, Offset.offset(1e-15));
    assertThat(drawn.notes()).isEmpty();
  }

  @Test
  void an_average_that_keeps_the_rate_is_drawn() {
    SchedulePlot drawn = plot(OptionalLong.of(10), "swa={start: 9, lr: 0.05}");
    List<Point> points = drawn.chart().curves().get(0).points();
    assertThat(points.get(points.size() - 1).y()).isEqualTo(0.05);
  }
}
