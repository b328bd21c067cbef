package dev.linnet.explain;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import dev.linnet.base.LinnetException;
import dev.linnet.base.OrAuto;
import dev.linnet.testing.Golden;
import dev.linnet.train.FeatureTable;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ForkJoinPool;
import org.assertj.core.api.ThrowingConsumer;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Test;

@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
class TSneTest {
  private static final JsonNode GOLDEN = Golden.json("maps.json").get("tsne");
  private static final TSne.Watcher SILENT = (iteration, of, divergence) -> {};

  @Test
  void divergence_and_trustworthiness_are_those_of_scikit_learn() {
    for (JsonNode golden : GOLDEN) {
      FeatureTable table =
          MadeFeatures.of(
              golden.get("points").intValue(),
              golden.get("width").intValue(),
              golden.get("clusters").intValue());
      TSne.Result result =
          TSne.DEFAULT.withPerplexity(golden.get("perplexity").doubleValue()).map(table, SILENT);
      assertThat(result.divergence()).satisfies(near(golden.get("divergences")));
      assertThat(result.map().trustworthiness(table, 5))
          .satisfies(near(golden.get("trustworthiness")));
    }
  }

  /** Within 2 % of what scikit-learn gives from five starts that hardly differ. */
  private static ThrowingConsumer<Double> near(JsonNode recorded) {
    double[] values = Golden.doubles(recorded);
    double low = Arrays.stream(values).min().orElseThrow();
    double high = Arrays.stream(values).max().orElseThrow();
    return value -> assertThat(value).isBetween(0.98 * low, 1.02 * high);
  }

  @Test
  void trustworthiness_of_components_is_that_of_scikit_learn() {
    for (JsonNode golden : GOLDEN) {
      FeatureTable table =
          MadeFeatures.of(
              golden.get("points").intValue(),
              golden.get("width").intValue(),
              golden.get("clusters").intValue());
      assertThat(Pca.of(table, 2).map(table).trustworthiness(table, 5))
          .isCloseTo(golden.get("pca_trustworthiness").doubleValue(), within(1e-6));
    }
  }

  @Test
  void the_map_is_the_same_with_any_number_of_threads() throws Exception {
    FeatureTable table = MadeFeatures.of(700, 10, 8);
    TSne tsne = TSne.DEFAULT.withIterations(300);
    assertThat(places(in(1, tsne, table))).isEqualTo(places(in(4, tsne, table)));
  }

  private static TSne.Result in(int threads, TSne tsne, FeatureTable table)
      throws InterruptedException, ExecutionException {
    ForkJoinPool pool = new ForkJoinPool(threads);
    try {
      return pool.submit(() -> tsne.map(table, SILENT)).get();
    } finally {
      pool.shutdownNow();
    }
  }

  private static List<Float> places(TSne.Result result) {
    List<Float> places = new ArrayList<>();
    for (int i = 0; i < result.map().size(); i++) {
      places.add(result.map().x(i));
      places.add(result.map().y(i));
    }
    return places;
  }

  @Test
  void the_tree_gives_what_all_pairs_give() {
    int n = 400;
    double[] x = new double[n];
    double[] y = new double[n];
    for (int i = 0; i < n; i++) {
      x[i] = i < 6 ? 0.5 : 10 * Math.sin(i * i); // some at the same place
      y[i] = i < 6 ? 0.5 : Math.cos(3.0 * i * i) * i / 100;
    }
    Quadtree tree = new Quadtree(n);
    tree.build(x, y);
    double[][] got = new double[3][n];
    tree.repel(0, n, 0, got[0], got[1], got[2]);
    double[] byPoint = new double[n];
    for (int s = 0; s < n; s++) {
      byPoint[tree.point(s)] = got[2][s];
    }
    for (int i = 0; i < n; i++) {
      double sum = 0;
      double forceX = 0;
      for (int j = 0; j < n; j++) {
        double q = 1 / (1 + Math.pow(x[i] - x[j], 2) + Math.pow(y[i] - y[j], 2));
        sum += i == j ? 0 : q;
        forceX += q * q * (x[i] - x[j]);
      }
      assertThat(byPoint[i]).isCloseTo(sum, within(1e-9));
      assertThat(got[0][i]).isCloseTo(forceX, within(1e-9));
    }
    double[][] near = new double[3][n];
    tree.repel(0, n, 0.25, near[0], near[1], near[2]);
    for (int s = 0; s < n; s++) {
      assertThat(near[2][s]).isCloseTo(got[2][s], within(0.02 * got[2][s]));
    }
  }

  @Test
  void pictures_that_are_all_alike_are_put_somewhere() {
    FeatureTable same = FeatureTable.of(new float[100], 2, new int[50], new int[50]);
    TSne.Result result = TSne.DEFAULT.withPerplexity(5).withIterations(250).map(same, SILENT);
    assertThat(places(result)).allMatch(Float::isFinite);
  }

  @Test
  void fewer_points_than_the_perplexity_allows_are_refused() {
    assertThatThrownBy(() -> TSne.DEFAULT.map(MadeFeatures.of(20, 4, 2), SILENT))
        .isInstanceOf(LinnetException.class)
        .hasMessage(
            "perplexity: got 30 with 20 points; must be at most (points − 1) / 3 = 6; lower it or"
                + " take more pictures");
    assertThatThrownBy(() -> TSne.DEFAULT.map(MadeFeatures.of(3, 4, 2), SILENT))
        .hasMessage("t-SNE: got 3 points; must be at least 4; take more pictures");
    assertThat(TSne.DEFAULT.forAtMost(20).perplexity()).isEqualTo(6);
    assertThat(TSne.DEFAULT.forAtMost(2000).perplexity()).isEqualTo(30);
  }

  @Test
  void wrong_settings_are_refused() {
    assertThatThrownBy(() -> TSne.DEFAULT.withPerplexity(0.5))
        .hasMessage("perplexity: got 0.5; must be at least 1");
    assertThatThrownBy(() -> TSne.DEFAULT.withIterations(10))
        .hasMessage("iterations: got 10; must be at least 250, the exploration");
    assertThatThrownBy(() -> new TSne(30, 0.8, 1000, OrAuto.auto(), 0))
        .hasMessage("angle: got 0.8; must be in [0, 0.7]");
    assertThatThrownBy(() -> new TSne(30, 0.5, 1000, OrAuto.of(0.0), 0))
        .hasMessage("learning_rate: got 0.0; must be above 0");
  }
}
