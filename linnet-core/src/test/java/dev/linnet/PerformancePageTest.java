package dev.linnet;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.abort;

import dev.linnet.testing.Repository;
import java.io.IOException;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Test;

/** {@code docs/performance.md} beside the figures that it is written from. */
@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
final class PerformancePageTest {
  @Test
  void the_page_says_what_was_measured() throws Exception {
    Process process;
    try {
      process =
          new ProcessBuilder("python3", "tools/performance.py", "--check")
              .directory(Repository.path(".").toFile())
              .redirectErrorStream(true)
              .start();
    } catch (IOException e) {
      abort("skipped: there is no python3");
      return;
    }
    String said = new String(process.getInputStream().readAllBytes(), UTF_8);
    assertThat(process.waitFor()).as(said).isZero();
  }
}
