package dev.linnet.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDate;
import java.time.ZoneId;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
final class TrainVerbTest {
  private static final List<String> METRICS =
      List.of("top1", "top5", "loss", "images", "seconds", "images_per_s");

  @TempDir private Path folder;

  @Test
  void a_run_ends_with_its_figures_and_its_place() {
    Path run = folder.resolve("run");
    Run trained = train("--out", run.toString());
    assertThat(trained.answered())
        .matches(
            "top-1 \\d+\\.\\d\\d %  top-5 \\d+\\.\\d\\d %  loss \\d\\.\\d{4}  on \\d+ pictures\n"
                + "run: "
                + run
                + "\n");
    assertThat(trained.err())
        .contains("data: digits (IDX), ")
        .contains("model: lenet5, input 1×28×28, 0.06 M parameters, 0.42 M MACs a picture\n")
        .contains("training: 1 epochs, ")
        .contains("chosen: model lenet5: ")
        .containsPattern("epoch 1/1  loss \\d\\.\\d{4}  top-1 +\\d+\\.\\d\\d %  validation loss ");
    assertThat(run)
        .isDirectoryContaining("glob:**/recipe.yaml")
        .isDirectoryContaining("glob:**/model.safetensors")
        .isDirectoryContaining("glob:**/summary.json");
  }

  @Test
  void the_json_answer_is_the_summary_and_the_runs_folder() throws IOException {
    Path run = folder.resolve("run");
    JsonNode json = train("--json", "--quiet", "--out", run.toString()).json();
    assertThat(json.get("run").asText()).isEqualTo(run.toString());
    assertThat(json.get("final").fieldNames()).toIterable().containsAll(METRICS);
    assertThat(json.get("best").fieldNames()).toIterable().containsAll(METRICS).contains("epoch");
    assertThat(json.get("test").fieldNames()).toIterable().containsExactlyElementsOf(METRICS);
    JsonNode summary = JsonMapper.builder().build().readTree(run.resolve("summary.json").toFile());
    assertThat(json.get("test")).isEqualTo(summary.get("test"));
  }

  @Test
  void quiet_leaves_warnings_alone_on_the_standard_error() {
    Run run = train("--quiet", "--out", folder.resolve("run").toString());
    assertThat(run.err().lines()).allMatch(line -> line.startsWith("warning: "));
  }

  @Test
  void a_default_name_that_exists_gets_a_number() {
    String name = LocalDate.now(ZoneId.systemDefault()) + "-lenet5-digits";
    Path first = folder.resolve("runs").resolve(name);
    assertThat(train("--quiet").answered()).endsWith("run: " + first + "\n");
    assertThat(train("--quiet").answered()).endsWith("run: " + first + "-2\n");
  }

  @Test
  void an_explicit_name_that_exists_is_refused_before_any_work() throws IOException {
    Path run = folder.resolve("run");
    Files.createDirectories(run);
    Files.writeString(run.resolve("notes.txt"), "mine");
    train("--out", run.toString())
        .failed(
            1,
            "linnet: --out: %s exists already; choose another name, or go on with --resume %s"
                .formatted(run, run));
  }

  @Test
  void a_dry_run_answers_with_a_recipe_that_can_be_used_and_does_nothing() throws IOException {
    Run plan = train("--dry-run", "--epochs", "3", "--batch", "32");
    Path file = folder.resolve("plan.yaml");
    Files.writeString(file, plan.answered());
    assertThat(plan.out())
        .contains("# data: digits (IDX), ")
        .containsPattern("# training: 3 epochs, \\d+ updates of 32 pictures, ")
        .containsPattern("# memory: about \\d+\\.\\d GB\n")
        .contains("\nepochs: 3 ");
    assertThat(Run.of("recipe", "show", file.toString()).answered()).contains("\nepochs: 3 ");
    try (Stream<Path> left = Files.list(folder)) {
      assertThat(left).containsExactly(file);
    }
  }

