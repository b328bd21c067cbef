package dev.linnet;

import static org.assertj.core.api.Assertions.assertThat;

import dev.linnet.image.ImageSize;
import dev.linnet.image.Picture;
import dev.linnet.image.PngWriter;
import dev.linnet.recipe.RecipeReader;
import dev.linnet.testing.Repository;
import java.io.ByteArrayOutputStream;
import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
class ReadmeTest {
  private static final Pattern YAML = Pattern.compile("```yaml\n(.*?)```", Pattern.DOTALL);
  private static final Pattern JAVA = Pattern.compile("```java\n(.*?)```", Pattern.DOTALL);

  @TempDir private Path folder;

  /** Two classes that differ in brightness. */
  private void writePhotos() throws IOException {
    for (int i = 1; i <= 20; i++) {
      for (String name : List.of("cat", "dog")) {
        Path file = folder.resolve("photos").resolve(name).resolve(i + ".png");
        Files.createDirectories(file.getParent());
        int level = (name.equals("cat") ? 40 : 180) + 2 * i;
        Picture picture = Picture.filled(new ImageSize(24, 24), level, 255 - level, level);
        Files.write(file, PngWriter.write(picture));
      }
    }
  }

  private static String snippet() throws IOException {
    Matcher matcher = JAVA.matcher(Files.readString(Repository.path("README.md")));
    assertThat(matcher.find()).isTrue();
    String code = matcher.group(1);
    assertThat(matcher.find()).as("one snippet").isFalse();
    return """
    import dev.linnet.recipe.*;
    import dev.linnet.tensor.*;
    import dev.linnet.train.*;
    import java.nio.file.Path;

    class Snippet {
      public static void main(String[] arguments) throws Exception {
    %s
      }
    }
    """
        .formatted(code);
  }

  @Test
  void the_snippet_compiles_and_runs() throws Exception {
    writePhotos();
    Path source = Files.writeString(folder.resolve("Snippet.java"), snippet());
    String classPath = System.getProperty("java.class.path");
    ByteArrayOutputStream errors = new ByteArrayOutputStream();
    int compiled =
        ToolProvider.getSystemJavaCompiler()
            .run(
                null,
                errors,
                errors,
                "-proc:none",
                "-cp",
                classPath,
                "-d",
                folder.toString(),
                source.toString());
    assertThat(compiled).as(errors.toString(StandardCharsets.UTF_8)).isZero();
    File log = folder.resolve("out.log").toFile();
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx512m",
                "-cp",
                folder + File.pathSeparator + classPath,
                "Snippet")
            .directory(folder.toFile())
            .redirectErrorStream(true)
            .redirectOutput(log)
            .start();
    assertThat(process.waitFor(120, TimeUnit.SECONDS)).isTrue();
    String printed = Files.readString(log.toPath());
    assertThat(process.exitValue()).as(printed).isZero();
    assertThat(printed).contains(" % right").containsPattern("(cat|dog) 0\\.\\d+|(cat|dog) 1\\.0");
    assertThat(folder.resolve("runs/photos/report.html")).exists();
  }

  @Test
  void recipes_read() throws IOException {
    Matcher matcher = YAML.matcher(Files.readString(Repository.path("README.md")));
    int found = 0;
    while (matcher.find()) {
      Path file = Files.writeString(folder.resolve("readme" + found++ + ".yaml"), matcher.group(1));
      assertThat(RecipeReader.create().read(file.toString()).recipe()).isNotNull();
    }
    assertThat(found).isPositive();
  }
}
