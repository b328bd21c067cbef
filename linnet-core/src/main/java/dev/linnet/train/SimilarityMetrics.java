package dev.linnet.train;

import dev.linnet.metric.Retrieval;
import java.util.List;

/**
 * How near pictures of a class are to each other, each picture once as the query and in percent:
 * {@link Retrieval}.
 *
 * @param recallAt1 queries whose nearest picture is of their class
 * @param recallAt2 queries with one of their class among the two nearest
 * @param recallAt4 the same among four
 * @param recallAt8 the same among eight
 * @param mapAtR mean average precision at R
 */
public record SimilarityMetrics(
    double recallAt1, double recallAt2, double recallAt4, double recallAt8, double mapAtR) {
  static final List<Integer> RANKS = List.of(1, 2, 4, 8);

  static SimilarityMetrics of(Retrieval retrieval) {
    return new SimilarityMetrics(
        100 * retrieval.recallAt(1),
        100 * retrieval.recallAt(2),
        100 * retrieval.recallAt(4),
        100 * retrieval.recallAt(8),
        100 * retrieval.mapAtR());
  }
}
