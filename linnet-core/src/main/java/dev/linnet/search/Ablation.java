package dev.linnet.search;

import dev.linnet.base.AtomicFile;
import dev.linnet.base.LinnetException;
import dev.linnet.base.internal.LockFile;
import dev.linnet.recipe.Experiment;
import dev.linnet.train.RunFolder;
import dev.linnet.train.TrainingListener;
import java.io.IOException;
import java.nio.file.Files;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Runs a study: every row with every seed, each training in a folder of its own, first all rows
 * with the first seed. Started again it goes on: finished runs are read from their folders, a run
 * that was stopped in the middle goes on at its last saved update, and the figures are those of a
 * study that was never stopped. Tables and page are written after each run.
 *
 * <p>For one thread; {@link #requestStop} may be called from any.
 */
public final class Ablation {
  private final StudyPlan plan;
  private final StudyFolder folder;
  private final Setting setting;
  private final Listener listener;
  private final AtomicBoolean stop = new AtomicBoolean();
  private final AtomicReference<@Nullable StudyRun> running = new AtomicReference<>();
  private final List<RunProcess> processes = new ArrayList<>();
  private final List<String> failures = new ArrayList<>();
  private int done;
  private int total;

  /**
   * Where and how runs compute.
   *
   * @param around data, device and hub of runs in this process
   * @param command the command line, for the tables
   * @param parallel how many runs train at once; more than one: each in a process of its own
   * @param launcher the command of such a process, to which the folder of the run is added; it
   *     calls {@link StudyRun#train} and stops when its standard input ends
   * @param warnings hears of broken pictures
   */
  public record Setting(
      Experiment.Surroundings around,
      List<String> command,
      int parallel,
      List<String> launcher,
      Consumer<String> warnings) {
    public Setting {
      command = List.copyOf(command);
      launcher = List.copyOf(launcher);
    }
  }

  /** What watches a study. Called on the thread that runs it. */
  public interface Listener {
    /**
     * A run begins or goes on.
     *
     * @param number of this run, from 1, in the order in which they are begun
     * @return what watches its training, where it is trained in this process
     */
    default TrainingListener started(String row, long seed, int number, int ofRuns) {
      return new TrainingListener() {};
    }

    /** A run was finished before. */
    default void found(String row, long seed, int number, int ofRuns) {}

    /**
     * A run came to an end; tables and page have it.
     *
     * @param score what the study measures, in percent; empty where it diverged or failed
     * @param why it diverged or failed; empty where it did not
     */
    default void ended(String row, long seed, Optional<Double> score, String why) {}
  }

  /**
   * How a study ended.
   *
   * @param summary what is there
   * @param interrupted whether it was asked to stop
   * @param runs how many there are, and
   * @param done how many of them came to an end
   * @param failures what went wrong beside runs that diverged, a line each; such runs are tried
   *     again when the study is started again
   */
  public record Outcome(
      StudySummary summary, boolean interrupted, int runs, int done, List<String> failures) {
    public Outcome {
      failures = List.copyOf(failures);
    }
  }

  /** One run that is still to be done. */
  private record Open(StudyPlan.Row row, long seed, RunFolder folder, int number) {
    String title() {
      return "\"" + row.name() + "\" with seed " + seed;
    }
  }

  /** A study in a folder that is made, or gone on with. */
  public Ablation(StudyPlan plan, StudyFolder folder, Setting setting, Listener listener) {
    this.plan = plan;
    this.folder = folder;
    this.setting = setting;
    this.listener = listener;
  }

  /** Asks to finish the running updates, save and return. From any thread. */
  public void requestStop() {
    stop.set(true);
    StudyRun run = running.get();
    if (run != null) {
      run.requestStop();
    }
    synchronized (processes) {
      processes.forEach(RunProcess::requestStop);
    }
  }

  /**
   * Runs what is still to be done.
   *
   * @throws LinnetException if the folder holds another study, or another process runs this one
   */
  public Outcome run() {
    folder.begin(plan);
    try (LockFile lock = LockFile.open(folder.lock())) {
      if (!lock.tryHold()) {
        throw new LinnetException(
            "--out: " + folder.path() + ": another process runs this study; wait for it");
      }
      Deque<Open> open = open();
      write();
      if (setting.parallel() == 1) {
        runHere(open);
      } else {
        runInProcesses(open);
      }
      return new Outcome(write(), stop.get(), total, done, failures);
    } catch (IOException e) {
      throw new LinnetException(
          "--out: " + folder.path() + ": cannot be written (" + AtomicFile.reason(e) + ")", e);
    }
  }

  private StudySummary write() {
    return StudyResults.read(plan, folder).write(folder, setting.command());
  }

  /** The runs that have not come to an end; tells of the others. */
  private Deque<Open> open() {
    Deque<Open> open = new ArrayDeque<>();
    total = plan.rows().size() * plan.study().seeds().size();
    for (long seed : plan.study().seeds()) {
      for (StudyPlan.Row row : plan.rows()) {
        Open run = new Open(row, seed, folder.run(row.folder(), seed), done + open.size() + 1);
        if (StudyRun.end(run.folder()).isPresent()) {
          done++;
          listener.found(row.name(), seed, done, total);
        } else {
          open.add(run);
        }
      }
    }
    return open;
  }

  // ------------------------------------------------------------------ in this process

  private void runHere(Deque<Open> open) {
    while (!open.isEmpty() && !stop.get()) {
      Open run = open.remove();
      if (!lacks(run)) {
        trainHere(run);
      }
    }
  }

  private void trainHere(Open run) {
    try {
      begin(run);
      StudyRun training =
          new StudyRun(run.folder(), setting.around(), setting.command(), setting.warnings());
      training.listen(listener.started(run.row().name(), run.seed(), done + 1, total));
      running.set(training);
      if (stop.get()) {
        return;
      }
      if (training.train() != StudyRun.End.INTERRUPTED) {
        ended(run);
      }
    } catch (LinnetException e) {
      failed(run, String.valueOf(e.getMessage()));
    } finally {
      running.set(null);
    }
  }

  private void begin(Open run) {
    StudyFolder.beginRun(run.folder(), plan.recipe(run.row(), run.seed(), folder));
  }

  // ------------------------------------------------------------------ in processes

  private void runInProcesses(Deque<Open> open) {
    Map<Open, RunProcess> trained = new LinkedHashMap<>();
    while (true) {
      fill(trained, open);
      if (trained.isEmpty()) {
        return;
      }
      CompletableFuture.anyOf(
              trained.values().stream().map(RunProcess::ended).toArray(CompletableFuture<?>[]::new))
          .join();
      for (Iterator<Map.Entry<Open, RunProcess>> i = trained.entrySet().iterator(); i.hasNext(); ) {
        Map.Entry<Open, RunProcess> one = i.next();
        if (one.getValue().ended().isDone()) {
          i.remove();
          collect(one.getKey(), one.getValue());
        }
      }
    }
  }

  /** Starts runs until enough are trained at once; leaves those that wait for another's folder. */
  private void fill(Map<Open, RunProcess> trained, Deque<Open> open) {
    for (Iterator<Open> i = open.iterator(); i.hasNext(); ) {
      if (trained.size() >= setting.parallel() || stop.get()) {
        return;
      }
      Open run = i.next();
      if (waits(run, trained, open)) {
        continue;
      }
      i.remove();
      if (lacks(run)) {
        continue;
      }
      try {
        begin(run);
        listener.started(run.row().name(), run.seed(), done + trained.size() + 1, total);
        trained.put(run, start(run));
      } catch (LinnetException e) {
        failed(run, String.valueOf(e.getMessage()));
      }
    }
  }

  private RunProcess start(Open run) {
    synchronized (processes) {
      RunProcess process = RunProcess.start(setting.launcher(), run.folder());
      processes.add(process);
      if (stop.get()) {
        process.requestStop();
      }
      return process;
    }
  }

  private void collect(Open run, RunProcess process) {
    synchronized (processes) {
      processes.remove(process);
    }
    if (StudyRun.end(run.folder()).isPresent()) {
      ended(run);
    } else if (!stop.get()) {
      failed(run, process.lastLine());
    }
  }

  private boolean waits(Open run, Map<Open, RunProcess> trained, Deque<Open> open) {
    for (String needed : run.row().needs()) {
      for (List<Open> others : List.of(List.copyOf(trained.keySet()), List.copyOf(open))) {
        if (others.stream()
            .anyMatch(o -> o.seed() == run.seed() && o.row().name().equals(needed))) {
          return true;
        }
      }
    }
    return false;
  }

  // ------------------------------------------------------------------ how runs end

  /** Whether a run that this one needs is not there; this one has then failed. */
  private boolean lacks(Open run) {
    for (String needed : run.row().needs()) {
      RunFolder other = folder.run(plan.row(needed).folder(), run.seed());
      if (!Files.exists(other.summary())) {
        failed(run, "needs the run of \"" + needed + "\" with the same seed, which has no summary");
        return true;
      }
    }
    return false;
  }

  private void ended(Open run) {
    done++;
    write();
    StudyResults.Run read =
        StudyResults.read(plan, folder).rows().stream()
            .filter(row -> row.row().name().equals(run.row().name()))
            .flatMap(row -> row.runs().stream())
            .filter(r -> r.seed() == run.seed())
            .findFirst()
            .orElseThrow();
    listener.ended(
        run.row().name(),
        run.seed(),
        read.figures().map(RunFigures::score),
        read.diverged().orElse(""));
  }

  private void failed(Open run, String why) {
    failures.add(run.title() + ": " + why);
    listener.ended(run.row().name(), run.seed(), Optional.empty(), why);
  }
}
