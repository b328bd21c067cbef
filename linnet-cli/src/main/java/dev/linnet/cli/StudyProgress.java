package dev.linnet.cli;

import dev.linnet.train.EpochMetrics;
import dev.linnet.train.TrainingListener;
import java.util.Locale;
import java.util.function.Consumer;

/** Tells how one run of a study goes: a line that is drawn anew on a terminal, a line an epoch. */
final class StudyProgress implements TrainingListener {
  private static final long REDRAW_NANOS = 200_000_000;
  private static final int BAR = 20;

  private final Output output;
  private final String title;
  private final Consumer<String> epochs;
  private long begin;
  private long before;
  private long total;
  private long drawn;

  /**
   * @param title stands before the bar
   * @param epochs takes a line for each epoch
   */
  StudyProgress(Output output, String title, Consumer<String> epochs) {
    this.output = output;
    this.title = title;
    this.epochs = epochs;
  }

  @Override
  public void started(Position position, long totalUpdates) {
    begin = System.nanoTime();
    before = position.update();
    total = totalUpdates;
    if (before > 0) {
      epochs.accept("  going on after update %d of %d".formatted(before, totalUpdates));
    }
  }

  @Override
  public void stepped(Step step) {
    long now = System.nanoTime();
    if (!output.showsProgress() || now - drawn < REDRAW_NANOS) {
      return;
    }
    drawn = now;
    long done = step.update() - before;
    double left = (now - begin) / 1e9 / done * (total - step.update());
    int filled = (int) (step.update() * BAR / Math.max(1, total));
    output.progress(
        String.format(
            Locale.ROOT,
            "%s [%s%s] epoch %d  loss %.3f  %s left",
            title,
            "#".repeat(filled),
            ".".repeat(BAR - filled),
            step.epoch(),
            step.loss(),
            Durations.show(left)));
  }

  private static String shown(String name, double percent) {
    return String.format(Locale.ROOT, "  validation %s %.2f %%", name, percent);
  }

  @Override
  public void epochEnded(EpochMetrics row) {
    StringBuilder line =
        new StringBuilder(
            String.format(Locale.ROOT, "  epoch %d  loss %.4f", row.epoch(), row.trainLoss()));
    row.validation()
        .ifPresent(
            m ->
                line.append(
                    m.similarity()
                        .map(s -> shown("recall@1", s.recallAt1()))
                        .orElseGet(() -> shown("top-1", m.top1()))));
    epochs.accept(line.append("  ").append(Durations.show(row.seconds())).toString());
  }
}
