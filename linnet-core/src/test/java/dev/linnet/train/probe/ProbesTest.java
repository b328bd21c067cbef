package dev.linnet.train.probe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import dev.linnet.base.LinnetException;
import dev.linnet.base.RandomState;
import dev.linnet.testing.Golden;
import dev.linnet.train.FeatureTable;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Against scikit-learn and the authors' LogME: tools/golden/probes.py. */
@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
class ProbesTest {
  static List<JsonNode> cases() {
    List<JsonNode> cases = new ArrayList<>();
    Golden.json("probes.json").get("cases").forEach(cases::add);
    return cases;
  }

  private static FeatureTable table(JsonNode recorded) {
    int rows = recorded.get("rows").asInt();
    float[] values = new float[rows * recorded.get("width").asInt()];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) recorded.get("features").get(i).asDouble();
    }
    int[] targets =
        IntStream.range(0, rows).map(i -> recorded.get("targets").get(i).asInt()).toArray();
    return FeatureTable.of(
        values, recorded.get("width").asInt(), targets, IntStream.range(0, rows).toArray());
  }

  @ParameterizedTest
  @MethodSource("cases")
  void a_linear_probe_is_logistic_regression(JsonNode recorded) {
    FeatureTable table = table(recorded);
    int classes = recorded.get("classes").asInt();
    LinearProbe probe = LinearProbe.fit(table, classes, recorded.get("decay").asDouble());
    float[] weight = probe.weight();
    for (int i = 0; i < recorded.get("weight").size(); i++) {
      assertThat((double) weight[i])
          .isCloseTo(recorded.get("weight").get(i).asDouble(), within(1e-3));
    }
    float[] bias = probe.bias();
    double mean = IntStream.range(0, bias.length).mapToDouble(k -> bias[k]).average().orElse(0);
    for (int k = 0; k < recorded.get("bias").size(); k++) {
      assertThat(bias[k] - mean).isCloseTo(recorded.get("bias").get(k).asDouble(), within(1e-2));
    }
    if (classes > 2) { // for two scikit-learn has one row, which is shrunk differently
      assertThat(probe.accuracy(table))
          .isCloseTo(recorded.get("accuracy").asDouble(), within(1e-9));
    }
  }

  @ParameterizedTest
  @MethodSource("cases")
  void neighbors_vote_by_their_cosine(JsonNode recorded) {
    assertThat(NeighborProbe.leaveOneOut(table(recorded), recorded.get("classes").asInt(), 5))
        .isCloseTo(recorded.get("neighbors").asDouble(), within(1e-9));
  }

  @ParameterizedTest
  @MethodSource("cases")
  void the_evidence_is_that_of_the_authors(JsonNode recorded) {
    assertThat(LogMe.score(table(recorded), recorded.get("classes").asInt()))
        .isCloseTo(recorded.get("logme").asDouble(), within(1e-5));
  }

  @Test
  void the_decay_is_chosen_by_what_it_does_on_pictures_it_did_not_see() {
    RandomState random = RandomState.of(2);
    int rows = 60;
    int width = 200; // more than the pictures, most of it noise
    float[] values = new float[rows * width];
    int[] targets = new int[rows];
    for (int row = 0; row < rows; row++) {
      targets[row] = row % 2;
      for (int c = 0; c < width; c++) {
        values[row * width + c] = (float) (random.nextGaussian() + (c < 3 ? 3 * targets[row] : 0));
      }
    }
    FeatureTable table =
        FeatureTable.of(values, width, targets, IntStream.range(0, rows).toArray());
    LinearProbe probe = LinearProbe.of(table, 2, RandomState.of(1));
    assertThat(probe.validated()).isGreaterThan(80);
    assertThat(probe.accuracy(table)).isGreaterThanOrEqualTo(probe.validated());
    assertThat(LinearProbe.of(table, 2, RandomState.of(1)).weight())
        .containsExactly(probe.weight());
  }

  @Test
  void other_pictures_are_classified_by_known_ones() {
    FeatureTable known =
        FeatureTable.of(new float[] {1, 0, 0, 1}, 2, new int[] {0, 1}, new int[] {0, 1});
    FeatureTable asked =
        FeatureTable.of(new float[] {5, 1, 1, 9}, 2, new int[] {0, 0}, new int[] {0, 1});
    assertThat(NeighborProbe.accuracy(known, asked, 2, 1)).isEqualTo(50);
  }

  @Test
  void one_class_is_nothing_to_separate() {
    FeatureTable table = FeatureTable.of(new float[] {1, 2}, 1, new int[] {0, 0}, new int[] {0, 1});
    assertThatThrownBy(() -> LinearProbe.of(table, 1, RandomState.of(0)))
        .isInstanceOf(LinnetException.class)
        .hasMessage("classes: got 1; must be at least 2 for a linear probe");
  }
}
