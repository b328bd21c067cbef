package dev.linnet.metric;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import com.fasterxml.jackson.databind.JsonNode;
import dev.linnet.base.RandomState;
import dev.linnet.tensor.DType;
import dev.linnet.tensor.Scope;
import dev.linnet.tensor.Tensor;
import dev.linnet.testing.Golden;
import dev.linnet.testing.Seeds;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Test;

@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
final class RetrievalTest {
  private static final List<Integer> RANKS = List.of(1, 2, 4, 8);

  private final Scope scope = Scope.open("retrieval");

  @AfterEach
  void close() {
    scope.close();
  }

  /** Recorded by tools/golden/similarity.py. */
  @Test
  void recall_and_mean_average_precision_are_the_recorded_ones() {
    JsonNode recorded = Golden.json("similarity.json").get("retrieval");
    int[] labels =
        Arrays.stream(Golden.longs(recorded.get("labels"))).mapToInt(l -> (int) l).toArray();
    Tensor rows = Tensor.of(Golden.doubles(recorded.get("rows")), labels.length, 6);
    Retrieval retrieval = Retrieval.of(rows.to(DType.FLOAT32), labels, RANKS);
    for (int k : RANKS) {
      assertThat(retrieval.recallAt(k))
          .isCloseTo(recorded.get("recall").get("" + k).doubleValue(), Offset.offset(1e-9));
    }
    assertThat(retrieval.mapAtR())
        .isCloseTo(recorded.get("map_at_r").doubleValue(), Offset.offset(1e-6));
    assertThat(retrieval.queries()).isEqualTo(60); // the last is alone in its class
  }

  @Test
  void by_hand() {
    // 0 and 1 of class a, 2 and 3 of b; nearest of 0 is 2, then 1; of 1 is 0; of 2 is 0; of 3 is 2
    Tensor rows = Tensor.of(new float[] {1, 0, 0.6f, -0.8f, 0.8f, 0.6f, 0, 1}, 4, 2);
    Retrieval retrieval = Retrieval.of(rows, new int[] {0, 0, 1, 1}, List.of(1, 2));
    assertThat(IntStream.range(0, 4).map(retrieval::nearest)).containsExactly(2, 0, 0, 2);
    assertThat(retrieval.cosine(0)).isCloseTo(0.8, Offset.offset(1e-6));
    assertThat(retrieval.recallAt(1)).isEqualTo(0.5);
    assertThat(retrieval.recallAt(2)).isEqualTo(1);
    assertThat(retrieval.mapAtR()).isEqualTo(0.5); // R is 1
    assertThat(retrieval.recall()).containsOnlyKeys(1, 2);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> retrieval.recallAt(8))
        .withMessage("recall@8 was not asked for");
  }

  @Test
  void a_picture_alone_has_no_neighbor() {
    Retrieval retrieval = Retrieval.of(Tensor.of(new float[] {1, 0}, 1, 2), new int[1], List.of(1));
    assertThat(retrieval.nearest(0)).isEqualTo(-1);
    assertThat(retrieval.queries()).isZero();
    assertThat(retrieval.recallAt(1)).isZero();
    assertThat(retrieval.mapAtR()).isZero();
  }

  @Seeds(50)
  void the_largest_are_those_of_a_sort(RandomState random) {
    int count = 1 + random.nextInt(40);
    float[] values = new float[count + 3];
    for (int i = 0; i < values.length; i++) {
      values[i] = random.nextInt(8); // with many ties
    }
    int without = random.nextInt(count);
    int wanted = random.nextInt(count);
    int[] sorted =
        IntStream.range(0, count)
            .filter(i -> i != without)
            .boxed()
            .sorted(Comparator.comparing((Integer i) -> -values[3 + i]))
            .limit(wanted)
            .mapToInt(i -> i)
            .toArray();
    assertThat(Largest.of(values, 3, count, without, wanted)).containsExactly(sorted);
  }
}
