package dev.linnet.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Pages in a browser, by {@code tools/check_page.py}; skipped where there is none. */
@Tag("slow")
@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
final class PageCheckTest {
  private static final int SKIPPED = 77;

  @TempDir private Path folder;

  private record Checked(int code, String said) {}

  private Checked check(Path... pages) throws IOException, InterruptedException {
    List<String> command = new ArrayList<>(List.of("python3", "../tools/check_page.py"));
    for (Path page : pages) {
      command.add(page.toString());
    }
    Path said = folder.resolve("said.txt");
    Process process;
    try {
      process =
          new ProcessBuilder(command)
              .redirectErrorStream(true)
              .redirectOutput(said.toFile())
              .start();
    } catch (IOException noPython) {
      return new Checked(SKIPPED, "there is no python3");
    }
    try {
      assertThat(process.waitFor(15, TimeUnit.MINUTES)).isTrue();
    } finally {
      process.destroy();
    }
    return new Checked(process.exitValue(), Files.readString(said, UTF_8));
  }

  @Test
  void every_page_that_is_written_has_nothing_to_complain_about() throws Exception {
    String data = Pictures.folders(folder.resolve("data"), 16).toString();
    String picture = Pictures.write(folder.resolve("new.png"), 0, 77).toString();
    String run = folder.resolve("run").toString();
    Run.of(
            "train",
            "--quiet",
            "--data",
            data,
            "--model",
            "resnet20",
            "--size",
            "32",
            "--epochs",
            "2",
            "--batch",
            "8",
            "--out",
            run)
        .answered();
    String out = folder.resolve("network").toString();
    Run.of("explain", run, "--network", "--data", data, "--units", "2", "--out", out).answered();
    String why = folder.resolve("why").toString();
    Run.of("explain", run, picture, "--method", "grad-cam,occlusion", "--out", why).answered();
    Path models = folder.resolve("models.html");
    Run.of("models", "resnet*", "--plot", models.toString()).answered();
    Checked checked =
        check(
            Path.of(run, "report.html"),
            Path.of(out, "report.html"),
            Path.of(why, "index.html"),
            models);
    assumeTrue(checked.code() != SKIPPED, checked.said());
    assertThat(checked.code()).as(checked.said()).isZero();
    assertThat(checked.said().lines()).hasSize(4).allMatch(l -> l.contains("nothing to complain"));
  }

  @Test
  void what_is_wrong_with_a_page_is_said() throws Exception {
    Path page = folder.resolve("bad.html");
    Files.writeString(
        page,
        """
        <!DOCTYPE html><html lang="en"><head><meta charset="utf-8"/><title>x</title>
        <meta name="viewport" content="width=device-width, initial-scale=1"/></head>
        <body><p style="color: #999; background: #fff">pale</p><div style="width: 1300px">wide</div>
        <img alt="none" src="data:image/png;base64,AAAA"/><img alt="far" src="file:///nowhere.png"/>
        <svg width="40" height="20"><text x="0" y="14">cut off at the right</text></svg>
        <div class="charts"><svg width="20" height="20"><g class="spot"><circle class="hit" cx="9"
        cy="9" r="9"/></g></svg></div><script>console.error("oh")</script></body></html>
        """);
    Checked checked = check(page);
    assumeTrue(checked.code() != SKIPPED, checked.said());
    assertThat(checked.code()).as(checked.said()).isEqualTo(1);
    assertThat(checked.said())
        .contains("1280, light: the page is ", "390, dark: the page is ", "paper: the page is ")
        .contains("1280, light: contrast 2.85 of p: pale")
        .contains("a picture shows nothing: none", "asked for file:///nowhere.png")
        .contains("letters are cut off: cut off at the right")
        .contains("a point of a chart says nothing when it is clicked", "console: oh");
  }
}
