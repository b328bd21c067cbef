package dev.linnet.recipe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.linnet.base.DownloadListener;
import dev.linnet.base.LinnetException;
import dev.linnet.data.Places;
import dev.linnet.tensor.Device;
import dev.linnet.weights.Hub;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What several keys say together that cannot be, in full lines. */
@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
final class ContradictionsTest {
  @TempDir private Path folder;

  private void assertProblems(String yaml, String... lines) {
    Path file = folder.resolve("my.yaml");
    try {
      Files.writeString(file, yaml);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    RecipeException refused =
        catchThrowableOfType(
            RecipeException.class, () -> RecipeReader.create().read(file.toString()));
    assertThat(refused).isNotNull();
    assertThat(refused.problems().stream().map(line -> line.replace(folder + "/", "")))
        .containsExactly(lines);
  }

  private static void plan(String... sets) {
    LoadedRecipe loaded = RecipeReader.create().read("plain", Map.of("limit", "20"), List.of(sets));
    Experiment.plan(
        loaded,
        new Experiment.Surroundings(
            Places.of(Map.of()), DownloadListener.NONE, Device.CPU, Hub.of(Map.of())));
  }

  @Test
  void two_averages_and_a_start_beyond_the_run() {
    assertProblems(
        "epochs: 5\nema: true\nswa: {start: 6}\ntricks: {sam: {rho: 0}}",
        "swa: got true (my.yaml:3); must be false where ema is on, because one average takes the"
            + " weights' place; switch one off",
        "swa.start: got 6 (my.yaml:3); must be in [1, 5], the epochs of the run, or auto",
        "sam.rho: got 0 (my.yaml:4); must be in (0, 100]; to switch sharpness-aware minimization"
            + " off, remove it from \"tricks\"");
  }

  @Test
  void a_start_beyond_epochs_that_are_chosen_is_refused_too() {
    assertThatThrownBy(() -> plan("epochs=auto", "budget_seconds=1", "swa.start=1000000"))
        .isInstanceOf(RecipeException.class)
        .hasMessageMatching(
            "swa.start: got 1000000 \\(--set swa.start\\); must be in \\[1, \\d+\\], the epochs of"
                + " the run, or auto");
  }

  @Test
  void fp16_on_a_processor() {
    assertThatThrownBy(() -> plan("dtype=fp16", "data=/nowhere"))
        .isExactlyInstanceOf(LinnetException.class)
        .hasMessage(
            "dtype: got fp16 (--set dtype); must be fp32, bf16 or auto on a processor; fp16 is for"
                + " --device cuda");
  }
}
