package dev.linnet.train;

import dev.linnet.data.Loader;
import dev.linnet.metric.Calibration;
import dev.linnet.metric.ConfusionMatrix;
import dev.linnet.metric.Predictions;
import dev.linnet.metric.Retrieval;
import dev.linnet.models.Classifier;
import dev.linnet.tensor.DType;
import dev.linnet.tensor.Device;
import dev.linnet.tensor.Scope;
import dev.linnet.tensor.Tensor;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Measures a network for similarity: each picture is taken for the class of the nearest other one.
 * Its classes need not be those of the training.
 */
final class Neighbors {
  private static final int BLOCK = 256;

  private Neighbors() {}

  /**
   * Runs over all pictures of a loader.
   *
   * @param mistakes most that are kept: pictures whose nearest is of another class, the nearest
   *     first
   */
  static Evaluator.Report measure(
      Classifier model,
      Device device,
      DType dtype,
      Loader loader,
      Evaluator.Watcher watcher,
      int mistakes) {
    long begin = System.nanoTime();
    FeatureTable table =
        new FeatureExtractor(model, device, dtype).run(loader, watcher).values().iterator().next();
    Retrieval retrieval = retrieval(table);
    Metrics metrics =
        Metrics.of(
            SimilarityMetrics.of(retrieval), table.rows(), (System.nanoTime() - begin) / 1e9);
    ConfusionMatrix confusion = confusion(table, retrieval, loader.classes());
    List<Evaluator.Answer> wrong = new ArrayList<>();
    for (int row = 0; row < table.rows(); row++) {
      int nearest = retrieval.nearest(row);
      if (nearest >= 0 && table.target(nearest) != table.target(row)) {
        wrong.add(
            new Evaluator.Answer(
                table.index(row), table.target(row), table.target(nearest), retrieval.cosine(row)));
      }
    }
    wrong.sort(Comparator.comparingDouble(Evaluator.Answer::confidence).reversed());
    return new Evaluator.Report(
        metrics,
        confusion,
        new Calibration(),
        wrong.subList(0, Math.min(mistakes, wrong.size())),
        List.of());
  }

  private static Retrieval retrieval(FeatureTable table) {
    Scope scope = Scope.open("neighbors");
    try {
      return Retrieval.of(table.toTensor(), table.targets(), SimilarityMetrics.RANKS);
    } finally {
      scope.close();
    }
  }

  /** Rows are the pictures' classes, columns those of the nearest. */
  private static ConfusionMatrix confusion(FeatureTable table, Retrieval retrieval, int classes) {
    ConfusionMatrix confusion = new ConfusionMatrix(classes);
    int[] rows =
        IntStream.range(0, table.rows()).filter(row -> retrieval.nearest(row) >= 0).toArray();
    for (int from = 0; from < rows.length; from += BLOCK) {
      int begin = from;
      int end = Math.min(rows.length, from + BLOCK);
      Scope.run(
          "confusion",
          () -> {
            long[] targets = new long[end - begin];
            long[] nearest = new long[end - begin];
            for (int i = begin; i < end; i++) {
              targets[i - begin] = table.target(rows[i]);
              nearest[i - begin] = table.target(retrieval.nearest(rows[i]));
            }
            confusion.add(Predictions.of(Tensor.of(nearest).oneHot(classes), Tensor.of(targets)));
          });
    }
    return confusion;
  }
}
