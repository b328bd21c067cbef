package dev.linnet.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What only a process of its own shows: signals, pipes, and what is loaded. */
@Tag("slow")
@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
final class ProcessTest {
  private static final String SECOND_EPOCH = "epoch    2/2000";

  @TempDir private Path folder;

  @Test
  void help_loads_neither_libtorch_nor_opencv() throws Exception {
    Path log = folder.resolve("classes.txt");
    for (List<String> arguments :
        List.of(
            List.of("--help"),
            List.of("--version"),
            List.of("train", "--help"),
            List.of("trian"))) {
      Process process =
          start(List.of("-Xlog:class+load:file=" + log), arguments, folder.resolve("out.txt"));
      assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
      assertThat(Files.readString(log))
          .contains("dev.linnet.cli.Main")
          .doesNotContain("org.bytedeco");
    }
  }

  @Test
  void a_signal_saves_the_run_which_goes_on_and_no_process_crashes() throws Exception {
    Path run = folder.resolve("run");
    Process process =
        start(
            List.of(),
            List.of("train", "--limit=200", "--epochs=2000", "--out", run.toString()),
            folder.resolve("out.txt"));
    stopsAndSaves(process, run);
    try (Stream<Path> left = Files.list(folder)) {
      assertThat(left.map(p -> p.getFileName().toString())).containsOnly("run", "out.txt");
    }
  }

  @Test
  void two_processes_train_and_one_answers() throws Exception {
    Path run = folder.resolve("run");
    Path out = folder.resolve("out.txt");
    Process process =
        start(
            List.of(),
            List.of("train", "--limit=60", "--epochs=1", "--processes=2", "--out", run.toString()),
            out);
    List<String> said = said(process, line -> {});
    assertThat(process.exitValue()).as("%s", said).isZero();
    assertThat(said).filteredOn(line -> line.startsWith("epoch 1/1")).hasSize(1);
    assertThat(Files.readAllLines(out))
        .as("native code says nothing there")
        .hasSize(2)
        .last()
        .isEqualTo("run: " + run);
    assertThat(Files.readString(run.resolve("environment.json"))).contains("\"processes\" : 2");
  }

  @Test
  void a_process_that_dies_ends_the_others_with_one_line() throws Exception {
    Path run = folder.resolve("run");
    Process process = startTwo(run, "--set=checkpoint.every_seconds=1");
    AtomicLong killed = new AtomicLong();
    List<String> said =
        said(
            process,
            line -> {
              if (line.startsWith(SECOND_EPOCH)) {
                killed.set(System.nanoTime());
                process.children().forEach(ProcessHandle::destroyForcibly);
              }
            });
    assertThat(System.nanoTime() - killed.get()).isLessThan(TimeUnit.SECONDS.toNanos(30));
    assertThat(process.exitValue()).isEqualTo(1);
    assertThat(said.stream().filter(line -> line.startsWith("linnet: ")))
        .containsExactly(
            "linnet: process 1 of 2 was ended by signal 9; the last saved state is kept; go on"
                + " with: linnet train --resume "
                + run);
  }

  @Test
  void ctrl_c_stops_all_processes_and_saves() throws Exception {
    Path run = folder.resolve("run");
    Process process = startTwo(run);
    stopsAndSaves(process, run);
  }

  /** As Ctrl-Z and fg do; 20 seconds without a sign of life are many. */
  @Test
  void processes_that_are_stopped_for_long_go_on_when_they_are_continued() throws Exception {
    Path run = folder.resolve("run");
    Process process = startTwo(run);
    AtomicBoolean stopped = new AtomicBoolean();
    AtomicBoolean ended = new AtomicBoolean(); // a second signal would end it at once
    List<String> said =
        said(
            process,
            line -> {
              if (line.startsWith(SECOND_EPOCH) && !stopped.getAndSet(true)) {
                pause(process);
              } else if (line.startsWith("epoch ") && stopped.get() && !ended.getAndSet(true)) {
                process.toHandle().destroy();
              }
            });
    assertThat(process.exitValue()).isEqualTo(130);
    assertThat(said).last().asString().startsWith("linnet: interrupted after update ");
  }