  @Test
  void learning_rates_are_suggested_and_nothing_is_left() throws IOException {
    Run found = train("--find-lr", "--seed", "1");
    assertThat(found.answered().lines())
        .hasSize(2)
        .allMatch(
            line ->
                line.matches(
                    "schedule.lr=\\S+  (where the loss falls fastest|a tenth of where it is lowest)"
                        + " \\(\\S+ of an update\\)"));
    assertThat(found.err())
        .contains("trying 100 learning rates from 1e-07 to 10\nLoss against learning rate\n");
    try (Stream<Path> left = Files.list(folder)) {
      assertThat(left).isEmpty();
    }
  }

  @Test
  void the_curve_of_learning_rates_is_saved_where_it_is_asked_for() throws IOException {
    Path out = folder.resolve("found");
    JsonNode json = train("--find-lr", "--json", "--out", out.toString()).json();
    assertThat(json.fieldNames()).toIterable().containsExactly("schedule.lr", "updates", "folder");
    assertThat(json.get("schedule.lr").fieldNames())
        .toIterable()
        .containsExactly("steepest", "min/10");
    try (Stream<Path> left = Files.list(out)) {
      assertThat(left.map(file -> file.getFileName().toString()))
          .containsExactlyInAnyOrder("lr.csv", "lr.svg");
    }
    assertThat(Files.readAllLines(out.resolve("lr.csv")))
        .hasSize(json.get("updates").asInt() + 1)
        .startsWith("update,lr,loss,smoothed");
  }

  @Test
  void to_find_a_learning_rate_is_no_run() {
    train("--find-lr", "--dry-run")
        .failed(2, "linnet: --find-lr and --dry-run: give one of the two");
    train("--find-lr", "--resume", "x")
        .failed(2, "linnet: --find-lr and --resume: give one of the two");
  }

  @Test
  void a_dry_run_tells_pictures_classes_updates_time_and_memory() {
    JsonNode json = train("--dry-run", "--json").json();
    assertThat(json.fieldNames())
        .toIterable()
        .containsExactly(
            "data",
            "pictures",
            "classes",
            "model",
            "parameters",
            "macs",
            "epochs",
            "batch",
            "updates",
            "dtype",
            "device",
            "threads",
            "seconds",
            "memory_bytes");
    assertThat(json.get("pictures").fieldNames())
        .toIterable()
        .containsExactly("train", "val", "test");
    assertThat(json.get("classes")).hasSize(10);
  }

  @Test
  void a_run_goes_on_with_more_epochs() {
    Path run = folder.resolve("run");
    train("--quiet", "--out", run.toString()).answered();
    Run more = Run.in(folder, "train", "--resume", run.toString(), "--epochs", "2");
    assertThat(more.answered()).endsWith("run: " + run + "\n");
    assertThat(more.err()).contains("going on after update ").contains("epoch 2/2  ");
    assertThat(more.err()).doesNotContain("epoch 1/2  ");
  }

  @Test
  void a_run_of_several_processes_goes_on_in_one_that_has_all_cores() throws IOException {
    Path run = folder.resolve("run");
    train("--quiet", "--threads", "1", "--workers", "1", "--out", run.toString()).answered();
    String[] again = {"train", "--dry-run", "--json", "--resume", run.toString()};
    assertThat(Run.in(folder, again).json().get("threads").asInt())
        .as("other counts give other bits")
        .isEqualTo(1);
    Path environment = run.resolve("environment.json");
    String facts = Files.readString(environment);
    assertThat(facts).contains("\"processes\" : 1");
    Files.writeString(environment, facts.replace("\"processes\" : 1", "\"processes\" : 2"));
    assertThat(Run.in(folder, again).json().get("threads").asInt())
        .isEqualTo(Runtime.getRuntime().availableProcessors());
    Files.writeString(environment, "no JSON");
    assertThat(Run.in(folder, again).json().get("threads").asInt()).isEqualTo(1);
  }

