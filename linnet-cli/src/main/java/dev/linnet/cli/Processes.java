package dev.linnet.cli;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.linnet.base.LinnetException;
import dev.linnet.recipe.Experiment;
import dev.linnet.tensor.LostProcessException;
import dev.linnet.tensor.ProcessGroup;
import dev.linnet.tensor.Rendezvous;
import dev.linnet.train.RunFolder;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.lang.management.ManagementFactory;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * The processes of a training: those that this one starts with {@code --processes}, or those that a
 * launcher started, of which the environment tells.
 *
 * <p>The first one tells how it goes, and in one line why it ends where another one is gone. Those
 * that it started keep quiet, and end with it: their input is a pipe from it.
 */
final class Processes implements AutoCloseable {
  /** The option. */
  static final String OPTION = "--processes";

  /** Set in the processes that another one started. */
  private static final String STARTED = "LINNET_STARTED";

  private static final int MOST = 1024;

  /** Seconds in which the end of a process explains why others lost it. */
  private static final int EXPLAINED = 3;

  /** Seconds that the others have to end after the work is done. */
  private static final int END = 60;

  private final Session session;
  private final int size;
  private final int local;
  private final Optional<Rendezvous> launched;
  private final boolean started;
  private final List<Child> children = new ArrayList<>();
  private final AtomicBoolean ending = new AtomicBoolean();
  private final AtomicReference<@Nullable Path> run = new AtomicReference<>();
  private @Nullable ProcessGroup group;

  private Processes(Session session, int size, int local, Optional<Rendezvous> launched) {
    this.session = session;
    this.size = size;
    this.local = local;
    this.launched = launched;
    this.started = session.shell().environment().containsKey(STARTED);
  }

  /**
   * Those that are asked for.
   *
   * @param asked by the option
   */
  static Processes of(Session session, @Nullable Integer asked) {
    Map<String, String> environment = session.shell().environment();
    Optional<Rendezvous> launched = Rendezvous.of(environment);
    if (asked != null && (asked < 1 || asked > MOST)) {
      throw new AskedWrongly("%s: got %d; must be in [1, %d]".formatted(OPTION, asked, MOST));
    }
    if (asked != null && launched.isPresent()) {
      throw new AskedWrongly(
          "%s and WORLD_SIZE: a launcher started %d processes already; give one of the two"
              .formatted(OPTION, launched.get().size()));
    }
    int size = launched.map(Rendezvous::size).orElse(asked == null ? 1 : asked);
    int local = launched.isPresent() ? localSize(environment) : size;
    Processes made = new Processes(session, size, local, launched);
    if (made.started) {
      session.shell().interrupts().leaveCtrlC();
      made.endWithInput();
    }
    return made;
  }

  private static int localSize(Map<String, String> environment) {
    String text = environment.getOrDefault("LOCAL_WORLD_SIZE", "1");
    return text.matches("[1-9]\\d{0,3}") ? Integer.parseInt(text) : 1;
  }

  /** Whoever started this process is gone when its pipe ends. */
  private void endWithInput() {
    daemon(
        "end of input",
        () -> {
          try {
            session.shell().in().transferTo(OutputStream.nullOutputStream());
          } catch (IOException e) {
            // as good as an end
          }
          Runtime.getRuntime().halt(Failures.FAILED);
        });
  }

  private static void daemon(String name, Runnable work) {
    Thread thread = new Thread(work, name);
    thread.setDaemon(true);
    thread.start();
  }

  boolean areSeveral() {
    return size > 1;
  }

  /** How many there are. */
  int size() {
    return size;
  }

  /** Whether this is the one that writes and speaks for all. */
  boolean isFirst() {
    return launched.map(place -> place.rank() == 0).orElse(true);
  }

  /** The CUDA device of this process where any will do; else as asked. */
  String device(String asked) {
    return launched
        .filter(place -> asked.equals("cuda"))
        .map(place -> "cuda:" + place.localRank())
        .orElse(asked);
  }

  /** What a process takes of the cores that it shares with others on its machine. */
  int cores() {
    return Math.max(1, Runtime.getRuntime().availableProcessors() / local);
  }

  /** Starts the others where that is this one's to do, and waits for all to come. */
  ProcessGroup join(Experiment experiment) {
    if (size == 1) {
      return ProcessGroup.single();
    }
    Rendezvous place = launched.orElseGet(this::start);
    ProcessGroup joined =
        place.join(
            experiment.device(), experiment.identity(), lost -> endNow(lost, Failures.FAILED));
    group = joined;
    return joined;
  }

  /** Tells the messages where the run is. */
  void runsIn(RunFolder folder) {
    run.set(folder.path());
  }

  // ------------------------------------------------------------------ the others

  private Rendezvous start() {
    Rendezvous place = Rendezvous.local(0, size, freePort());
    for (int rank = 1; rank < size; rank++) {
      children.add(new Child(rank, place));
    }
    return place;
  }

  private static int freePort() {
    try (ServerSocket socket = new ServerSocket(0)) {
      return socket.getLocalPort();
    } catch (IOException e) {
      throw new LinnetException("no port is free for the processes: " + e.getMessage(), e);
    }
  }

  /** What starts this program again, with the same options of the JVM. */
  static List<String> command() {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(ManagementFactory.getRuntimeMXBean().getInputArguments());
    command.addAll(List.of("-cp", System.getProperty("java.class.path"), Main.class.getName()));
    return command;
  }

