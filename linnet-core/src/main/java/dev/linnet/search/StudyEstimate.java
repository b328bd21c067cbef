package dev.linnet.search;

import dev.linnet.base.LinnetException;
import dev.linnet.recipe.Experiment;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalDouble;

/**
 * What a study will take.
 *
 * @param rows one for each row of the plan
 */
public record StudyEstimate(List<Row> rows) {
  public StudyEstimate {
    rows = List.copyOf(rows);
  }

  /**
   * One row.
   *
   * @param name in tables
   * @param runs all of them, one a seed
   * @param open those that have not come to an end
   * @param seconds of one run: as finished ones took, else estimated; empty where the run of
   *     another row must be there first
   */
  public record Row(String name, int runs, int open, OptionalDouble seconds) {}

  /**
   * Looks at the data and at what is done already.
   *
   * @throws LinnetException if the data cannot be used or a recipe does not fit them
   */
  public static StudyEstimate of(
      StudyPlan plan, StudyFolder folder, Experiment.Surroundings around) {
    StudyResults results = StudyResults.read(plan, folder);
    List<Row> rows = new ArrayList<>();
    for (StudyResults.Row row : results.rows()) {
      int open =
          (int)
              row.runs().stream()
                  .filter(run -> run.figures().isEmpty() && run.diverged().isEmpty())
                  .count();
      double measured = row.mean(RunFigures::seconds);
      OptionalDouble seconds =
          Double.isNaN(measured)
              ? planned(row.row(), plan, folder, around)
              : OptionalDouble.of(measured);
      rows.add(new Row(row.row().name(), row.runs().size(), open, seconds));
    }
    return new StudyEstimate(rows);
  }

  private static OptionalDouble planned(
      StudyPlan.Row row, StudyPlan plan, StudyFolder folder, Experiment.Surroundings around) {
    long seed = plan.study().seeds().get(0);
    try {
      Experiment experiment = Experiment.plan(plan.recipe(row, seed, folder), around);
      return OptionalDouble.of(experiment.chosen().seconds());
    } catch (LinnetException e) {
      if (row.needs().isEmpty()) {
        throw e;
      }
      return OptionalDouble.empty();
    }
  }

  /** Seconds of all open runs whose time is known, one after the other. */
  public double openSeconds() {
    return rows.stream().mapToDouble(row -> row.open() * row.seconds().orElse(0)).sum();
  }
}
