package dev.linnet.recipe;

import static org.assertj.core.api.Assertions.assertThat;

import dev.linnet.base.RandomState;
import dev.linnet.testing.Seeds;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;

@Tag("slow")
@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
class KilledRunTest {
  private static final int KILLS = 8;

  @TempDir private Path folder;

  private Process start(Path run) throws IOException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(
        List.of(
            "-Xmx512m",
            "-cp",
            System.getProperty("java.class.path"),
            TrainingProcess.class.getName(),
            run.toString()));
    return new ProcessBuilder(command)
        .redirectErrorStream(true)
        .redirectOutput(new File(folder.toFile(), "out.log"))
        .start();
  }

  @Seeds(1)
  void killed_at_random_moments_and_resumed_a_run_gives_the_same_bytes(RandomState random)
      throws Exception {
    Path whole = Files.createDirectories(folder.resolve("whole"));
    long begin = System.nanoTime();
    assertThat(start(whole).waitFor()).isZero();
    double wholeSeconds = (System.nanoTime() - begin) / 1e9;

    Path parts = Files.createDirectories(folder.resolve("parts"));
    for (int i = 0; i < KILLS; i++) {
      Process process = start(parts);
      long millis = (long) (random.nextDouble(0.3, 1.0) * wholeSeconds * 1000);
      if (process.waitFor(millis, TimeUnit.MILLISECONDS)) {
        assertThat(process.exitValue()).isZero();
      } else {
        process.destroyForcibly().waitFor();
      }
    }
    assertThat(start(parts).waitFor()).isZero();
    assertThat(Files.readAllBytes(parts.resolve("model.safetensors")))
        .isEqualTo(Files.readAllBytes(whole.resolve("model.safetensors")));
    assertThat(Files.readAllLines(parts.resolve("metrics.csv"))).hasSize(7);
  }
}
