package dev.linnet.explain;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.linnet.train.FeatureTable;
import java.util.Arrays;
import java.util.Comparator;
import java.util.stream.IntStream;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Test;

@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
class NeighborsTest {
  /** One distance after the other. */
  private static double square(FeatureTable a, int i, FeatureTable b, int j) {
    double sum = 0;
    for (int c = 0; c < a.width(); c++) {
      double difference = (double) a.value(i, c) - b.value(j, c);
      sum += difference * difference;
    }
    return sum;
  }

  private static int[] nearest(FeatureTable table, FeatureTable queries, int q, int k, int not) {
    return IntStream.range(0, table.rows())
        .filter(row -> row != not)
        .boxed()
        .sorted(Comparator.comparingDouble(row -> square(table, row, queries, q)))
        .limit(k)
        .mapToInt(Integer::intValue)
        .toArray();
  }

  @Test
  void they_are_those_of_the_plain_way() {
    FeatureTable table = MadeFeatures.of(150, 9, 7);
    Neighbors near = Neighbors.within(table, 6);
    for (int row = 0; row < table.rows(); row++) {
      int query = row;
      assertThat(IntStream.range(0, 6).map(rank -> near.row(query, rank)).toArray())
          .containsExactly(nearest(table, table, row, 6, row));
      assertThat(near.square(row, 2))
          .isEqualTo((float) square(table, near.row(row, 2), table, row));
    }
  }

  @Test
  void rows_of_another_table_may_ask() {
    FeatureTable table = MadeFeatures.of(80, 9, 7);
    FeatureTable queries = MadeFeatures.of(100, 9, 7).select(90, 95);
    Neighbors near = Neighbors.of(table, queries, 5);
    for (int q = 0; q < 2; q++) {
      int query = q;
      assertThat(IntStream.range(0, 5).map(rank -> near.row(query, rank)).toArray())
          .containsExactly(nearest(table, queries, q, 5, -1));
    }
  }

  @Test
  void among_equals_the_first_comes_first() {
    float[] values = new float[40];
    Arrays.fill(values, 2.5f);
    FeatureTable same = FeatureTable.of(values, 2, new int[20], new int[20]);
    Neighbors near = Neighbors.within(same, 19);
    assertThat(IntStream.range(0, 19).map(rank -> near.row(3, rank)).toArray())
        .containsExactly(IntStream.range(0, 20).filter(row -> row != 3).toArray());
  }

  @Test
  void more_neighbors_than_other_rows_are_refused() {
    FeatureTable table = MadeFeatures.of(4, 3, 2);
    assertThatThrownBy(() -> Neighbors.within(table, 4)).hasMessage("k: got 4; must be in [1, 4)");
    assertThatThrownBy(() -> Neighbors.of(table, MadeFeatures.of(4, 2, 2), 1))
        .hasMessage("width: got 2; must be 3");
  }
}
