package dev.linnet.search;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.linnet.base.LinnetException;
import dev.linnet.report.MetricsCsv;
import dev.linnet.train.RunFolder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalLong;

/**
 * What one run of a study came to, as its folder says.
 *
 * @param measured what the {@link Measure} names, in its order: of the saved weights on the test
 *     pictures, or else on those of validation
 * @param images pictures of that measurement
 * @param bestEpoch whose weights were saved
 * @param epochs that were trained
 * @param seconds of the training, validation included
 * @param imagesPerSecond pictures trained on in a second, without validation
 * @param macs multiply-accumulates of one picture
 * @param parameters of the network
 * @param peakBytes most memory that the run's process had resident, where it is known
 * @param curve a row an epoch
 * @param environment what {@code environment.json} says, by name
 */
record RunFigures(
    List<Double> measured,
    long images,
    int bestEpoch,
    int epochs,
    double seconds,
    double imagesPerSecond,
    double macs,
    long parameters,
    OptionalLong peakBytes,
    List<Epoch> curve,
    Map<String, String> environment) {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String DIVERGED = "diverged.txt";
  private static final String PEAK = "peak_bytes.txt";

  RunFigures {
    measured = List.copyOf(measured);
    curve = List.copyOf(curve);
    environment = Map.copyOf(environment);
  }

  /**
   * One row of {@code metrics.csv}.
   *
   * @param trainLoss mean over the pictures as they were trained on
   * @param score percent of the validation pictures, where there are any
   */
  record Epoch(int epoch, double trainLoss, OptionalDouble score) {}

  /** What runs are compared by, in percent. */
  double score() {
    return measured.get(0);
  }

  /** What it was trained on; times of different machines say nothing about each other. */
  String machine() {
    return String.join(
        "|",
        environment.getOrDefault("device", ""),
        environment.getOrDefault("graphics", ""),
        environment.getOrDefault("processor", ""));
  }

  /** Where a run that diverged says so. */
  static Path diverged(RunFolder run) {
    return run.path().resolve(DIVERGED);
  }

  /** Where a run's peak of memory is kept. */
  static Path peak(RunFolder run) {
    return run.path().resolve(PEAK);
  }

  /**
   * Reads a finished run; empty where it is not finished, or nothing was measured.
   *
   * @param measure what was measured
   * @throws LinnetException if its files are broken
   */
  static Optional<RunFigures> read(RunFolder run, Measure measure) {
    if (!Files.exists(run.summary())) {
      return Optional.empty();
    }
    JsonNode summary = json(run.summary());
    JsonNode test = summary.path("test");
    if (test.isMissingNode()) {
      throw new LinnetException(
          run.summary() + ": nothing was measured; a study needs test or validation pictures");
    }
    List<Map<String, String>> rows = MetricsCsv.read(run.metricsCsv());
    Map<String, String> environment = new LinkedHashMap<>();
    json(run.environment())
        .properties()
        .forEach(entry -> environment.put(entry.getKey(), entry.getValue().asText()));
    return Optional.of(
        new RunFigures(
            measure.columns().stream().map(name -> test.path(name).asDouble()).toList(),
            test.path("images").asLong(),
            summary.path("best").path("epoch").asInt(),
            summary.path("epochs").asInt(),
            summary.path("seconds").asDouble(),
            speed(rows),
            summary.path("cost").path("macs").asDouble(),
            summary.path("cost").path("parameters").asLong(),
            peakBytes(run),
            curve(rows, "val_" + measure.column()),
            environment));
  }

  private static JsonNode json(Path file) {
    try {
      return JSON.readTree(Files.readString(file));
    } catch (JsonProcessingException e) {
      throw new LinnetException(file + ": is no JSON; delete the run's folder to run it again", e);
    } catch (IOException e) {
      throw new LinnetException(file + ": cannot be read", e);
    }
  }

  /** Epochs have the same number of pictures, so the mean is the harmonic one. */
  private static double speed(List<Map<String, String>> rows) {
    double time = rows.stream().mapToDouble(row -> 1 / number(row, "images_per_s")).sum();
    return rows.size() / time;
  }

  private static List<Epoch> curve(List<Map<String, String>> rows, String column) {
    List<Epoch> curve = new ArrayList<>();
    for (Map<String, String> row : rows) {
      double score = number(row, column);
      curve.add(
          new Epoch(
              (int) number(row, "epoch"),
              number(row, "train_loss"),
              Double.isNaN(score) ? OptionalDouble.empty() : OptionalDouble.of(score)));
    }
    return curve;
  }

  private static double number(Map<String, String> row, String column) {
    String cell = row.getOrDefault(column, "");
    try {
      return cell.isEmpty() ? Double.NaN : Double.parseDouble(cell);
    } catch (NumberFormatException e) {
      return Double.NaN;
    }
  }

  static OptionalLong peakBytes(RunFolder run) {
    try {
      return Files.exists(peak(run))
          ? OptionalLong.of(Long.parseLong(Files.readString(peak(run)).strip()))
          : OptionalLong.empty();
    } catch (IOException | NumberFormatException e) {
      return OptionalLong.empty();
    }
  }
}
