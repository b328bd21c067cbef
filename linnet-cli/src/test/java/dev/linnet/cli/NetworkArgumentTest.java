package dev.linnet.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code explain --network} of a small run on dark and bright noise. */
@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
final class NetworkArgumentTest {
  @TempDir private Path folder;

  @Test
  void a_page_shows_what_the_network_learnt_and_wrong_questions_are_one_line() throws IOException {
    String data = Pictures.folders(folder.resolve("data"), 12).toString();
    String run = folder.resolve("run").toString();
    Run.of(
            "train",
            "--quiet",
            "--data",
            data,
            "--model",
            "resnet20",
            "--size",
            "16",
            "--epochs",
            "1",
            "--batch",
            "8",
            "--out",
            run)
        .answered();
    Path out = folder.resolve("out");
    Run.of("explain", run, "--network", "--data", data, "--units", "2", "--out", out.toString())
        .answered();
    String page = Files.readString(out.resolve("report.html"));
    assertThat(page)
        .contains("Map of the pictures", "Confusion matrix", "First filters")
        .contains("Patches that excite units most", "Pictures made to excite units")
        .contains("script-src &#39;sha256-");
    Run.of("explain", run, "new.jpg", "--network", "--quiet")
        .failed(2, "linnet: --network: takes no PICTURE; name a data set by --data");
    Run.of("explain", run, "--network", "--units", "0", "--quiet")
        .failed(2, "linnet: units: got 0; must be in [1, 64]");
  }
}
