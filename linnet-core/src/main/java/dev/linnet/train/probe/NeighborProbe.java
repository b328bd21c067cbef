package dev.linnet.train.probe;

import dev.linnet.base.Check;
import dev.linnet.tensor.Dims;
import dev.linnet.tensor.Scope;
import dev.linnet.tensor.Tensor;
import dev.linnet.train.FeatureTable;

/**
 * Classifies features by their nearest neighbors: the k pictures with the largest cosine vote, each
 * with exp(cosine / 0.07), as Wu et al., CVPR 2018, arXiv:1805.01978, §3.4.
 */
public final class NeighborProbe {
  private static final double TEMPERATURE = 0.07;
  private static final int BLOCK = 1024;

  private NeighborProbe() {}

  /**
   * Accuracy where each picture is classified by all others, in percent.
   *
   * @param neighbors k, at least 1; at most the other pictures count
   */
  public static double leaveOneOut(FeatureTable table, int classes, int neighbors) {
    Check.that(table.rows() >= 2, "pictures", table.rows(), "at least 2 for nearest neighbors");
    return accuracy(table, table, classes, neighbors, true);
  }

  /** Accuracy of other pictures by those of a table, in percent. */
  public static double accuracy(
      FeatureTable known, FeatureTable asked, int classes, int neighbors) {
    return accuracy(known, asked, classes, neighbors, false);
  }

  private static double accuracy(
      FeatureTable known, FeatureTable asked, int classes, int neighbors, boolean itself) {
    Check.that(neighbors >= 1, "neighbors", neighbors, "at least 1");
    int most = Math.min(neighbors, known.rows() - (itself ? 1 : 0));
    int[] right = new int[1];
    Scope.run(
        "neighbors",
        () -> {
          Tensor all = unit(known.toTensor()).transpose(0, 1);
          Tensor questions = unit(asked.toTensor());
          for (int from = 0; from < asked.rows(); from += BLOCK) {
            int first = from;
            int count = Math.min(BLOCK, asked.rows() - from);
            Scope.run(
                "block",
                () -> {
                  Tensor cosines = questions.narrow(0, first, count).matmul(all);
                  Tensor.TopK nearest = cosines.topk(most + (itself ? 1 : 0));
                  float[] values = nearest.values().toFloats();
                  long[] rows = nearest.indices().toLongs();
                  int width = rows.length / count;
                  for (int i = 0; i < count; i++) {
                    int self = itself ? first + i : -1;
                    int answer = vote(known, classes, values, rows, i * width, width, self, most);
                    right[0] += answer == asked.target(first + i) ? 1 : 0;
                  }
                });
          }
        });
    return 100.0 * right[0] / asked.rows();
  }

  private static int vote(
      FeatureTable known,
      int classes,
      float[] values,
      long[] rows,
      int at,
      int width,
      int self,
      int most) {
    double[] votes = new double[classes];
    int counted = 0;
    for (int i = at; i < at + width && counted < most; i++) {
      if (rows[i] != self) {
        votes[known.target((int) rows[i])] += Math.exp(values[i] / TEMPERATURE);
        counted++;
      }
    }
    int best = 0;
    for (int c = 1; c < classes; c++) {
      best = votes[c] > votes[best] ? c : best;
    }
    return best;
  }

  private static Tensor unit(Tensor rows) {
    Tensor length = rows.norm(Dims.of(1)).clamp(1e-12, 1e30);
    return rows.div(length.reshape(rows.dim(0), 1));
  }
}
