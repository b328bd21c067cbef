package dev.linnet.explain;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import dev.linnet.image.Box;
import dev.linnet.image.ImageSize;
import dev.linnet.testing.Golden;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Test;

/** Boxes from heatmaps; recorded by tools/golden/explain.py. */
@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
class LocalizationTest {
  private final JsonNode golden = Golden.json("explain.json").get("localization");

  private static Heatmap map(JsonNode picture) {
    double[] doubles = Golden.doubles(picture.get("map"));
    float[] floats = new float[doubles.length];
    for (int i = 0; i < floats.length; i++) {
      floats[i] = (float) doubles[i];
    }
    return Heatmap.of(floats, picture.get("height").asInt(), picture.get("width").asInt());
  }

  private static Box box(JsonNode corners) {
    return box(
        corners.get(0).asInt(),
        corners.get(1).asInt(),
        corners.get(2).asInt(),
        corners.get(3).asInt());
  }

  private static Box box(int left, int top, int right, int bottom) {
    return new Box(top, left, new ImageSize(bottom - top, right - left));
  }

  @Test
  void boxes_hold_the_largest_part_above_each_threshold() {
    for (JsonNode picture : golden.get("pictures")) {
      List<Optional<Box>> expected = new ArrayList<>();
      picture.get("boxes").forEach(corners -> expected.add(Optional.of(box(corners))));
      assertThat(Localization.boxes(map(picture), 0.2, 0.4, 0.6, 0.8)).isEqualTo(expected);
      assertThat(Localization.boxes(map(picture), 0.8, 0.2))
          .containsExactly(expected.get(3), expected.get(0));
    }
  }

  @Test
  void accuracies_equal_the_recorded_ones() {
    LocalizationAccuracy accuracy = new LocalizationAccuracy(0.4);
    for (JsonNode picture : golden.get("pictures")) {
      List<Box> truth = new ArrayList<>();
      picture.get("truth").forEach(corners -> truth.add(box(corners)));
      accuracy.add(map(picture), truth, picture.get("answered").asBoolean());
    }
    LocalizationAccuracy.Result result = accuracy.result();
    assertThat(result.maxBoxAcc()).isCloseTo(golden.get("max_box_acc").asDouble(), within(1e-12));
    assertThat(result.bestThreshold())
        .isCloseTo(golden.get("best_threshold").asDouble(), within(1e-12));
    assertThat(result.maxBoxAccV2())
        .isCloseTo(golden.get("max_box_acc_v2").asDouble(), within(1e-12));
    assertThat(result.gtKnown()).isCloseTo(golden.get("gt_known").asDouble(), within(1e-12));
    assertThat(result.top1()).isCloseTo(golden.get("top1").asDouble(), within(1e-12));
    assertThat(result.answered()).isEqualTo(5.0 / 8);
    assertThat(result.pictures()).isEqualTo(8);
  }

  @Test
  void diagonal_neighbors_hang_together_and_the_first_of_equals_is_taken() {
    float[] values = {
      1, 0, 0, 0, 1, //
      0, 1, 0, 0, 1, //
      0, 0, 0, 0, 0, //
    };
    Heatmap map = Heatmap.of(values, 3, 5);
    assertThat(Localization.box(map, 0.5)).contains(box(0, 0, 2, 2));
  }

  @Test
  void a_map_without_a_place_has_no_box() {
    LocalizationAccuracy accuracy = new LocalizationAccuracy(0.2);
    Heatmap flat = Heatmap.of(new float[] {3, 3, 3, 3}, 2, 2);
    assertThat(Localization.box(flat, 0)).isEmpty();
    assertThat(accuracy.add(flat, List.of(box(0, 0, 2, 2)), true)).isFalse();
    assertThat(accuracy.result().gtKnown()).isZero();
    Heatmap broken = Heatmap.of(new float[] {3, Float.NaN, 3, 4}, 2, 2);
    assertThat(Localization.box(broken, 0)).isEmpty();
  }

  @Test
  void overlap_is_intersection_over_union() {
    assertThat(box(0, 0, 4, 4).overlap(box(2, 2, 6, 6))).isEqualTo(4.0 / 28);
    assertThat(box(0, 0, 4, 4).overlap(box(4, 0, 6, 4))).isZero();
    assertThat(box(0, 0, 4, 4).overlap(box(0, 0, 4, 4))).isEqualTo(1);
  }

  @Test
  void wrong_thresholds_and_pictures_without_boxes_are_refused() {
    Heatmap map = Heatmap.of(new float[] {1, 2}, 1, 2);
    assertThatThrownBy(() -> Localization.box(map, 1))
        .hasMessage("threshold: got 1.0; must be in [0, 1)");
    assertThatThrownBy(() -> new LocalizationAccuracy(-0.1))
        .hasMessage("threshold: got -0.1; must be in [0, 1)");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new LocalizationAccuracy(0.2).add(map, List.of(), true));
  }
}
