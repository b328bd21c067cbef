package dev.linnet.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code NAME --weights FILE} with what PyTorch's pickles may hold. */
@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
final class WeightsOptionTest {
  @TempDir private Path folder;

  @Test
  void a_pickle_that_would_run_a_program_is_refused_and_runs_nothing() throws IOException {
    Path canary = folder.resolve("canary");
    Path file = folder.resolve("w.pth");
    String pickle = "\u0080\u0002cposix\nsystem\nX%c\0\0\0touch %s\u0085R.";
    Files.write(
        file,
        pickle
            .formatted((char) (6 + canary.toString().length()), canary)
            .getBytes(StandardCharsets.ISO_8859_1));
    Path picture = Pictures.write(folder.resolve("a.png"), 0, 1);
    Run.of("predict", "resnet20", "--weights", file.toString(), picture.toString())
        .failed(
            1,
            "linnet: "
                + file
                + ": its pickle names \"posix.system\", which builds no tensor; refused, and"
                + " nothing was executed; in Python save the network's state_dict(), or a"
                + " safetensors file");
    assertThat(Files.exists(canary)).isFalse();
  }
}