  @Test
  void one_of_several_processes_speaks_and_a_recipe_says_how_many_threads_each_has()
      throws IOException {
    Path recipe = Files.writeString(folder.resolve("my.yaml"), "threads: 3\n");
    String[] arguments = {"train", "--dry-run", "--json", "--recipe", recipe.toString()};
    Run first = Run.with(launched(0), "", arguments);
    assertThat(first.json().get("threads").asInt()).isEqualTo(3);
    Run second = Run.with(launched(1), "", arguments);
    assertThat(second.answered()).isEmpty();
    assertThat(second.err()).isEmpty();
  }

  private static Map<String, String> launched(int rank) {
    return Map.of(
        "WORLD_SIZE",
        "2",
        "RANK",
        String.valueOf(rank),
        "MASTER_ADDR",
        "127.0.0.1",
        "MASTER_PORT",
        "29500");
  }

  @Test
  void going_on_with_another_network_is_refused_and_nothing_is_lost() throws IOException {
    Path run = folder.resolve("run");
    train("--quiet", "--out", run.toString()).answered();
    String recipe = Files.readString(run.resolve("recipe.yaml"));
    Run.in(folder, "train", "--quiet", "--resume", run.toString(), "--model", "resnet20")
        .failedWith(
            1,
            "linnet: %s: the run has the model lenet5, but resnet20 was asked for; resume with the"
                    .formatted(run.resolve("checkpoint").resolve("last.safetensors"))
                + " same, or start a new run");
    assertThat(run.resolve("recipe.yaml")).hasContent(recipe);
  }

  @Test
  void a_run_of_which_nothing_was_saved_starts_over() throws IOException {
    Path run = folder.resolve("run");
    Files.createDirectories(run.resolve("checkpoint"));
    Run again = train("--resume", run.toString());
    assertThat(again.answered()).endsWith("run: " + run + "\n");
    assertThat(again.err()).contains(run + ": nothing is saved there yet; starting over\n");
  }

  @Test
  void a_run_that_is_not_there_cannot_go_on() {
    Path run = folder.resolve("nothing");
    Run.in(folder, "train", "--resume", run.toString())
        .failed(1, "linnet: " + run + ": no such run; give the folder that a training made");
  }

  @Test
  void options_that_exclude_each_other_are_named() {
    train("--resume", "a", "--out", "b")
        .failed(
            2, "linnet: --out and --resume: a run goes on in its own folder; give one of the two");
    train("--resume", "a", "--recipe", "plain")
        .failed(
            2,
            "linnet: --recipe and --resume: a run goes on with its own recipe; give one of the"
                + " two");
  }

  @Test
  void processes_are_asked_for_in_one_way() {
    Run.of("train", "--processes", "0")
        .failed(2, "linnet: --processes: got 0; must be in [1, 1024]");
    Run.of("train", "--processes", "2", "--find-lr")
        .failed(
            2,
            "linnet: --find-lr: needs one process; leave out --processes, and unset WORLD_SIZE and"
                + " RANK");
    Run.with(Map.of("WORLD_SIZE", "2"), "", "train")
        .failed(
            1,
            "linnet: WORLD_SIZE: is 2, but RANK is not set; a launcher such as torchrun sets RANK,"
                + " WORLD_SIZE, MASTER_ADDR and MASTER_PORT; unset WORLD_SIZE to train in one"
                + " process");
    Run.with(launched(0), "", "train", "--processes", "2")
        .failed(
            2,
            "linnet: --processes and WORLD_SIZE: a launcher started 2 processes already; give one"
                + " of the two");
  }

  @Test
  void wrong_values_are_all_named_before_anything_is_read() {
    Run.in(
            folder,
            "train",
            "--data",
            "nowhere",
            "--epochs",
            "0",
            "--batch=many",
            "--model=lenet6",
            "--set",
            "optimizer.momentum=2")
        .failed(
            2,
            "linnet: batch: got \"many\" (--batch); must be a whole number or auto",
            "linnet: optimizer.momentum: got 2 (--set optimizer.momentum); must be in [0, 1)",
            "linnet: epochs: got 0 (--epochs); must be in [1, 1000000], or auto",
            "linnet: model: got \"lenet6\" (--model); no network has this name; did you mean"
                + " \"lenet5\"?");
  }

