package dev.linnet.explain;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import dev.linnet.base.LinnetException;
import dev.linnet.testing.Golden;
import dev.linnet.train.FeatureTable;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Test;

@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
class PcaTest {
  private static final JsonNode GOLDEN = Golden.json("maps.json").get("pca");

  @Test
  void components_variances_and_scores_are_those_of_scikit_learn() {
    for (JsonNode golden : GOLDEN) {
      FeatureTable table =
          MadeFeatures.of(
              golden.get("points").intValue(),
              golden.get("width").intValue(),
              golden.get("clusters").intValue());
      int count = golden.get("count").intValue();
      Pca pca = Pca.of(table, count);
      double[] components = Golden.doubles(golden.get("components"));
      double[] variances = Golden.doubles(golden.get("variances"));
      double[] shares = Golden.doubles(golden.get("shares"));
      for (int c = 0; c < count; c++) {
        double[] component = pca.component(c);
        for (int j = 0; j < component.length; j++) {
          assertThat(component[j]).isCloseTo(components[c * component.length + j], within(1e-5));
        }
        assertThat(pca.variance(c)).isCloseTo(variances[c], within(1e-5 * variances[0]));
        assertThat(pca.share(c)).isCloseTo(shares[c], within(1e-5));
      }
      double[] scores = pca.scores(table);
      double[] first = Golden.doubles(golden.get("scores"));
      for (int i = 0; i < first.length; i++) {
        assertThat(scores[i]).isCloseTo(first[i], within(1e-4));
      }
    }
  }

  @Test
  void the_map_is_the_first_two_scores() {
    FeatureTable table = MadeFeatures.of(20, 6, 2);
    Pca pca = Pca.of(table, 3);
    double[] scores = pca.scores(table);
    assertThat(pca.map(table).x(7)).isEqualTo((float) scores[21]);
    assertThat(pca.map(table).y(7)).isEqualTo((float) scores[22]);
  }

  @Test
  void features_that_do_not_vary_have_scores_of_0() {
    FeatureTable same = FeatureTable.of(new float[] {1, 2, 1, 2, 1, 2}, 2, new int[3], new int[3]);
    assertThat(Pca.of(same, 2).scores(same)).containsOnly(0);
    assertThat(Pca.of(same, 2).share(0)).isZero();
  }

  @Test
  void nan_is_refused_with_its_place() {
    FeatureTable broken =
        FeatureTable.of(new float[] {1, 2, Float.NaN, 2}, 2, new int[2], new int[2]);
    assertThatThrownBy(() -> Pca.of(broken, 1))
        .isInstanceOf(LinnetException.class)
        .hasMessage(
            "features: got NaN in row 1, column 0; must be finite; do the network's weights hold"
                + " NaN?");
  }

  @Test
  void more_components_than_rows_or_columns_are_refused() {
    assertThatThrownBy(() -> Pca.of(MadeFeatures.of(5, 3, 2), 4))
        .hasMessage("components: got 4; must be in [1, 3]");
    assertThatThrownBy(() -> Pca.of(MadeFeatures.of(1, 3, 1), 1))
        .hasMessage("points: got 1; must be at least 2 for principal components");
  }
}
