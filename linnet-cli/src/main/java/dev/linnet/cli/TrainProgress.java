package dev.linnet.cli;

import dev.linnet.train.EpochMetrics;
import dev.linnet.train.Metrics;
import dev.linnet.train.SimilarityMetrics;
import dev.linnet.train.TrainingListener;
import java.nio.file.Path;
import java.util.Locale;

/** Tells how a training goes: a line that is drawn anew on a terminal, and one line an epoch. */
final class TrainProgress implements TrainingListener {
  private static final long REDRAW_NANOS = 100_000_000;
  private static final int BAR = 20;
  private static final double MUCH_SLOWER = 3;
  private static final int ENOUGH_STEPS = 20;

  private final Output output;
  private final int epochs;
  private final int digits;
  private long begin;
  private long done;
  private long total;
  private long drawn;
  private int steps;
  private double epochSeconds;
  private double fastest = Double.POSITIVE_INFINITY;
  private long images;
  private double waited;
  private int epochsDone;
  private boolean saidSlow;

  TrainProgress(Output output, int epochs) {
    this.output = output;
    this.epochs = epochs;
    this.digits = String.valueOf(epochs).length();
  }

  @Override
  public void started(Position position, long totalUpdates) {
    begin = System.nanoTime();
    total = totalUpdates - position.update();
    if (position.update() > 0) {
      output.note("going on after update %d of %d".formatted(position.update(), totalUpdates));
    }
  }

  @Override
  public void stepped(Step step) {
    done++;
    steps++;
    images += step.images();
    epochSeconds += step.seconds();
    waited += step.waitSeconds();
    fastest = Math.min(fastest, step.seconds());
    long now = System.nanoTime();
    if (!output.showsProgress() || now - drawn < REDRAW_NANOS) {
      return;
    }
    drawn = now;
    double left = (now - begin) / 1e9 / done * (total - done);
    int filled = step.batch() * BAR / Math.max(1, step.batches());
    output.progress(
        String.format(
            Locale.ROOT,
            "epoch %s [%s%s] loss %.3f  %.0f images/s  data wait %.0f %%  %s left",
            epoch(step.epoch()),
            "#".repeat(filled),
            ".".repeat(BAR - filled),
            step.loss(),
            images / epochSeconds,
            100 * waited / epochSeconds,
            Durations.show(left)));
  }

  @Override
  public void evaluating(int done, int ofImages) {
    output.progress("validation %d of %d".formatted(done, ofImages));
  }

  @Override
  public void epochEnded(EpochMetrics row) {
    StringBuilder line = new StringBuilder();
    line.append(
        String.format(
            Locale.ROOT,
            "epoch %s  loss %.4f  top-1 %5.2f %%",
            epoch(row.epoch()),
            row.trainLoss(),
            row.trainTop1()));
    row.validation().ifPresent(metrics -> line.append(validation(metrics)));
    line.append(
        String.format(
            Locale.ROOT,
            "  %.0f images/s  data wait %.0f %%  %s",
            row.imagesPerSecond(),
            100 * row.dataWait(),
            Durations.show(row.seconds())));
    output.note(line.append(row.best() && row.validation().isPresent() ? "  best" : "").toString());
    warnIfSlow();
    steps = 0;
    images = 0;
    epochSeconds = 0;
    waited = 0;
  }

  private static String validation(Metrics metrics) {
    if (metrics.similarity().isPresent()) {
      SimilarityMetrics s = metrics.similarity().get();
      return String.format(
          Locale.ROOT, "  validation recall@1 %5.2f %%  mAP@R %5.2f %%", s.recallAt1(), s.mapAtR());
    }
    return String.format(
        Locale.ROOT, "  validation loss %.4f  top-1 %5.2f %%", metrics.loss(), metrics.top1());
  }

  /** A busy neighbor makes steps several times slower, see docs/decisions. */
  private void warnIfSlow() {
    double mean = epochSeconds / Math.max(1, steps);
    boolean warm = epochsDone++ > 0; // the first steps of a process are slow anywhere
    if (warm && !saidSlow && steps >= ENOUGH_STEPS && mean > MUCH_SLOWER * fastest) {
      saidSlow = true;
      output.warn(
          String.format(
              Locale.ROOT,
              "a step took %.0f ms, %.1f times the fastest; other processes may keep the cores"
                  + " busy, then fewer --threads are faster",
              1e3 * mean,
              mean / fastest));
    }
  }

  @Override
  public void checkpointed(Path file, Position position) {
    output.detail("saved %s at update %d".formatted(file, position.update()));
  }

  private String epoch(int epoch) {
    return ("%" + digits + "d/%d").formatted(epoch, epochs);
  }
}
