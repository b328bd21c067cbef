package dev.linnet.search;

import dev.linnet.base.AtomicFile;
import dev.linnet.base.LinnetException;
import dev.linnet.recipe.LoadedRecipe;
import dev.linnet.recipe.Recipe;
import dev.linnet.recipe.RecipeReader;
import dev.linnet.recipe.RecipeWriter;
import dev.linnet.recipe.Recipes;
import dev.linnet.train.RunFolder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;

/**
 * The places of a study's files.
 *
 * @param path the folder
 */
public record StudyFolder(Path path) {
  /** Keys that may differ between rows of one name: they do not change what is studied. */
  private static final Set<String> FREE = Set.of("seed", "workers", "threads", "memory");

  /** The study as it was read. */
  public Path study() {
    return path.resolve("study.yaml");
  }

  /** Figures of every run. */
  public Path runsCsv() {
    return path.resolve("runs.csv");
  }

  /** Figures of every row, compared with the reference. */
  public Path summaryCsv() {
    return path.resolve("summary.csv");
  }

  /** The table for people. */
  public Path readme() {
    return path.resolve("README.md");
  }

  /** Table, curves and gains on one page. */
  public Path page() {
    return path.resolve("index.html");
  }

  /** Command, versions, machine, seeds and data. */
  public Path command() {
    return path.resolve("command.txt");
  }

  /** What keeps a second process out. */
  Path lock() {
    return path.resolve(".lock");
  }

  /** The complete recipe of a row, without its seed. */
  Path row(String folder) {
    return path.resolve("rows").resolve(folder + ".yaml");
  }

  /** The folder of one run. */
  RunFolder run(String folder, long seed) {
    return new RunFolder(path.resolve("runs").resolve(folder + "-seed" + seed));
  }

  /**
   * Makes the folder of a study, or takes the one that there is, and writes down what is asked.
   *
   * @throws LinnetException if it holds something else
   */
  void begin(StudyPlan plan) {
    if (Files.exists(path) && !Files.isDirectory(path)) {
      throw new LinnetException("--out: " + path + " is a file; choose a folder");
    }
    if (Files.isDirectory(path) && !Files.exists(study()) && !isEmpty()) {
      throw new LinnetException(
          "--out: " + path + " holds other files, and no study; choose another folder");
    }
    try {
      Files.createDirectories(path.resolve("runs"));
    } catch (IOException e) {
      throw new LinnetException(
          "--out: " + path + ": cannot be made (" + AtomicFile.reason(e) + "); choose another", e);
    }
    for (StudyPlan.Row row : plan.rows()) {
      Path file = row(row.folder());
      if (Files.exists(file)) {
        checkSame(row, file);
      } else {
        AtomicFile.write(file, RecipeWriter.write(row.recipe().recipe()));
      }
    }
    AtomicFile.write(study(), Studies.write(plan.study()));
  }

  private void checkSame(StudyPlan.Row row, Path file) {
    Recipe there = RecipeReader.create().read(file.toString()).recipe();
    List<Recipes.Difference> differences =
        Recipes.diff(there, row.recipe().recipe()).stream()
            .filter(difference -> !FREE.contains(difference.key()))
            .toList();
    if (!differences.isEmpty()) {
      Recipes.Difference first = differences.get(0);
      throw new LinnetException(
          "--out: "
              + path
              + " holds another study: its row \""
              + row.name()
              + "\" has "
              + first.key()
              + ": "
              + (first.left().isEmpty() ? "nothing" : first.left())
              + ", here "
              + (first.right().isEmpty() ? "nothing" : first.right())
              + (differences.size() > 1 ? ", and more" : "")
              + "; choose another folder, or delete that one to start over");
    }
  }

  /** True of a folder in which nothing but an empty folder of runs and the lock is. */
  private boolean isEmpty() {
    try (Stream<Path> entries = Files.list(path)) {
      return entries.allMatch(entry -> entry.equals(lock()) || entry.endsWith("runs"));
    } catch (IOException e) {
      return false;
    }
  }

  /** Writes a run's recipe, from which the run begins; leaves one that is there. */
  static void beginRun(RunFolder run, LoadedRecipe recipe) {
    if (!Files.exists(run.recipe())) {
      RunFolder.create(run.path());
      AtomicFile.write(run.recipe(), RecipeWriter.write(recipe));
    }
  }
}
