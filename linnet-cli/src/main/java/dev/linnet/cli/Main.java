package dev.linnet.cli;

import java.util.Arrays;
import java.util.List;

/** The entry point of the command line. */
public final class Main {
  private Main() {}

  /** Runs one command and exits: 0 done, 1 failed, 2 asked wrongly, 130 interrupted. */
  public static void main(String[] arguments) {
    Shell shell = Shell.ofProcess(isOneOfSeveral(arguments));
    shell.interrupts().listen();
    int code = run(List.of(arguments), shell);
    if (code == Interrupts.EXIT_CODE) {
      Runtime.getRuntime().halt(code);
    }
    System.exit(code);
  }

  /** Whether native code will speak on the standard output, as that of process groups does. */
  private static boolean isOneOfSeveral(String[] arguments) {
    return System.getenv("WORLD_SIZE") != null
        || Arrays.stream(arguments).anyMatch(a -> a.startsWith(Processes.OPTION));
  }

  /** Runs one command; returns its exit code. */
  static int run(List<String> arguments, Shell shell) {
    Session session = Session.of(shell, arguments);
    int code;
    try {
      code = Linnet.commandLine(session).execute(arguments.toArray(String[]::new));
      session.output().eraseProgress();
      shell.out().flush();
    } catch (Exception | Error problem) {
      code = new Failures(session.output()).report(problem);
    }
    shell.err().flush();
    return code;
  }
}