  /** The command line of this process but for the number of processes. */
  static List<String> without(List<String> arguments) {
    List<String> rest = new ArrayList<>();
    for (int i = 0; i < arguments.size(); i++) {
      if (arguments.get(i).equals(OPTION)) {
        i++;
      } else if (!arguments.get(i).startsWith(OPTION + "=")) {
        rest.add(arguments.get(i));
      }
    }
    return rest;
  }

  /** A process that this one started. */
  private final class Child {
    private final int rank;
    private final Process process;
    private final CompletableFuture<Void> said = new CompletableFuture<>();
    private volatile String lastLine = "";

    Child(int rank, Rendezvous place) {
      this.rank = rank;
      List<String> command = command();
      command.addAll(without(session.command().subList(1, session.command().size())));
      ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
      Map<String, String> environment = builder.environment();
      environment.keySet().removeIf(name -> name.startsWith("TORCHELASTIC_"));
      environment.put("RANK", String.valueOf(rank));
      environment.put("LOCAL_RANK", String.valueOf(rank));
      environment.put("WORLD_SIZE", String.valueOf(size));
      environment.put("LOCAL_WORLD_SIZE", String.valueOf(size));
      environment.put("MASTER_ADDR", place.address());
      environment.put("MASTER_PORT", String.valueOf(place.port()));
      environment.put(STARTED, "1");
      environment.putIfAbsent("TORCH_CPP_LOG_LEVEL", "ERROR");
      try {
        process = builder.start();
      } catch (IOException e) {
        throw new LinnetException(
            "a process cannot be started (%s); try fewer %s".formatted(e.getMessage(), OPTION), e);
      }
      daemon("output of process " + rank, this::passOn);
      daemon("end of process " + rank, this::endIfItFails);
    }

    private void passOn() {
      try (BufferedReader lines =
          new BufferedReader(new InputStreamReader(process.getInputStream(), UTF_8))) {
        for (String line = lines.readLine(); line != null; line = lines.readLine()) {
          if (!line.isBlank()) {
            lastLine = line.startsWith("warning:") ? lastLine : line; // which ends nothing
            session.output().passOn("[%d] %s".formatted(rank, line));
          }
        }
      } catch (IOException e) {
        // it ended
      } finally {
        said.complete(null);
      }
    }

    /** Ends this process if nothing else does that soon, such as its waiting for the other. */
    private void endIfItFails() {
      try {
        process.waitFor();
      } catch (InterruptedException e) {
        return;
      }
      if (process.exitValue() == Failures.DONE || process.exitValue() == Interrupts.EXIT_CODE) {
        return;
      }
      try {
        said.get(1, TimeUnit.SECONDS);
        TimeUnit.SECONDS.sleep(EXPLAINED);
      } catch (InterruptedException | ExecutionException | TimeoutException e) {
        // what is known is said
      }
      endNow(why(), Failures.FAILED);
    }

    String why() {
      int code = process.exitValue();
      String last = lastLine.replaceFirst("^linnet: ", "");
      return "process %d of %d %s%s"
          .formatted(
              rank,
              size,
              code > 128 ? "was ended by signal " + (code - 128) : "failed",
              last.isEmpty() ? "" : "; its last line: " + last);
    }
  }

  /** Says why, and ends this process under whatever it waits for. */
  private void endNow(String why, int code) {
    if (ending.getAndSet(true)) {
      return;
    }
    if (!started) {
      session.output().error(withState(why));
    }
    children.forEach(
        child -> child.process.destroyForcibly()); // one that hangs does not end itself
    Runtime.getRuntime().halt(code);
  }

  /** Why another process is gone, as far as it can be known here, and how to go on. */
  RuntimeException explained(LostProcessException lost) {
    ending.set(true);
    if (started) {
      Runtime.getRuntime().halt(Failures.FAILED); // whoever started it says why
    }
    String why = lost.getMessage();
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(EXPLAINED);
    while (!children.isEmpty() && System.nanoTime() < end) {
      Optional<Child> gone =
          children.stream()
              .filter(child -> !child.process.isAlive())
              .filter(child -> child.process.exitValue() != Failures.DONE)
              .findFirst();
      if (gone.isPresent()) {
        why = gone.get().why();
        break;
      }
      pause();
    }
    return new LinnetException(withState(String.valueOf(why)), lost);
  }

  private static void pause() {
    try {
      TimeUnit.MILLISECONDS.sleep(20);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private String withState(String why) {
    Path place = run.get();
    if (place == null) {
      return why;
    }
    return new RunFolder(place).hasCheckpoint()
        ? why + "; the last saved state is kept; go on with: linnet train --resume " + place
        : why + "; nothing was saved yet";
  }

  /** Tells the others why this process ends. */
  void fail(String why) {
    ending.set(true);
    if (group != null) {
      group.fail(why.lines().findFirst().orElse(""));
    }
  }

  /** Leaves the others when the work is done, and waits for those that this one started. */
  void leave() {
    ending.set(true);
    if (group != null) {
      group.close();
    }
    for (Child child : children) {
      try {
        child.process.waitFor(END, TimeUnit.SECONDS);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }
  }

  /** Ends what this one started. */
  @Override
  public void close() {
    ending.set(true);
    children.forEach(child -> child.process.destroyForcibly());
  }
}
