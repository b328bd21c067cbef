package dev.linnet.search;

import dev.linnet.base.LinnetException;
import dev.linnet.train.RunFolder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/**
 * A process that trains one run. It is asked to stop by the end of its standard input, which comes
 * also where this process dies, so that no run goes on unseen. What it says is in the run's {@code
 * log.txt}.
 */
final class RunProcess {
  private final Process process;
  private final Path log;

  private RunProcess(Process process, Path log) {
    this.process = process;
    this.log = log;
  }

  /**
   * Starts it.
   *
   * @throws LinnetException if the system cannot
   */
  static RunProcess start(List<String> launcher, RunFolder run) {
    List<String> command = new ArrayList<>(launcher);
    command.add(run.path().toString());
    Path log = run.path().resolve("log.txt");
    ProcessBuilder builder =
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()));
    try {
      return new RunProcess(builder.start(), log);
    } catch (IOException e) {
      throw new LinnetException(
          "a process cannot be started (" + e.getMessage() + "); try --processes 1", e);
    }
  }

  /** Is done when the process has ended. */
  CompletableFuture<Process> ended() {
    return process.onExit();
  }

  /** Asks it to finish the running update, save and end. From any thread. */
  void requestStop() {
    try {
      process.getOutputStream().close();
    } catch (IOException e) {
      process.destroy(); // it no longer reads, so that nothing else reaches it
    }
  }

  /** The last thing that it said. */
  String lastLine() {
    try {
      List<String> lines = Files.readAllLines(log).stream().filter(l -> !l.isBlank()).toList();
      String last = lines.isEmpty() ? "said nothing" : lines.get(lines.size() - 1);
      return last.replaceFirst("^linnet: ", "") + " (exit code " + process.exitValue() + ")";
    } catch (IOException e) {
      return "exit code " + process.exitValue();
    }
  }
}
