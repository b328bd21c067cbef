package dev.linnet.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.linnet.train.LearningRateCurve.Point;
import dev.linnet.train.LearningRateFinder.Range;
import java.util.ArrayList;
import java.util.List;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Test;

@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
final class LearningRateCurveTest {
  /** Flat to 1e-3, falling fastest at 1e-2, lowest at 1e-1, then rising. */
  private static LearningRateCurve valley(int points) {
    List<Point> curve = new ArrayList<>();
    for (int i = 0; i < points; i++) {
      double log = -6 + 7.0 * i / 99;
      double fall = 2 / (1 + Math.exp(4 * (log + 2)));
      double rise = log > -1 ? 5 * (log + 1) * (log + 1) : 0;
      curve.add(new Point(Math.pow(10, log), 0, fall + rise));
    }
    return new LearningRateCurve(curve, 100);
  }

  @Test
  void the_steepest_place_and_a_tenth_of_the_lowest_are_named() {
    LearningRateCurve curve = valley(100);
    assertThat(Math.log10(curve.steepest().orElseThrow())).isCloseTo(-2, Offset.offset(0.08));
    assertThat(Math.log10(curve.tenthOfMinimum().orElseThrow())).isCloseTo(-2, Offset.offset(0.08));
  }

  @Test
  void a_curve_that_ends_early_names_what_it_has() {
    assertThat(valley(8).steepest()).isEmpty();
    assertThat(valley(8).tenthOfMinimum()).isEmpty();
    assertThat(valley(0).steepest()).isEmpty();
    assertThat(valley(40).steepest()).isPresent();
  }

  @Test
  void a_loss_that_only_rises_names_nothing() {
    List<Point> rising = new ArrayList<>();
    for (int i = 0; i < 50; i++) {
      rising.add(new Point(Math.pow(10, i / 10.0 - 6), i, i));
    }
    assertThat(new LearningRateCurve(rising, 50).steepest()).isEmpty();
  }

  @Test
  void the_csv_has_a_line_an_update() {
    List<Point> points = List.of(new Point(1e-7, 2.5, 2.5), new Point(0.5, 2, 2.25));
    assertThat(new LearningRateCurve(points, 20).csv())
        .isEqualTo("update,lr,loss,smoothed\n0,1.0E-7,2.5,2.5\n1,0.5,2.0,2.25\n");
  }

  @Test
  void wrong_ranges_are_named() {
    assertThatThrownBy(() -> new Range(1, 1, 100, 4))
        .hasMessage("from: got 1.0; must be above 0 and below to, which is 1.0");
    assertThatThrownBy(() -> new Range(1e-7, 10, 19, 4))
        .hasMessage("updates: got 19; must be in [20, 1000000]");
    assertThatThrownBy(() -> new Range(1e-7, 10, 100, 1))
        .hasMessage("diverged: got 1.0; must be above 1");
  }
}
