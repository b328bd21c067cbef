package dev.linnet.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
final class AblateVerbTest {
  private static final String STUDY =
      """
      title: Tiny
      source: none
      set: {data: digits, limit: 6, model: lenet5, batch: 16, val: none, threads: 1, workers: 1}
      seeds: [0, 1]
      rows:
        - {name: plain}
        - {name: smoothing, set: {tricks: {label_smoothing: 0.1}}}
      """;

  @TempDir private Path folder;

  private String study() throws IOException {
    return Files.writeString(folder.resolve("my.yaml"), STUDY, UTF_8).toString();
  }

  @Test
  void list_names_the_studies_with_their_commands() {
    assertThat(Run.of("ablate", "list").answered())
        .contains("bag-of-tricks  The refinements of Bag of Tricks")
        .contains("    command   ./linnet ablate --study mixing ");
    assertThat(Run.of("ablate", "list", "--json").json().get("studies").get(1).get("name"))
        .hasToString("\"mixing\"");
  }

  @Test
  void show_prints_a_file_that_can_be_used() {
    assertThat(Run.of("ablate", "show", "mixing").answered())
        .startsWith("# What mixing and cutting pictures is worth")
        .contains("\nrows:\n");
  }

  @Test
  void a_dry_run_says_what_would_be_done_and_does_nothing() throws IOException {
    Run run = Run.in(folder, "ablate", "--study", study(), "--epochs", "3", "--dry-run");
    assertThat(run.answered().lines().map(line -> line.replaceAll(" +", " ")))
        .hasSize(4)
        .startsWith("row runs open a run beside plain")
        .anyMatch(
            line -> line.matches("smoothing 2 2 [\\d.]+ s tricks.label_smoothing.epsilon=0.1 .*"))
        .anyMatch(line -> line.matches("about .* s for the runs that are open, .*"));
    assertThat(folder.resolve("runs")).doesNotExist();
    JsonNode json =
        Run.in(folder, "ablate", "--study", study(), "--seeds=7", "--dry-run", "--json").json();
    assertThat(json.get("seeds")).hasToString("[7]");
    assertThat(json.get("rows").get(0).get("runs").asInt()).isEqualTo(1);
  }

  @Test
  void a_study_answers_with_its_table() throws IOException {
    Run run = Run.in(folder, "ablate", "--study", study(), "--epochs", "1", "--seeds", "0");
    Path out = folder.resolve("runs/ablate-my");
    assertThat(run.answered())
        .contains("Nothing was tested: a test needs two seeds")
        .endsWith("study: " + out + "\n");
    assertThat(run.err().lines())
        .startsWith("study: " + out, "run 1 of 2: plain, seed 0")
        .anyMatch(line -> line.matches("  smoothing, seed 0: top-1 [\\d.]+ %"));
    assertThat(out.resolve("index.html")).exists();
    JsonNode again =
        Run.in(folder, "ablate", "--study", study(), "--epochs=1", "--seeds=0", "--json").json();
    assertThat(again.get("done").asInt()).isEqualTo(2);
    assertThat(again.get("rows").get(1).get("row")).hasToString("\"smoothing\"");
    assertThat(again.get("rows").get(1).get("top1_mean").isNumber()).isTrue();
    Run.in(folder, "ablate", "--study", study(), "--epochs", "2", "--seeds", "0")
        .failedWith(
            1,
            "linnet: --out: "
                + out
                + " holds another study: its row \"plain\" has epochs: 1, here 2; choose another"
                + " folder, or delete that one to start over");
  }

  @Test
  void what_is_asked_wrongly_is_said_in_one_line() throws IOException {
    Run.of("ablate")
        .failed(
            2,
            "linnet: \"linnet ablate\" needs --study, or a verb: list, show; see \"linnet ablate"
                + " --help\"");
    Run.of("ablate", "--study", "optimisers")
        .failed(
            2,
            "linnet: --study: got \"optimisers\"; must be a file or the name of a study; did you"
                + " mean \"optimizers\"?");
    Run.of("ablate", "--study", study(), "--seed", "3")
        .failed(2, "linnet: --seed: a study has several; give --seeds, such as --seeds 0,1,2");
    Run.of("ablate", "--study", study(), "--seeds", "0,0")
        .failed(
            2,
            "linnet: seeds: got [0, 0] (--seeds); must be different whole numbers, at least 0,"
                + " such as [0, 1, 2]");
    Run.of("ablate", "--study", study(), "--processes", "0")
        .failed(2, "linnet: --processes: got 0; must be in [1, 1024]");
    Run.of("ablate", "--study", study(), "--epochs", "0")
        .failed(2, "linnet: epochs: got 0 (--epochs); must be in [1, 1000000], or auto");
  }

  @Tag("slow")
  @Test
  void killed_with_its_processes_and_started_again_it_gives_the_same_figures() throws Exception {
    String study = study();
    Path whole = folder.resolve("whole");
    Run.of("ablate", "--study", study, "--epochs", "60", "--out", whole.toString()).answered();

    Path parts = folder.resolve("parts");
    List<String> arguments =
        List.of(
            "ablate", "--study", study, "--epochs=60", "--processes=2", "--out", parts.toString());
    Process killed = start(arguments);
    awaitCheckpoint(parts);
    killed.destroyForcibly().waitFor();

    Process stopped = start(arguments);
    Thread.sleep(3000);
    stopped.toHandle().destroy(); // SIGTERM: runs are saved, or all of them were done
    assertThat(stopped.waitFor(120, TimeUnit.SECONDS)).isTrue();
    assertThat(stopped.exitValue()).isIn(130, 0);

    Process last = start(arguments);
    assertThat(last.waitFor(240, TimeUnit.SECONDS)).isTrue();
    assertThat(last.exitValue()).as(Files.readString(folder.resolve("log.txt"))).isZero();
    assertThat(figures(parts)).hasSize(5).isEqualTo(figures(whole));
    for (String run : List.of("plain-seed0", "smoothing-seed1")) {
      assertThat(parts.resolve("runs").resolve(run).resolve("model.safetensors"))
          .hasSameBinaryContentAs(whole.resolve("runs").resolve(run).resolve("model.safetensors"));
    }
  }

  private static void awaitCheckpoint(Path study) throws Exception {
    for (int i = 0; i < 1200; i++) {
      if (Files.exists(study)) {
        try (Stream<Path> files = Files.walk(study)) {
          if (files.anyMatch(file -> file.endsWith("last.safetensors"))) {
            return;
          }
        }
      }
      Thread.sleep(100);
    }
    throw new IllegalStateException("no run was begun in two minutes");
  }

  /** The columns of runs.csv before the first one of times. */
  private static List<String> figures(Path study) throws IOException {
    return Files.readAllLines(study.resolve("runs.csv")).stream()
        .map(line -> String.join(",", List.of(line.split(",", -1)).subList(0, 9)))
        .toList();
  }

  private Process start(List<String> arguments) throws IOException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of("-Xmx512m", "-XX:+UseSerialGC"));
    command.addAll(List.of("-cp", System.getProperty("java.class.path")));
    command.add("dev.linnet.cli.Main");
    command.addAll(arguments);
    File log = folder.resolve("log.txt").toFile();
    return new ProcessBuilder(command)
        .directory(folder.toFile())
        .redirectErrorStream(true)
        .redirectOutput(ProcessBuilder.Redirect.appendTo(log))
        .start();
  }
}
