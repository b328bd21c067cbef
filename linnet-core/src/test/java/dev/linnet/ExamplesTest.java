package dev.linnet;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.linnet.image.ImageSize;
import dev.linnet.image.Picture;
import dev.linnet.image.PngWriter;
import dev.linnet.testing.Repository;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.io.TempDir;

/** The scripts of {@code examples}, compiled and run as Java; JBangTest runs them as scripts. */
@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
final class ExamplesTest {
  @TempDir private static Path folder;

  private static List<Path> examples() throws IOException {
    try (Stream<Path> files = Files.list(Repository.path("examples"))) {
      return files.filter(file -> file.toString().endsWith(".java")).sorted().toList();
    }
  }

  /** Two classes that differ in brightness. */
  @BeforeAll
  static void compile_and_write_pictures() throws IOException {
    List<String> arguments = new ArrayList<>(List.of("-proc:none", "-Xlint:all,-path", "-Werror"));
    arguments.addAll(List.of("-cp", System.getProperty("java.class.path"), "-d"));
    arguments.add(folder.resolve("classes").toString());
    examples().forEach(file -> arguments.add(file.toString()));
    ByteArrayOutputStream errors = new ByteArrayOutputStream();
    int compiled =
        ToolProvider.getSystemJavaCompiler()
            .run(null, errors, errors, arguments.toArray(String[]::new));
    assertThat(compiled).as(errors.toString(UTF_8)).isZero();
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

  /** Runs the main of an example; returns what it printed. */
  private static String run(String example, String... names) throws Exception {
    String[] arguments =
        Stream.of(names)
            .map(name -> name.matches("\\d+") ? name : folder.resolve(name).toString())
            .toArray(String[]::new);
    PrintStream before = System.out;
    ByteArrayOutputStream printed = new ByteArrayOutputStream();
    URL[] classes = {folder.resolve("classes").toUri().toURL()};
    try (URLClassLoader loader = new URLClassLoader(classes, ExamplesTest.class.getClassLoader());
        PrintStream out = new PrintStream(printed, true, UTF_8)) {
      System.setOut(out);
      Class<?> main = loader.loadClass(example);
      main.getMethod("main", String[].class).invoke(null, (Object) arguments);
    } finally {
      System.setOut(before);
    }
    return printed.toString(UTF_8);
  }

  @Test
  void each_says_what_it_needs_and_how_it_is_run() throws IOException {
    List<Path> examples = examples();
    assertThat(examples).hasSizeGreaterThanOrEqualTo(4);
    String pom = Files.readString(Repository.path("pom.xml"));
    String version = pom.replaceFirst("(?s).*?<version>(.*?)</version>.*", "$1");
    for (Path example : examples) {
      assertThat(Files.readString(example))
          .as(example.toString())
          .startsWith("///usr/bin/env jbang \"$0\" \"$@\" ; exit $?\n//JAVA 17+\n")
          .contains("//DEPS dev.linnet:linnet-core:" + version + "\n")
          .contains("//   jbang examples/" + example.getFileName() + " ");
      assertThat(Files.readAllLines(example)).as(example.toString()).hasSizeLessThan(80);
    }
  }

  @Test
  @Order(1)
  void train_trains() throws Exception {
    assertThat(run("Train", "photos", "1", "run"))
        .containsPattern(
            "epoch 1: loss \\d\\.\\d{3}, \\d+\\.\\d\\d % right\n\\d+\\.\\d\\d % right\n");
    assertThat(folder.resolve("run/report.html")).exists();
  }

  @Test
  @Order(2)
  void predict_names_three_classes_at_most() throws Exception {
    assertThat(run("Predict", "run", "photos/cat/1.png"))
        .containsPattern(
            "photos/cat/1\\.png\n +\\d+\\.\\d % (cat|dog)\n +\\d+\\.\\d % (cat|dog)\n");
  }

  @Test
  @Order(3)
  void transfer_measures_and_trains() throws Exception {
    assertThat(run("Transfer", "run", "photos", "1", "transfer"))
        .containsPattern("features of +linear probe +LogME\n")
        .containsPattern("pre_logits +\\d+\\.\\d % +-?\\d+\\.\\d{3}\n")
        .containsPattern("train (HEAD|ALL): .*\n\\d+\\.\\d\\d % right\n");
    assertThat(folder.resolve("transfer/report.html")).exists();
  }

  @Test
  @Order(4)
  void explain_writes_a_page() throws Exception {
    assertThat(run("Explain", "run", "photos/dog/1.png", "why.html"))
        .containsPattern("answer: (cat|dog)\n")
        .containsPattern("grad-?cam +\\d\\.\\d{3} +\\d\\.\\d{3}\nocclusion +\\d\\.\\d{3}");
    assertThat(folder.resolve("why.html")).content().contains("occlusion");
  }
}
