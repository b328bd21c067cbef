package dev.linnet.search;

import dev.linnet.base.AtomicFile;
import dev.linnet.base.LinnetException;
import dev.linnet.train.RunFolder;
import java.io.IOException;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.ToDoubleFunction;
import java.util.stream.Collectors;

/**
 * What came of a study so far: every run's figures, and every row compared with the reference and
 * with what its gain is over.
 *
 * @param plan the study
 * @param rows in the order of the plan
 */
record StudyResults(StudyPlan plan, List<Row> rows) {
  /** Differences that chance makes less often than this count as significant. */
  static final double LEVEL = 0.05;

  StudyResults {
    rows = List.copyOf(rows);
  }

  /**
   * One run.
   *
   * @param figures empty where it is not finished
   * @param diverged why it ended without figures
   */
  record Run(long seed, Optional<RunFigures> figures, Optional<String> diverged) {}

  /**
   * One row.
   *
   * @param row of the plan
   * @param runs one a seed
   * @param toReference its score beside that of the reference; empty for the reference itself
   * @param gain what its own keys gain: over the row before it in a cumulative study; in a
   *     leave-one-out study what was lost without them
   */
  record Row(
      StudyPlan.Row row,
      List<Run> runs,
      Optional<Difference> toReference,
      Optional<Difference> gain) {
    Row {
      runs = List.copyOf(runs);
    }

    List<RunFigures> finished() {
      return runs.stream().flatMap(run -> run.figures().stream()).toList();
    }

    private Set<String> machines() {
      return finished().stream()
          .map(RunFigures::machine)
          .collect(Collectors.toCollection(TreeSet::new));
    }

    private double seconds(Set<String> machines) {
      return finished().stream()
          .filter(run -> machines.contains(run.machine()))
          .mapToDouble(RunFigures::seconds)
          .average()
          .orElse(Double.NaN);
    }

    Sample score() {
      return Sample.of(scores(runs).values());
    }

    long diverged() {
      return runs.stream().filter(run -> run.diverged().isPresent()).count();
    }

    /** The mean of a figure over the seeds; NaN where no run is finished. */
    double mean(ToDoubleFunction<RunFigures> figure) {
      return finished().stream().mapToDouble(figure).average().orElse(Double.NaN);
    }
  }

  /** Reads what is there. */
  static StudyResults read(StudyPlan plan, StudyFolder folder) {
    List<List<Run>> runs = new ArrayList<>();
    for (StudyPlan.Row row : plan.rows()) {
      List<Run> ofRow = new ArrayList<>();
      for (long seed : plan.study().seeds()) {
        ofRow.add(read(seed, folder.run(row.folder(), seed), plan.measure()));
      }
      runs.add(ofRow);
    }
    List<Row> rows = new ArrayList<>();
    boolean lacks = plan.study().design() == Study.Design.LEAVE_ONE_OUT;
    for (int i = 0; i < runs.size(); i++) {
      StudyPlan.Row row = plan.rows().get(i);
      List<Run> against = runs.get(row.against());
      rows.add(
          new Row(
              row,
              runs.get(i),
              difference(i, plan.reference(), runs.get(i), runs.get(plan.reference())),
              lacks
                  ? difference(i, row.against(), against, runs.get(i))
                  : difference(i, row.against(), runs.get(i), against)));
    }
    return new StudyResults(plan, rows);
  }

  private static Run read(long seed, RunFolder folder, Measure measure) {
    Optional<String> diverged = Optional.empty();
    if (Files.exists(RunFigures.diverged(folder))) {
      try {
        diverged = Optional.of(Files.readString(RunFigures.diverged(folder)).strip());
      } catch (IOException e) {
        throw new LinnetException(RunFigures.diverged(folder) + ": cannot be read", e);
      }
    }
    return new Run(seed, RunFigures.read(folder, measure), diverged);
  }

  private static Optional<Difference> difference(
      int row, int other, List<Run> runs, List<Run> others) {
    return row == other
        ? Optional.empty()
        : Optional.of(Difference.of(scores(runs), scores(others)));
  }

  private static Map<Long, Double> scores(List<Run> runs) {
    Map<Long, Double> scores = new LinkedHashMap<>();
    runs.forEach(run -> run.figures().ifPresent(f -> scores.put(run.seed(), f.score())));
    return scores;
  }

  /** The row that the others are compared with. */
  Row reference() {
    return rows.get(plan.reference());
  }

  /** Whether every run came to an end. */
  boolean isComplete() {
    return rows.stream()
        .flatMap(row -> row.runs().stream())
        .allMatch(run -> run.figures().isPresent() || run.diverged().isPresent());
  }

  /** What all finished runs say of their surroundings under a name, each value once. */
  List<String> facts(String name) {
    return List.copyOf(
        rows.stream()
            .flatMap(row -> row.finished().stream())
            .map(figures -> figures.environment().getOrDefault(name, ""))
            .filter(value -> !value.isEmpty())
            .collect(Collectors.toCollection(TreeSet::new)));
  }

  /** Seconds of a row's runs, divided by those of the reference; NaN where either has none. */
  double costOf(Row row) {
    return cost(row, reference());
  }

  /**
   * Mean seconds of a row's runs: of those on machines that the reference was trained on, or of all
   * where there is none.
   */
  double secondsOf(Row row) {
    Set<String> shared = row.machines();
    shared.retainAll(reference().machines());
    return row.seconds(shared.isEmpty() ? row.machines() : shared);
  }

  /**
   * Seconds of a row's runs, divided by those of another's; only of runs on machines that both were
   * trained on, NaN where there is none.
   */
  static double cost(Row row, Row other) {
    Set<String> shared = row.machines();
    shared.retainAll(other.machines());
    return row.seconds(shared) / other.seconds(shared);
  }

  /** The rows whose paired difference to the reference is significant, by Holm if asked. */
  List<Row> significant(Correction correction) {
    List<Row> tested =
        rows.stream()
            .filter(row -> p(row).isPresent())
            .sorted(Comparator.comparingDouble((Row row) -> p(row).orElseThrow()))
            .toList();
    List<Row> found = new ArrayList<>();
    for (int i = 0; i < tested.size(); i++) {
      int tests = correction == Correction.HOLM ? tested.size() - i : 1;
      if (p(tested.get(i)).orElseThrow() * tests >= LEVEL) {
        break;
      }
      found.add(tested.get(i));
    }
    return rows.stream().filter(found::contains).toList();
  }

  /** Whether it is accounted for that many tests find something by chance. */
  enum Correction {
    NONE,
    /**
     * Holm, Scandinavian Journal of Statistics 6, 1979: the least p counts as often as there are
     * tests.
     */
    HOLM
  }

  private static OptionalDouble p(Row row) {
    return row.toReference().map(Difference::pairedP).orElse(OptionalDouble.empty());
  }

  /** Writes tables and page. */
  StudySummary write(StudyFolder folder, List<String> command) {
    StudyTables tables = new StudyTables(this, command);
    AtomicFile.write(folder.runsCsv(), tables.runsCsv());
    AtomicFile.write(folder.summaryCsv(), tables.summaryCsv());
    AtomicFile.write(folder.command(), tables.facts());
    AtomicFile.write(folder.readme(), tables.markdown());
    new StudyPage(this, tables).page().write(folder.page());
    return new StudySummary(tables.head(), tables.table(), tables.statements(), tables.rowMaps());
  }
}
