package dev.linnet.train;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Where a run stands, as plain values: what a checkpoint holds beside tensors. */
final class Progress {
  int epoch;
  int batch;
  long update;
  double seconds;

  /** Sums over the pictures of the running epoch. */
  double lossSum;

  long seen;
  long hits;
  double epochSeconds;
  double waitSeconds;

  /** Of a run in fp16; others leave it alone. */
  LossScaler scaler = new LossScaler();

  final List<EpochMetrics> rows = new ArrayList<>();

  TrainingListener.Position position() {
    return new TrainingListener.Position(epoch, batch, update);
  }

  /** The best row so far: highest top-1, then lowest loss, then first; the last without any. */
  Optional<EpochMetrics> best() {
    EpochMetrics best = null;
    for (EpochMetrics row : rows) {
      if (best == null || row.validation().isEmpty() || isBetter(row, best)) {
        best = row;
      }
    }
    return Optional.ofNullable(best);
  }

  private static boolean isBetter(EpochMetrics row, EpochMetrics best) {
    Metrics a = row.validation().orElseThrow();
    Metrics b = best.validation().orElseThrow();
    return a.top1() > b.top1() || (a.top1() == b.top1() && a.loss() < b.loss());
  }

  /** Top-1 of the validation pictures after each epoch; empty without them. */
  List<Double> top1() {
    return rows.stream().flatMap(row -> row.validation().stream()).map(Metrics::top1).toList();
  }

  /** Epochs since top-1 last rose by more than minDelta. */
  int epochsWithoutGain(double minDelta) {
    double best = Double.NEGATIVE_INFINITY;
    int since = 0;
    for (EpochMetrics row : rows) {
      double top1 = row.validation().map(Metrics::top1).orElse(Double.NEGATIVE_INFINITY);
      if (top1 > best + minDelta || best == Double.NEGATIVE_INFINITY) {
        best = top1;
        since = 0;
      } else {
        since++;
      }
    }
    return since;
  }

  void beginEpoch() {
    batch = 0;
    lossSum = 0;
    seen = 0;
    hits = 0;
    epochSeconds = 0;
    waitSeconds = 0;
  }
}
