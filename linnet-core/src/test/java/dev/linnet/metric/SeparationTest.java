package dev.linnet.metric;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.linnet.base.RandomState;
import dev.linnet.testing.Golden;
import dev.linnet.testing.Seeds;
import java.util.Arrays;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
final class SeparationTest {
  private static final JsonNode GOLDEN = Golden.json("robustness.json").get("separations");
  private static final Offset<Double> CLOSE = Offset.offset(1e-12);

  @ParameterizedTest
  @ValueSource(
      strings = {
        "apart",
        "overlapping",
        "ties",
        "worse_than_a_guess",
        "one_score",
        "single_pictures"
      })
  void every_figure_is_the_one_of_scikit_learn(String name) {
    JsonNode golden = GOLDEN.get(name);
    Separation found =
        Separation.of(Golden.doubles(golden.get("in")), Golden.doubles(golden.get("out")));
    assertThat(found.auroc()).isCloseTo(golden.get("auroc").doubleValue(), CLOSE);
    assertThat(found.auprIn()).isCloseTo(golden.get("aupr_in").doubleValue(), CLOSE);
    assertThat(found.auprOut()).isCloseTo(golden.get("aupr_out").doubleValue(), CLOSE);
    assertThat(found.tnrAtTpr95()).isCloseTo(golden.get("tnr_at_tpr95").doubleValue(), CLOSE);
    assertThat(found.error()).isCloseTo(golden.get("detection_error").doubleValue(), CLOSE);
  }

  @Test
  void every_recorded_case_is_compared() {
    assertThat(GOLDEN).hasSize(6);
  }

  @Seeds(30)
  void exchanged_sides_exchange_the_figures(RandomState random) {
    double[] in = scores(random);
    double[] out = scores(random);
    Separation there = Separation.of(in, out);
    Separation back = Separation.of(out, in);
    assertThat(back.auroc()).isCloseTo(1 - there.auroc(), CLOSE);
    Separation mirrored = Separation.of(negated(out), negated(in));
    assertThat(mirrored.auroc()).isCloseTo(there.auroc(), CLOSE);
    assertThat(mirrored.auprIn()).isEqualTo(there.auprOut());
    assertThat(mirrored.error()).isCloseTo(there.error(), CLOSE);
    assertThat(there.error()).isBetween(0.0, 0.5);
  }

  @Seeds(30)
  void only_the_order_of_the_scores_counts(RandomState random) {
    double[] in = scores(random);
    double[] out = scores(random);
    assertThat(
            Separation.of(
                Arrays.stream(in).map(Math::exp).toArray(),
                Arrays.stream(out).map(Math::exp).toArray()))
        .isEqualTo(Separation.of(in, out));
  }

  @Test
  void what_is_told_apart_without_fail_has_the_best_figures() {
    assertThat(Separation.of(new double[] {3, 4}, new double[] {1, 2}))
        .isEqualTo(new Separation(1, 1, 1, 1, 0));
  }

  @Test
  void a_score_that_is_no_number_is_the_least() {
    assertThat(Separation.of(new double[] {3, Double.NaN}, new double[] {1, 2}))
        .isEqualTo(Separation.of(new double[] {3, Double.NEGATIVE_INFINITY}, new double[] {1, 2}));
    assertThat(Separation.of(new double[] {3, Double.NaN}, new double[] {1, 2}).auroc())
        .isEqualTo(0.5);
  }

  private static double[] scores(RandomState random) {
    double[] scores = new double[1 + random.nextInt(60)];
    for (int i = 0; i < scores.length; i++) {
      scores[i] = random.nextInt(20) - 10.0;
    }
    return scores;
  }

  private static double[] negated(double[] scores) {
    return Arrays.stream(scores).map(score -> -score).toArray();
  }
}
