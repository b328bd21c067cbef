package dev.linnet.train;

import dev.linnet.image.ImageSize;
import dev.linnet.image.Picture;
import dev.linnet.image.PngWriter;
import dev.linnet.models.Classifier;
import dev.linnet.report.EventFileWriter;
import dev.linnet.report.Histogram;
import dev.linnet.report.MetricsCsv;
import dev.linnet.report.MetricsJsonl;
import dev.linnet.tensor.Scope;
import java.time.Clock;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Writes what a training tells into its run's folder: {@code metrics.csv}, {@code metrics.jsonl}
 * and TensorBoard's event file, which also has how the weights are spread after the first ten
 * epochs and every tenth from there on. Lines after the point where a run goes on are taken back.
 */
public final class MetricsLog implements TrainingListener, AutoCloseable {
  /** Updates that are logged for a whole run, at most; more are thinned out evenly. */
  private static final long LOGGED_UPDATES = 20_000;

  private static final int SPREAD_EPOCHS = 10;

  private static final List<String> BEFORE =
      List.of("epoch", "update", "lr", "train_loss", "train_top1");

  private static final List<String> AFTER = List.of("seconds", "images_per_s", "data_wait", "best");

  private final RunFolder run;
  private final Classifier model;
  private final List<String> columns;
  private @Nullable MetricsCsv csv;
  private @Nullable MetricsJsonl jsonl;
  private @Nullable EventFileWriter events;
  private long every = 1;

  /**
   * Logs into a run's folder.
   *
   * @param model that is trained; its output says what is measured
   */
  public MetricsLog(RunFolder run, Classifier model) {
    this.run = run;
    this.model = model;
    List<String> all = new ArrayList<>(BEFORE);
    all.addAll(
        switch (model.output()) {
          case LOGITS -> List.of("val_loss", "val_top1", "val_top5");
          case EMBEDDING ->
              List.of(
                  "val_recall_at_1",
                  "val_recall_at_2",
                  "val_recall_at_4",
                  "val_recall_at_8",
                  "val_map_at_r");
        });
    all.addAll(AFTER);
    this.columns = List.copyOf(all);
  }

  @Override
  public void started(Position position, long totalUpdates) {
    close();
    every = Math.max(1, (totalUpdates + LOGGED_UPDATES - 1) / LOGGED_UPDATES);
    Clock clock = Clock.systemUTC();
    if (position.update() == 0) {
      csv = MetricsCsv.create(run.metricsCsv(), columns);
      jsonl = MetricsJsonl.create(run.metricsJsonl());
      events = EventFileWriter.create(run.path(), clock);
    } else {
      csv = MetricsCsv.resume(run.metricsCsv(), columns, position.epoch());
      jsonl = MetricsJsonl.resume(run.metricsJsonl(), position.update());
      events = EventFileWriter.resume(run.path(), clock, position.update());
    }
  }

  @Override
  public void stepped(Step step) {
    if (step.update() % every != 0 || jsonl == null || events == null) {
      return;
    }
    Map<String, Object> values = new LinkedHashMap<>();
    values.put("epoch", step.epoch());
    values.put("loss", step.loss());
    values.put("lr", step.lr());
    values.put("seconds", step.seconds());
    values.put("wait_seconds", step.waitSeconds());
    jsonl.append(step.update(), values);
    events.scalars(step.update(), Map.of("train/loss", step.loss(), "train/lr", step.lr()));
  }

  @Override
  public void epochEnded(EpochMetrics m) {
    if (csv == null || events == null) {
      return;
    }
    Map<String, Object> row = new LinkedHashMap<>();
    row.put("epoch", m.epoch());
    row.put("update", m.update());
    row.put("lr", m.lr());
    row.put("train_loss", m.trainLoss());
    row.put("train_top1", m.trainTop1());
    m.validation().ifPresent(v -> validation(v).forEach((name, n) -> row.put("val_" + name, n)));
    row.put("seconds", m.seconds());
    row.put("images_per_s", m.imagesPerSecond());
    row.put("data_wait", m.dataWait());
    row.put("best", m.best());
    csv.append(row);
    Map<String, Double> scalars = new LinkedHashMap<>();
    scalars.put("epoch/train_loss", m.trainLoss());
    scalars.put("epoch/train_top1", m.trainTop1());
    m.validation()
        .ifPresent(v -> validation(v).forEach((name, n) -> scalars.put("epoch/val_" + name, n)));
    scalars.remove("epoch/val_top5");
    events.scalars(m.update(), scalars);
    if (m.epoch() <= SPREAD_EPOCHS || m.epoch() % SPREAD_EPOCHS == 0) {
      events.histograms(m.update(), spread());
    }
  }

  /** How the trained weights are spread, by name. */
  private Map<String, Histogram> spread() {
    Map<String, Histogram> spread = new LinkedHashMap<>();
    Scope.run(
        "weights for TensorBoard",
        () ->
            model
                .parameters()
                .forEach(
                    (name, parameter) -> {
                      if (parameter.value().requiresGrad()) {
                        spread.put("weights/" + name, Histogram.of(parameter.value().toFloats()));
                      }
                    }));
    return spread;
  }

  /**
   * Adds a picture to the event file, if one is being written.
   *
   * @param update that it belongs to
   * @param tag such as {@code train/pictures}
   */
  public void picture(long update, String tag, Picture picture) {
    if (events != null) {
      ImageSize size = picture.size();
      events.picture(
          update, tag, PngWriter.write(picture), size.height(), size.width(), picture.channels());
    }
  }

  private static Map<String, Double> validation(Metrics v) {
    Map<String, Double> named = new LinkedHashMap<>();
    v.similarity()
        .ifPresentOrElse(
            s -> {
              named.put("recall_at_1", s.recallAt1());
              named.put("recall_at_2", s.recallAt2());
              named.put("recall_at_4", s.recallAt4());
              named.put("recall_at_8", s.recallAt8());
              named.put("map_at_r", s.mapAtR());
            },
            () -> {
              named.put("loss", v.loss());
              named.put("top1", v.top1());
              named.put("top5", v.top5());
            });
    return named;
  }

  /** Closes the files; what was told so far is in them. */
  @Override
  public void close() {
    if (csv != null) {
      csv.close();
    }
    if (jsonl != null) {
      jsonl.close();
    }
    if (events != null) {
      events.close();
    }
    csv = null;
    jsonl = null;
    events = null;
  }
}
