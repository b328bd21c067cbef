package dev.linnet.explain;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import dev.linnet.base.RandomState;
import dev.linnet.models.Classifier;
import dev.linnet.tensor.Scope;
import dev.linnet.tensor.Tensor;
import dev.linnet.testing.Golden;
import dev.linnet.testing.HashWeights;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Test;

/** Deletion, insertion and randomized weights; recorded by tools/golden/explain.py. */
@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
class FaithfulnessTest {
  private final Scope scope = Scope.open("test");
  private final JsonNode golden = Golden.json("explain.json");
  private final JsonNode resnet20 = golden.get("networks").get(0);

  @AfterEach
  void close() {
    scope.close();
  }

  private static Heatmap map(JsonNode values, int height, int width) {
    double[] doubles = Golden.doubles(values);
    float[] floats = new float[doubles.length];
    for (int i = 0; i < floats.length; i++) {
      floats[i] = (float) doubles[i];
    }
    return Heatmap.of(floats, height, width);
  }

  private static Tensor picture() {
    return HashWeights.pictures(2, 3, 32, 32).narrow(0, 0, 1);
  }

  @Test
  void deletion_and_insertion_equal_the_authors_code() {
    JsonNode rise = resnet20.get("rise");
    try (Classifier model = AttributionTest.network(resnet20)) {
      Faithfulness.Scores scores =
          new Faithfulness(32 * 32 / rise.get("step").asInt())
              .measure(Subject.of(model), picture(), 3, map(rise.get("saliency"), 32, 32));
      assertThat(scores.deleted()).hasSize(65);
      for (String mode : List.of("deletion", "insertion")) {
        boolean isDeletion = mode.equals("deletion");
        double[] expected = Golden.doubles(rise.get(mode).get("scores"));
        List<Double> found = isDeletion ? scores.deleted() : scores.inserted();
        for (int i = 0; i < expected.length; i++) {
          assertThat(found.get(i)).as(mode + " " + i).isCloseTo(expected[i], within(1e-4));
        }
        assertThat(isDeletion ? scores.deletion() : scores.insertion())
            .isCloseTo(rise.get(mode).get("area").asDouble(), within(1e-4));
      }
    }
  }

  @Test
  void a_map_of_another_size_is_refused() {
    try (Classifier model = AttributionTest.network(resnet20)) {
      Heatmap map = Faithfulness.random(8, 9, RandomState.of(1));
      assertThatThrownBy(() -> Faithfulness.DEFAULT.measure(Subject.of(model), picture(), 3, map))
          .hasMessage("map: got 9x8; must be of the picture's size, 32x32");
    }
  }

  @Test
  void maps_are_compared_as_scipy_and_scikit_image_do() {
    for (JsonNode row : golden.get("similarity")) {
      int height = row.get("height").asInt();
      int width = row.get("width").asInt();
      Heatmap a = map(row.get("a"), height, width);
      Heatmap b = map(row.get("b"), height, width);
      assertThat(MapSimilarity.rankCorrelation(a, b))
          .isCloseTo(row.get("rank").asDouble(), within(1e-9));
      assertThat(MapSimilarity.structural(a, b))
          .isCloseTo(row.get("structural").asDouble(), within(1e-6));
      assertThat(MapSimilarity.structural(a, a)).isCloseTo(1, within(1e-9));
      assertThat(MapSimilarity.rankCorrelation(a, a)).isCloseTo(1, within(1e-12));
    }
    Heatmap flat = Heatmap.of(new float[12], 3, 4);
    assertThat(MapSimilarity.rankCorrelation(flat, flat)).isZero();
  }

  @Test
  void weights_become_random_from_the_head_on_and_are_as_before_afterwards() {
    try (Classifier model = AttributionTest.network(resnet20)) {
      Tensor before = model.forward(picture()).detach();
      List<SanityCheck.Stage> stages =
          new SanityCheck(4, 1).run(Subject.of(model), GradCam.DEFAULT, picture(), 3);
      assertThat(stages).extracting(SanityCheck.Stage::layers).containsOnly(stages.get(0).layers());
      assertThat(stages.get(0).random()).isEqualTo(1);
      assertThat(stages.get(0).layer()).isEqualTo("fc");
      assertThat(stages.get(3).random()).isEqualTo(stages.get(3).layers());
      assertThat(stages.get(3).rankCorrelation()).isBetween(-0.9, 0.9);
      assertThat(stages.get(3).structural()).isLessThan(0.9);
      assertThat(model.forward(picture()).detach().equalBits(before)).isTrue();
      List<SanityCheck.Stage> again =
          new SanityCheck(4, 1).run(Subject.of(model), GradCam.DEFAULT, picture(), 3);
      assertThat(again).isEqualTo(stages);
      assertThat(new SanityCheck(1, 1).run(Subject.of(model), GradCam.DEFAULT, picture(), 3))
          .containsExactly(stages.get(3));
    }
  }
}