  @Test
  void data_that_are_not_there_are_named() {
    Run.in(folder, "train", "--data", "nowhere")
        .failed(
            1,
            "linnet: nowhere: no such folder, file or data set; known by name are digits, mnist,"
                + " fashion-mnist, cifar10, cifar100, eurosat, flowers102, food101, imagenette,"
                + " imagenet");
  }

  @Test
  void a_learning_rate_that_makes_the_loss_nan_stops_the_run() {
    Run run =
        train(
            "--quiet",
            "--epochs",
            "5",
            "--set",
            "schedule.lr=100",
            "--set",
            "schedule.warmup_epochs=0");
    assertThat(run.code()).isEqualTo(1);
    assertThat(run.err().lines().filter(line -> line.startsWith("linnet: ")).toList())
        .singleElement()
        .asString()
        .matches(
            "linnet: the loss became .* at update \\d+ \\(epoch \\d+, learning rate .*\\); training"
                + " stopped and the last good checkpoint is kept; try a lower schedule.lr, a"
                + " longer warm-up or clip");
  }

  @Test
  void an_interrupted_run_saves_says_how_to_go_on_and_exits_130() {
    Path run = folder.resolve("run");
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    AtomicBoolean halted = new AtomicBoolean();
    ByteArrayOutputStream err = new ByteArrayOutputStream();
    PrintStream told = new PrintStream(err, true, UTF_8);
    Interrupts interrupts = Interrupts.of(told, () -> halted.set(true));
    InterruptingStream seen = new InterruptingStream(err, "validation loss", interrupts);
    PrintStream watched = new PrintStream(seen, true, UTF_8);
    Shell shell =
        new Shell(
            Map.of(),
            folder,
            InputStream.nullInputStream(),
            new PrintStream(out, false, UTF_8),
            watched,
            Terminal.NONE,
            Terminal.NONE,
            interrupts);
    int code =
        Main.run(List.of("train", "--limit=30", "--epochs=50", "--out", run.toString()), shell);
    assertThat(code).isEqualTo(130);
    assertThat(halted).isFalse();
    assertThat(out.toString(UTF_8)).isEmpty();
    assertThat(err.toString(UTF_8))
        .contains("linnet: interrupted; finishing the step and saving (again: stop at once)\n")
        .containsPattern(
            "linnet: interrupted after update \\d+; the state is saved; go on with: linnet train"
                + " --resume "
                + run
                + "\n$");
    assertThat(run.resolve("checkpoint")).isNotEmptyDirectory();
    interrupts.signal();
    assertThat(halted).isTrue();
  }

  private Run train(String... options) {
    String[] all = new String[options.length + 3];
    all[0] = "train";
    all[1] = "--limit=100";
    all[2] = "--epochs=1";
    System.arraycopy(options, 0, all, 3, options.length);
    if (List.of(options).contains("--epochs")) {
      all[2] = "--seed=0";
    }
    return Run.in(folder, all);
  }

  /** Sends a signal once a text is written. */
  private static final class InterruptingStream extends java.io.FilterOutputStream {
    private final String text;
    private final Interrupts interrupts;
    private final AtomicBoolean sent = new AtomicBoolean();

    InterruptingStream(ByteArrayOutputStream out, String text, Interrupts interrupts) {
      super(out);
      this.text = text;
      this.interrupts = interrupts;
    }

    @Override
    public void write(byte[] bytes, int offset, int length) throws IOException {
      out.write(bytes, offset, length);
      if (out.toString().contains(text) && sent.compareAndSet(false, true)) {
        interrupts.signal();
      }
    }
  }
}
