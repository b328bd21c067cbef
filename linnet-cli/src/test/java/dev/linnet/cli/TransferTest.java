package dev.linnet.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.nio.file.Path;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code train --strategy}. */
@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
final class TransferTest {
  @TempDir private Path folder;

  private Run run(String command) {
    return Run.in(
        folder,
        command
            .replace("FIRST", folder.resolve("first").toString())
            .replace("SECOND", folder.resolve("second").toString())
            .replace("ALL", folder.resolve("all").toString())
            .split(" "));
  }

  private Run first() {
    Path run = folder.resolve("first");
    Run trained =
        run(
            "train --model resnet20 --limit 8 --epochs 1 --size 16 --batch 16 --threads 1 --out "
                + run);
    assertThat(trained.code()).isZero();
    return trained;
  }

  @Test
  void auto_measures_says_why_and_trains() {
    first();
    Run run =
        run("train --from FIRST --limit 8 --epochs 2 --threads 1 --strategy auto --out SECOND");
    assertThat(run.code()).as(run.err()).isZero();
    assertThat(run.err())
        .containsPattern("features of +width +linear probe +LogME\n")
        .containsPattern("pre_logits +64 +\\d+\\.\\d % +-?\\d+\\.\\d{3}\n")
        .containsPattern("nearest neighbors of the last features: \\d+\\.\\d % ")
        .containsPattern("without training, on test: linear probe \\d+\\.\\d %, nearest")
        .containsPattern("data: small and (similar|different) to what the weights were trained on")
        .containsPattern("strategy: (head|all): ")
        .containsPattern("command: .*--strategy (head|all) --out .*\n");
    assertThat(folder.resolve("second/summary.json")).exists();
  }

  @Test
  void compare_trains_all_of_them() {
    first();
    Run run =
        run("train --from FIRST --limit 8 --epochs 1 --threads 1 --strategy compare --out ALL");
    assertThat(run.code()).as(run.err()).isZero();
    assertThat(run.answered())
        .containsPattern(
            "row .*\\n *linear probe +\\d+\\.\\d\\d .*\\n *nearest neighbors +\\d+\\.\\d\\d .*\\n"
                + " *head .*\\n *top .*\\n *all .*\\n *staged ");
    assertThat(folder.resolve("all/index.html")).exists();
    assertThat(folder.resolve("all/runs.csv")).exists();
  }

  @Test
  void a_dry_run_answers_with_what_was_measured_and_what_would_be_trained() throws Exception {
    first();
    Run auto =
        run("train --from FIRST --limit 8 --epochs 1 --threads 1 --strategy auto --dry-run --json");
    assertThat(auto.code()).as(auto.err()).isZero();
    JsonNode advice = new ObjectMapper().readTree(auto.answered()).path("advice");
    assertThat(advice.path("strategy").asText()).isIn("head", "all");
    assertThat(advice.path("size").asText()).isEqualTo("small");
    assertThat(advice.path("levels").size()).isGreaterThan(2);
    assertThat(advice.path("untrained").path("probe").asDouble()).isBetween(0.0, 100.0);
    Run compare =
        run(
            "train --from FIRST --limit 8 --epochs 1 --threads 1 --strategy compare --dry-run"
                + " --out ALL");
    assertThat(compare.code()).as(compare.err()).isZero();
    assertThat(compare.answered())
        .containsPattern("row .*\\n *head .*\\n *top .*\\n *all .*\\n *staged ")
        .contains(" for the runs that are open");
    assertThat(folder.resolve("all")).doesNotExist();
  }

  @Test
  void what_cannot_be_is_refused() {
    assertRefused(
        "train --strategy auto",
        "--strategy: needs weights to start from; give --from RUN, a folder of weights or"
            + " hf://OWNER/NAME");
    assertRefused(
        "train --from x --strategy atuo",
        "--strategy: got \"atuo\"; must be one of auto, compare, head, top, all, staged; did you"
            + " mean \"auto\"?");
    assertRefused(
        "train --from x --strategy auto --train head",
        "--strategy and --train: both say which layers are trained; give one of the two");
    assertRefused(
        "train --from x --strategy compare --find-lr",
        "--find-lr and --strategy compare: give one of the two");
    assertRefused(
        "train --resume x --strategy auto",
        "--strategy and --resume: a run goes on with its own recipe; give one of the two");
  }

  private void assertRefused(String command, String message) {
    Run run = run(command);
    run.failed(2, "linnet: " + message);
  }
}
