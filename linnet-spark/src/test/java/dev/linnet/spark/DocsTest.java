package dev.linnet.spark;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.tools.ToolProvider;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What docs/spark.md shows is compiled and run. */
@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
final class DocsTest {
  private static final Pattern JAVA = Pattern.compile("```java\n(.*?)```", Pattern.DOTALL);

  @TempDir private Path folder;

  private String snippets() throws IOException {
    StringBuilder code = new StringBuilder();
    Matcher matcher = JAVA.matcher(Files.readString(Fixture.root().resolve("docs/spark.md")));
    while (matcher.find()) {
      code.append(matcher.group(1));
    }
    return """
    import static org.apache.spark.sql.functions.*;
    import dev.linnet.spark.*;
    import org.apache.spark.ml.*;
    import org.apache.spark.ml.classification.LogisticRegression;
    import org.apache.spark.ml.feature.StringIndexer;
    import org.apache.spark.sql.*;

    public class Snippets {
      public static void run(SparkSession spark) {
    %s
      }
    }
    """
        .formatted(
            code.toString()
                .replace("load(\"photos\")", "load(\"" + folder.resolve("photos") + "\")")
                .replace("\"runs/photos\"", "\"" + folder.resolve("model") + "\"")
                .replace("\"hf://timm/resnet18.a1_in1k\"", "\"" + folder.resolve("model") + "\""));
  }

  @Test
  @Tag("slow")
  void the_snippets_compile_and_run() throws Exception {
    Fixture.writePictures(folder.resolve("photos/cat"), 4);
    Fixture.writePictures(folder.resolve("photos/dog"), 4);
    Fixture.writeModel(folder.resolve("model"), "resnet20", 3, 1);
    Path source = Files.writeString(folder.resolve("Snippets.java"), snippets());
    ByteArrayOutputStream errors = new ByteArrayOutputStream();
    int compiled =
        ToolProvider.getSystemJavaCompiler()
            .run(
                null,
                errors,
                errors,
                "-proc:none",
                "-cp",
                System.getProperty("java.class.path"),
                "-d",
                folder.toString(),
                source.toString());
    assertThat(compiled).as(errors.toString(UTF_8)).isZero();
    PrintStream before = System.out;
    ByteArrayOutputStream printed = new ByteArrayOutputStream();
    URL[] classes = {folder.toUri().toURL()};
    try (URLClassLoader loader = new URLClassLoader(classes, DocsTest.class.getClassLoader());
        PrintStream out = new PrintStream(printed, true, UTF_8)) {
      System.setOut(out);
      scala.Console.withOut(
          out,
          () -> {
            try {
              return loader
                  .loadClass("Snippets")
                  .getMethod("run", SparkSession.class)
                  .invoke(null, Fixture.spark());
            } catch (ReflectiveOperationException e) {
              throw new IllegalStateException(e);
            }
          });
    } finally {
      System.setOut(before);
    }
    assertThat(printed.toString(UTF_8))
        .contains("|predictions[0].class|predictions[0].probability|reason|")
        .contains("|label|prediction|");
  }
}
