package dev.linnet.cli;

import java.io.PrintStream;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import org.jline.utils.Signals;
import org.jspecify.annotations.Nullable;

/**
 * Ctrl-C and its relatives. The first one asks the work that is going on to stop, where it has
 * something to save; a second one, or the first where there is nothing to save, ends the process at
 * once.
 *
 * <p>The process is halted, not exited: an orderly exit runs libtorch's destructors under a step
 * that may still be running, and dies of SIGSEGV. Any thread.
 */
final class Interrupts {
  /** The exit code of an interrupted command. */
  static final int EXIT_CODE = 130;

  private static final List<String> SIGNALS = List.of("INT", "TERM", "HUP");

  private final Runnable halt;
  private final PrintStream err;
  private final AtomicReference<@Nullable Runnable> stop = new AtomicReference<>();

  private Interrupts(PrintStream err, Runnable halt) {
    this.err = err;
    this.halt = halt;
  }

  /** For this process; {@link #listen} registers it. */
  static Interrupts ofProcess(PrintStream err) {
    return new Interrupts(err, () -> Runtime.getRuntime().halt(EXIT_CODE));
  }

  /** That hears no signal; tests send one by {@link #signal}. */
  static Interrupts of(PrintStream err, Runnable halt) {
    return new Interrupts(err, halt);
  }

  /** Leaves Ctrl-C to the process that started this one, which asks it to stop in another way. */
  void leaveCtrlC() {
    Signals.register("INT", () -> {});
  }

  /** Hears the signals of this process from now on. A signal that is ignored (nohup) stays so. */
  void listen() {
    for (String name : SIGNALS) {
      Signals.register(name, this::signal);
    }
  }

  /**
   * Runs work that can stop by itself when it is asked to.
   *
   * @param work what may be interrupted
   * @param stop asks it to come to an end; called at most once, on another thread
   */
  void during(Runnable work, Runnable stop) {
    this.stop.set(stop);
    try {
      work.run();
    } finally {
      this.stop.set(null);
    }
  }

  /** What a signal does. */
  void signal() {
    Runnable asked = stop.getAndSet(null);
    if (asked == null) {
      halt.run();
      return;
    }
    err.println("linnet: interrupted; finishing the step and saving (again: stop at once)");
    asked.run();
  }
}
