package dev.linnet.search;

import dev.linnet.base.AtomicFile;
import dev.linnet.base.LinnetException;
import dev.linnet.base.internal.LockFile;
import dev.linnet.data.Split;
import dev.linnet.recipe.Experiment;
import dev.linnet.recipe.LoadedRecipe;
import dev.linnet.recipe.RecipeReader;
import dev.linnet.recipe.TrainingRun;
import dev.linnet.train.DivergedException;
import dev.linnet.train.RunFolder;
import dev.linnet.train.TrainingListener;
import dev.linnet.train.TrainingResult;
import dev.linnet.train.bench.PeakMemory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * One training of a study, in this process: begins with the recipe that lies in its folder, or goes
 * on with the state that is saved there.
 *
 * <p>For one thread; {@link #requestStop} may be called from any.
 */
public final class StudyRun {
  /** A process that was told to stop needs as long to save. */
  private static final int LOCK_TRIES = 600;

  private static final int LOCK_MILLIS = 100;

  /** Writing 5 there sets the kernel's high-water mark of memory back to what is resident now. */
  private static final Path CLEAR_PEAK = Path.of("/proc/self/clear_refs");

  private final RunFolder folder;
  private final Experiment.Surroundings around;
  private final List<String> command;
  private final Consumer<String> warnings;
  private final List<TrainingListener> listeners = new ArrayList<>();
  private final AtomicBoolean stop = new AtomicBoolean();
  private final AtomicReference<@Nullable TrainingRun> running = new AtomicReference<>();

  /** How a run ended. */
  public enum End {
    /** Its summary is written. */
    FINISHED,
    /** The loss was no longer a number; the folder says so, and it is not tried again. */
    DIVERGED,
    /** It was asked to stop; the state is saved. */
    INTERRUPTED
  }

  /**
   * A run whose folder holds its recipe.
   *
   * @param command the command line, or what the program was asked
   * @param warnings hears of broken pictures
   */
  public StudyRun(
      RunFolder folder,
      Experiment.Surroundings around,
      List<String> command,
      Consumer<String> warnings) {
    this.folder = folder;
    this.around = around;
    this.command = List.copyOf(command);
    this.warnings = warnings;
  }

  /** Adds what watches the training. */
  public void listen(TrainingListener listener) {
    listeners.add(listener);
  }

  /** Asks to finish the running update, save and return. From any thread. */
  public void requestStop() {
    stop.set(true);
    TrainingRun run = running.get();
    if (run != null) {
      run.requestStop();
    }
  }

  /** How the run ended, if it did; what was interrupted has not. */
  static Optional<End> end(RunFolder folder) {
    if (Files.exists(folder.summary())) {
      return Optional.of(End.FINISHED);
    }
    return Files.exists(RunFigures.diverged(folder)) ? Optional.of(End.DIVERGED) : Optional.empty();
  }

  /**
   * Trains to the end, unless that was done before.
   *
   * @throws LinnetException if the data cannot be used, the disk is full, or another process has
   *     this run
   */
  public End train() {
    try (LockFile lock = LockFile.open(folder.path().resolve(".lock"))) {
      hold(lock);
      Optional<End> before = end(folder);
      return before.isPresent() ? before.get() : trainNow();
    } catch (IOException e) {
      throw new LinnetException(
          folder.path() + ": cannot be written (" + AtomicFile.reason(e) + ")", e);
    }
  }

  private void hold(LockFile lock) throws IOException {
    for (int i = 0; i < LOCK_TRIES; i++) {
      if (lock.tryHold()) {
        return;
      }
      try {
        Thread.sleep(LOCK_MILLIS);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        break;
      }
    }
    throw new LinnetException(folder.path() + ": another process trains this run; wait for it");
  }

  private End trainNow() {
    LoadedRecipe loaded = RecipeReader.create().read(folder.recipe().toString());
    Experiment experiment = Experiment.planAgain(loaded, around, folder);
    checkMeasures(experiment);
    boolean measured = clearPeak();
    try (TrainingRun run = new TrainingRun(experiment, folder, command, warnings)) {
      listeners.forEach(run::listen);
      running.set(run);
      if (stop.get()) {
        return End.INTERRUPTED;
      }
      TrainingRun.Outcome outcome = run.train(TrainingRun.Start.RESUME);
      return outcome.result().end() == TrainingResult.End.INTERRUPTED
          ? End.INTERRUPTED
          : End.FINISHED;
    } catch (DivergedException e) {
      AtomicFile.write(RunFigures.diverged(folder), e.getMessage() + "\n");
      return End.DIVERGED;
    } finally {
      running.set(null);
      if (measured) {
        keepPeak();
      }
    }
  }

  /** Refuses data of which nothing is held back, before anything is trained. */
  private static void checkMeasures(Experiment experiment) {
    if (experiment.test().isEmpty() && experiment.data().set(Split.VAL).isEmpty()) {
      throw new LinnetException(
          experiment.data().name()
              + ": has no pictures to measure on, and a study compares what was measured; give"
              + " --val a share, such as --val 0.1, or leave --val none out");
    }
  }

  /** Whether the peak from here on is that of this run. */
  private static boolean clearPeak() {
    try {
      Files.writeString(CLEAR_PEAK, "5");
      return true;
    } catch (IOException e) {
      return false;
    }
  }

  private void keepPeak() {
    OptionalLong before = RunFigures.peakBytes(folder);
    long most = Math.max(before.orElse(0), PeakMemory.bytes());
    AtomicFile.write(RunFigures.peak(folder), most + "\n");
  }
}
