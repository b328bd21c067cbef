package dev.linnet.spark;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.linnet.data.BadPictures;
import dev.linnet.data.PictureList;
import dev.linnet.recipe.SavedModel;
import dev.linnet.tensor.DType;
import dev.linnet.tensor.Device;
import dev.linnet.train.Predictor;
import java.io.ByteArrayOutputStream;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import javax.tools.ToolProvider;
import org.apache.spark.launcher.JavaModuleOptions;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The example, on executors that are processes of their own. */
@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
final class ClusterTest {
  private static final String CLASS_PATH = System.getProperty("java.class.path");

  @TempDir private Path folder;

  private void compile() {
    ByteArrayOutputStream errors = new ByteArrayOutputStream();
    int compiled =
        ToolProvider.getSystemJavaCompiler()
            .run(
                null,
                errors,
                errors,
                "-proc:none",
                "-Xlint:all,-path,-classfile",
                "-Werror",
                "-cp",
                CLASS_PATH,
                "-d",
                folder.resolve("classes").toString(),
                Fixture.root().resolve("examples/spark/Classify.java").toString());
    assertThat(compiled).as(errors.toString(UTF_8)).isZero();
  }

  /** Links jars to where workers look for those of Spark; returns the folders that are left. */
  private List<String> linkJars() throws IOException {
    Path jars = Files.createDirectories(folder.resolve("spark-home/jars"));
    List<String> folders = new ArrayList<>();
    for (String entry : CLASS_PATH.split(File.pathSeparator, -1)) {
      Path path = Path.of(entry).toAbsolutePath();
      if (Files.isDirectory(path)) {
        folders.add(path.toString());
      } else if (Files.exists(path) && !Files.exists(jars.resolve(path.getFileName()))) {
        Files.createSymbolicLink(jars.resolve(path.getFileName()), path);
      }
    }
    return folders;
  }

  private void unlinkJars() throws IOException {
    try (Stream<Path> links = Files.list(folder.resolve("spark-home/jars"))) {
      for (Path link : links.toList()) {
        Files.delete(link);
      }
    }
  }

  /** Runs the example; returns what it printed. */
  private String run(String master) throws Exception {
    String folders = String.join(File.pathSeparator, linkJars());
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    Stream.of(JavaModuleOptions.defaultModuleOptionArray())
        .filter(option -> !option.startsWith("--add-modules")) // of which Java warns
        .forEach(command::add);
    Map<String, String> settings =
        Map.of(
            "spark.master", master,
            "spark.ui.enabled", "false",
            "spark.driver.host", "127.0.0.1",
            "spark.driver.bindAddress", "127.0.0.1",
            "spark.executor.extraClassPath", folders,
            "spark.executor.extraJavaOptions", "-Dorg.bytedeco.javacpp.maxphysicalbytes=0",
            "org.bytedeco.javacpp.maxphysicalbytes", "0",
            "log4j2.configurationFile",
                Fixture.root().resolve("examples/spark/log4j2.properties").toString());
    settings.forEach((key, value) -> command.add("-D" + key + "=" + value));
    command.addAll(List.of("-Xmx512m", "-cp"));
    command.add(folder.resolve("classes") + File.pathSeparator + CLASS_PATH);
    command.add("Classify");
    for (String name : List.of("model", "pictures", "answers")) {
      command.add(folder.resolve(name).toString());
    }
    ProcessBuilder builder = new ProcessBuilder(command);
    builder.environment().put("SPARK_HOME", folder.resolve("spark-home").toString());
    builder.environment().put("SPARK_SCALA_VERSION", "2.13");
    builder.environment().put("SPARK_LOCAL_IP", "127.0.0.1");
    File out = folder.resolve("out.log").toFile();
    File errors = folder.resolve("errors.log").toFile();
    Process process =
        builder.directory(folder.toFile()).redirectOutput(out).redirectError(errors).start();
    boolean ended = process.waitFor(240, TimeUnit.SECONDS);
    process.destroyForcibly();
    unlinkJars();
    assertThat(ended).as(Files.readString(errors.toPath())).isTrue();
    assertThat(process.exitValue()).as(Files.readString(errors.toPath())).isZero();
    return Files.readString(out.toPath());
  }

  /** What the example prints of what {@code linnet predict} answers, to two places. */
  private String expected() throws IOException {
    PictureList files = PictureList.of(List.of(folder.resolve("pictures")));
    Map<String, List<Double>> classes = new TreeMap<>();
    try (Predictor predictor =
        SavedModel.open(folder.resolve("model"), Device.CPU).predictor(Device.CPU, DType.FLOAT32)) {
      predictor.predictAll(
          files,
          0,
          new BadPictures(new BadPictures.Limit(1, 100), files.size(), w -> {}),
          answer ->
              classes
                  .computeIfAbsent(answer.best().name(), name -> new ArrayList<>())
                  .add(answer.best().probability()));
    }
    StringBuilder lines = new StringBuilder();
    classes.forEach(
        (name, found) ->
            lines.append(
                "%s: %d, probability %.3f%n"
                    .formatted(
                        name,
                        found.size(),
                        found.stream().mapToDouble(p -> p).average().orElseThrow())));
    return lines
        + "broken: "
        + folder.resolve("pictures/9.png").toUri().toString().replace("file:///", "file:/")
        + ": no picture of a known format (it begins with \"no picture\"); must be one of JPEG,"
        + " PNG, WEBP, BMP, GIF, TIFF\n";
  }

  private static Stream<Path> logs(Path application) {
    return Stream.of("0", "1", "2")
        .map(executor -> application.resolve(executor).resolve("stderr"))
        .filter(Files::exists);
  }

  @Test
  @Tag("slow")
  void two_executors_answer_as_predict_does() throws Exception {
    Fixture.writePictures(folder.resolve("pictures"), 70);
    Files.writeString(folder.resolve("pictures/9.png"), "no picture");
    Fixture.writeModel(folder.resolve("model"), "resnet20", 7, 1);
    compile();
    assertThat(run("local-cluster[2,1,1024]")).isEqualTo(expected());
    try (Stream<Path> executors = Files.list(folder.resolve("spark-home/work"))) {
      assertThat(executors.flatMap(application -> logs(application)).toList()).hasSize(2);
    }
  }
}
