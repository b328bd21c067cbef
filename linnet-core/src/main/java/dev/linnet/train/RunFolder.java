package dev.linnet.train;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.linnet.base.AtomicFile;
import dev.linnet.base.LinnetException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.stream.Stream;

/**
 * The places of a run's files.
 *
 * @param path the folder
 */
public record RunFolder(Path path) {
  /**
   * Makes the folder of a new run.
   *
   * @param explicit where the user wants it
   * @throws LinnetException if it exists and is not empty, or cannot be made
   */
  public static RunFolder create(Path explicit) {
    checkNew(explicit);
    return make(explicit);
  }

  /**
   * Refuses a folder in which there is something already, before any work is done for it.
   *
   * @throws LinnetException if it exists and is not empty
   */
  public static void checkNew(Path explicit) {
    if (Files.exists(explicit) && !isEmptyFolder(explicit)) {
      throw new LinnetException(
          "--out: "
              + explicit
              + " exists already; choose another name, or go on with --resume "
              + explicit);
    }
  }

  /**
   * Makes a folder {@code parent/name}, or {@code name-2}, {@code name-3} … where that exists.
   *
   * @param name such as {@code 2026-11-23-lenet5-digits}
   */
  public static RunFolder createNext(Path parent, String name) {
    String clean = name.toLowerCase(Locale.ROOT).replaceAll("[^\\p{L}\\p{N}._-]+", "-");
    Path folder = parent.resolve(clean);
    for (int i = 2; Files.exists(folder); i++) {
      folder = parent.resolve(clean + "-" + i);
    }
    return make(folder);
  }

  /**
   * An existing run.
   *
   * @throws LinnetException if there is none
   */
  public static RunFolder open(Path path) {
    if (!Files.isDirectory(path)) {
      throw new LinnetException(path + ": no such run; give the folder that a training made");
    }
    RunFolder run = new RunFolder(path);
    if (!Files.exists(run.recipe())) {
      throw new LinnetException(
          path + ": is not a run's folder: it has no recipe.yaml; give one that a training made");
    }
    return run;
  }

  /** Everything that the run resolved to. */
  public Path recipe() {
    return path.resolve("recipe.yaml");
  }

  /** Best weights. */
  public Path weights() {
    return path.resolve("model.safetensors");
  }

  /** Final and best metrics. */
  public Path summary() {
    return path.resolve("summary.json");
  }

  /** A row an epoch. */
  public Path metricsCsv() {
    return path.resolve("metrics.csv");
  }

  /** Every logged update. */
  public Path metricsJsonl() {
    return path.resolve("metrics.jsonl");
  }

  /** Versions, machine, data, command. */
  public Path environment() {
    return path.resolve("environment.json");
  }

  /** How many processes trained the run last; 1 where that is not written down. */
  public int processes() {
    try {
      JsonNode facts = new ObjectMapper().readTree(Files.readString(environment()));
      return Math.max(1, facts.path("processes").asInt(1));
    } catch (IOException e) {
      return 1; // a run goes on without this file too
    }
  }

  /** Last full state. */
  public Path checkpoint() {
    return path.resolve("checkpoint").resolve("last.safetensors");
  }

  /** Indices of splits that were drawn. */
  public Path splits() {
    return path.resolve("splits.json");
  }

  /** Curves and tables. */
  public Path report() {
    return path.resolve("report.html");
  }

  /** True if a state to go on from was saved. */
  public boolean hasCheckpoint() {
    return Files.exists(checkpoint());
  }

  private static RunFolder make(Path folder) {
    try {
      Files.createDirectories(folder.resolve("checkpoint"));
    } catch (IOException e) {
      throw new LinnetException(
          folder
              + ": cannot be made ("
              + AtomicFile.reason(e)
              + "); choose another place with --out",
          e);
    }
    return new RunFolder(folder);
  }

  /** True of an empty folder, and of a run that ended before it saved anything. */
  private static boolean isEmptyFolder(Path path) {
    if (!Files.isDirectory(path)) {
      return false;
    }
    try (Stream<Path> entries = Files.walk(path)) {
      Path checkpoint = path.resolve("checkpoint");
      return entries.allMatch(entry -> entry.equals(path) || entry.equals(checkpoint));
    } catch (IOException e) {
      return false;
    }
  }
}
