package dev.linnet.notebook;

import static org.assertj.core.api.Assertions.assertThat;

import dev.linnet.image.ImageSize;
import dev.linnet.image.Picture;
import dev.linnet.image.PngWriter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/**
 * JBang runs the scripts of {@code examples} offline, with Linnet from the local repository.
 * ExamplesTest of the library runs them without it.
 */
@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
@DisabledOnOs(value = OS.WINDOWS, disabledReason = "links and sh")
final class JBangTest {
  /** What JBang returns where its output is a command to run, which its launcher does. */
  private static final int EXECUTE = 255;

  @TempDir private Path folder;

  private Command run(String example, String... arguments) throws Exception {
    Path repository = folder.resolve("repository");
    if (!Files.exists(repository)) {
      LocalRepository.create(repository);
    }
    String home = System.getProperty("java.home");
    Map<String, String> environment =
        Map.of("JBANG_DIR", folder.resolve("jbang").toString(), "JAVA_HOME", home);
    List<String> words =
        new ArrayList<>(
            List.of(
                Path.of(home, "bin", "java").toString(),
                "-Dmaven.repo.local=" + repository,
                "-cp",
                System.getProperty("java.class.path"),
                "dev.jbang.Main",
                "--offline",
                "run",
                Notebook.root().resolve("examples").resolve(example).toString()));
    words.addAll(List.of(arguments));
    Command command = Command.run(folder, environment, words);
    assertThat(command.code()).as(command.err()).isEqualTo(EXECUTE);
    return Command.run(folder, environment, List.of("sh", "-c", command.out()));
  }

  private void assertRuns(String says, String example, String... arguments) throws Exception {
    Command command = run(example, arguments);
    assertThat(command.code()).as(command.err()).isZero();
    assertThat(command.out()).contains(says);
  }

  /** Two classes that differ in brightness. */
  private void writePhotos() throws IOException {
    for (int i = 1; i <= 20; i++) {
      for (String name : List.of("cat", "dog")) {
        Path file = folder.resolve("photos").resolve(name).resolve(i + ".png");
        Files.createDirectories(file.getParent());
        int level = (name.equals("cat") ? 40 : 180) + 2 * i;
        Picture picture = Picture.filled(new ImageSize(12, 12), level, 255 - level, level);
        Files.write(file, PngWriter.write(picture));
      }
    }
  }

  @Test
  @Tag("slow")
  void every_script_runs() throws Exception {
    writePhotos();
    assertRuns("% right", "Train.java", "photos", "1", "run");
    assertRuns("photos/cat/1.png", "Predict.java", "run", "photos/cat/1.png");
    assertRuns("% right", "Transfer.java", "run", "photos", "1", "transfer");
    assertRuns("answer: ", "Explain.java", "run", "photos/dog/1.png", "why.html");
    assertThat(folder.resolve("why.html")).exists();
  }
}