  /** Stops all processes for 22 seconds; the first one goes on before the others. */
  private static void pause(Process process) {
    List<ProcessHandle> all = new ArrayList<>();
    all.add(process.toHandle());
    process.children().forEach(all::add);
    try {
      for (ProcessHandle one : all) {
        signal("-STOP", one);
      }
      TimeUnit.SECONDS.sleep(22);
      for (ProcessHandle one : all) {
        signal("-CONT", one);
        TimeUnit.SECONDS.sleep(3);
      }
    } catch (IOException | InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  private static void signal(String name, ProcessHandle process)
      throws IOException, InterruptedException {
    new ProcessBuilder("kill", name, String.valueOf(process.pid())).start().waitFor();
  }

  @Test
  void a_reader_that_closes_the_pipe_ends_the_command_quietly() throws Exception {
    Process process = start(List.of(), List.of("completion", "bash"), null);
    process.getInputStream().close();
    assertThat(said(process, line -> {})).isEmpty();
    assertThat(process.exitValue()).isZero();
  }

  @Test
  void a_disk_that_fills_up_during_a_run_costs_one_line_and_no_file_that_was_whole()
      throws Exception {
    Path run = folder.resolve("run");
    List<String> arguments = List.of("train", "--limit=20", "--epochs=1", "--out", run.toString());
    Process process =
        start(
            // The system refuses every file of more than 600 KiB: the model fits, its checkpoint,
            // which holds the model, its average and the optimizer's state, does not.
            List.of("sh", "-c", "ulimit -f 1200 && exec \"$@\"", "sh"),
            List.of(),
            arguments,
            folder.resolve("out.txt"));
    List<String> said = said(process, line -> {});
    assertThat(process.exitValue()).isEqualTo(1);
    assertThat(said)
        .last()
        .asString()
        .startsWith("linnet: " + run.resolve("checkpoint/last.safetensors") + ": cannot be written")
        .endsWith("free space or choose another place");
    try (Stream<Path> left = Files.walk(run)) {
      assertThat(left.map(p -> p.getFileName().toString()))
          .contains("recipe.yaml", "model.safetensors")
          .doesNotContain("last.safetensors")
          .noneMatch(name -> name.endsWith(".tmp"));
    }
  }

  /** Sends SIGTERM in the second of 2,000 epochs. */
  private static void stopsAndSaves(Process process, Path run) throws Exception {
    List<String> said =
        said(
            process,
            line -> {
              if (line.startsWith(SECOND_EPOCH)) {
                process.toHandle().destroy();
              }
            });
    assertThat(process.exitValue()).isEqualTo(130);
    assertThat(said)
        .last()
        .asString()
        .startsWith("linnet: interrupted after update ")
        .endsWith("; the state is saved; go on with: linnet train --resume " + run);
  }

  /**
   * What a process says on its standard error until it ends.
   *
   * @param heard gets each line at once
   */
  private static List<String> said(Process process, Consumer<String> heard) throws Exception {
    List<String> said = new ArrayList<>();
    try (BufferedReader err =
        new BufferedReader(new InputStreamReader(process.getErrorStream(), UTF_8))) {
      for (String line = err.readLine(); line != null; line = err.readLine()) {
        said.add(line);
        heard.accept(line);
      }
    }
    assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
    return said;
  }

  /** A training of 2,000 epochs in two processes. */
  private Process startTwo(Path run, String... more) throws IOException {
    List<String> arguments = new ArrayList<>();
    arguments.addAll(List.of("train", "--limit=200", "--epochs=2000", "--processes=2"));
    arguments.addAll(List.of(more));
    arguments.addAll(List.of("--out", run.toString()));
    return start(List.of(), arguments, folder.resolve("out.txt"));
  }

  private Process start(List<String> options, List<String> arguments, @Nullable Path out)
      throws IOException {
    return start(List.of(), options, arguments, out);
  }

  /**
   * Starts the program in a JVM of its own.
   *
   * @param before what stands before the command of the JVM
   * @param options the JVM's
   * @param arguments the program's
   * @param out where standard output goes; null: to the process
   */
  private Process start(
      List<String> before, List<String> options, List<String> arguments, @Nullable Path out)
      throws IOException {
    List<String> command = new ArrayList<>(before);
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(
        List.of(
            "-Xmx1g",
            "-XX:+UseSerialGC",
            "-Dorg.bytedeco.javacpp.nopointergc=true",
            "-cp",
            System.getProperty("java.class.path")));
    command.addAll(options);
    command.add("dev.linnet.cli.Main");
    command.addAll(arguments);
    ProcessBuilder builder = new ProcessBuilder(command).directory(folder.toFile());
    if (out != null) {
      builder.redirectOutput(new File(out.toString()));
    }
    return builder.start();
  }
}
