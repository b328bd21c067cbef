package dev.linnet.cli;

import static java.util.Objects.requireNonNull;

import dev.linnet.recipe.Experiment;
import dev.linnet.search.Ablation;
import dev.linnet.search.StudyEstimate;
import dev.linnet.search.StudyFolder;
import dev.linnet.search.StudyPlan;
import dev.linnet.train.TrainingListener;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/** Runs a study: says what it does, a line a run, and answers with its table. */
final class StudyRuns {
  private final Session session;
  private final int processes;
  private final Map<String, Double> untrained;

  /**
   * @param processes runs that train at once, at least 1
   */
  StudyRuns(Session session, int processes) {
    this(session, processes, Map.of());
  }

  /**
   * @param processes runs that train at once, at least 1
   * @param untrained what the table begins with: the top-1, in percent, of what needs no training,
   *     by name
   */
  StudyRuns(Session session, int processes, Map<String, Double> untrained) {
    this.session = session;
    this.processes = processes;
    this.untrained = Collections.unmodifiableMap(new LinkedHashMap<>(untrained));
  }

  /** Runs what is open of a study and answers with its table. */
  int run(StudyPlan plan, StudyFolder folder, Experiment.Surroundings around) {
    Output output = session.output();
    Ablation.Setting setting =
        new Ablation.Setting(
            around, session.command(), processes, launcher(session.common()), output::warn);
    Ablation ablation =
        new Ablation(plan, folder, setting, new Told(output, plan.measure().title()));
    AtomicReference<Ablation.@Nullable Outcome> outcome = new AtomicReference<>();
    output.note("study: " + folder.path());
    session.shell().interrupts().during(() -> outcome.set(ablation.run()), ablation::requestStop);
    output.eraseProgress();
    return answer(folder, requireNonNull(outcome.get()));
  }

  /** Answers with what is open of a study and the time that it takes, and runs nothing. */
  int plan(StudyPlan plan, StudyFolder folder, Experiment.Surroundings around) {
    StudyEstimate estimate = StudyEstimate.of(plan, folder, around);
    Output output = session.output();
    if (output.isJson()) {
      Map<String, Object> json = new LinkedHashMap<>();
      json.put("study", plan.study().title());
      json.put("seeds", plan.study().seeds());
      json.put("rows", estimate.rows().stream().map(StudyRuns::json).toList());
      json.put("seconds", estimate.openSeconds());
      output.json(json);
      return Failures.DONE;
    }
    List<List<String>> rows = new ArrayList<>();
    String changes = "beside " + plan.referenceName();
    rows.add(List.of("row", "runs", "open", "a run", changes));
    for (int i = 0; i < plan.rows().size(); i++) {
      StudyEstimate.Row row = estimate.rows().get(i);
      String seconds =
          row.seconds().isPresent() ? Durations.show(row.seconds().getAsDouble()) : "unknown";
      rows.add(
          List.of(
              row.name(),
              String.valueOf(row.runs()),
              String.valueOf(row.open()),
              seconds,
              plan.changes(i)));
    }
    output.table(rows, List.of(changes));
    output.answer(
        "about %s for the runs that are open, one after the other"
            .formatted(Durations.show(estimate.openSeconds())));
    return Failures.DONE;
  }

  private static Map<String, Object> json(StudyEstimate.Row row) {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("row", row.name());
    json.put("runs", row.runs());
    json.put("open", row.open());
    row.seconds().ifPresent(seconds -> json.put("seconds", seconds));
    return json;
  }

  private int answer(StudyFolder folder, Ablation.Outcome outcome) {
    Output output = session.output();
    if (outcome.interrupted() && outcome.done() < outcome.runs()) {
      output.error(
          "interrupted; %d of %d runs are done and the state of the others is saved; the same"
                  .formatted(outcome.done(), outcome.runs())
              + " command goes on");
      return Interrupts.EXIT_CODE;
    }
    if (output.isJson()) {
      Map<String, Object> json = new LinkedHashMap<>();
      json.put("study", folder.path().toString());
      if (!untrained.isEmpty()) {
        json.put("untrained", untrained);
      }
      json.put("runs", outcome.runs());
      json.put("done", outcome.done());
      json.put("rows", outcome.summary().rows());
      json.put("statements", outcome.summary().statements());
      output.json(json);
    } else {
      List<List<String>> rows = new ArrayList<>();
      List<String> head = outcome.summary().head();
      rows.add(head);
      untrained.forEach(
          (name, top1) -> {
            List<String> row = new ArrayList<>(Collections.nCopies(head.size(), "–"));
            row.set(0, name);
            row.set(1, String.format(Locale.ROOT, "%.2f", top1));
            rows.add(row);
          });
      rows.addAll(outcome.summary().table());
      output.table(rows, List.of("memory", "parameters", "MACs"));
      outcome.summary().statements().forEach(output::answer);
      output.answer("study: " + folder.path());
    }
    outcome.failures().forEach(output::error);
    return outcome.failures().isEmpty() ? Failures.DONE : Failures.FAILED;
  }

  /** What starts this program again, with the same options of the JVM, for one run. */
  private static List<String> launcher(Common common) {
    List<String> command = Processes.command();
    command.addAll(List.of("ablate", "run", "--device", common.device));
    return command;
  }

  /** Says what the study does, a line a run. */
  private static final class Told implements Ablation.Listener {
    private final Output output;
    private final String measured;

    Told(Output output, String measured) {
      this.output = output;
      this.measured = measured;
    }

    @Override
    public TrainingListener started(String row, long seed, int number, int ofRuns) {
      output.note("run %d of %d: %s, seed %d".formatted(number, ofRuns, row, seed));
      String title = "%d/%d %s, seed %d".formatted(number, ofRuns, row, seed);
      return new StudyProgress(output, title, output::detail);
    }

    @Override
    public void found(String row, long seed, int number, int ofRuns) {
      output.detail("run %d of %d: %s, seed %d: done".formatted(number, ofRuns, row, seed));
    }

    @Override
    public void ended(String row, long seed, Optional<Double> score, String why) {
      String figure =
          score.map(s -> String.format(Locale.ROOT, "%s %.2f %%", measured, s)).orElse(why);
      output.note("  %s, seed %d: %s".formatted(row, seed, figure));
    }
  }
}
