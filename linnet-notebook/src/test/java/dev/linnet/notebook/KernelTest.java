package dev.linnet.notebook;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Jupyter executes every notebook with the JJava kernel, where both are installed: {@code pip
 * install nbconvert jjava}. {@code -Dlinnet.jupyter=} says where the command {@code jupyter} lies,
 * if not on the PATH. NotebooksTest runs the same cells everywhere.
 */
@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
@Tag("slow")
final class KernelTest {
  private static final String JUPYTER = System.getProperty("linnet.jupyter", "jupyter");

  @TempDir private static Path folder;

  static Stream<Notebook> notebooks() {
    return Notebook.all().stream();
  }

  @BeforeAll
  static void look_for_jupyter() throws IOException, InterruptedException {
    Assumptions.assumeTrue(
        succeeds("nbconvert", "--version") && kernels().contains("jjava"),
        "skipped: no jupyter nbconvert with the kernel jjava; pip install nbconvert jjava");
    LocalRepository.create(folder.resolve("repository"));
  }

  private static boolean succeeds(String... words) throws InterruptedException {
    try {
      return jupyter(words).code() == 0;
    } catch (IOException notFound) {
      return false;
    }
  }

  private static String kernels() throws IOException, InterruptedException {
    return jupyter("kernelspec", "list", "--json").out();
  }

  private static Command jupyter(String... arguments) throws IOException, InterruptedException {
    List<String> words = new ArrayList<>(List.of(JUPYTER));
    words.addAll(List.of(arguments));
    String options =
        "-Xmx1g -Dorg.bytedeco.javacpp.maxphysicalbytes=0 -Dmaven.repo.local="
            + folder.resolve("repository");
    return Command.run(folder, Map.of("JJAVA_JVM_OPTS", options), words);
  }

  @ParameterizedTest
  @MethodSource("notebooks")
  void the_kernel_runs_every_cell(Notebook notebook) throws IOException, InterruptedException {
    Command command =
        jupyter(
            "nbconvert",
            "--to",
            "notebook",
            "--execute",
            "--output-dir",
            folder.toString(),
            notebook.file().toString());
    assertThat(command.code()).as(command.err()).isZero();
    JsonNode executed = new ObjectMapper().readTree(folder.resolve(notebook.toString()).toFile());
    List<String> types = new ArrayList<>();
    for (JsonNode output : executed.findValues("data")) {
      output.fieldNames().forEachRemaining(types::add);
    }
    assertThat(types)
        .filteredOn(type -> List.of("image/png", "image/svg+xml", "text/html").contains(type))
        .hasSizeGreaterThanOrEqualTo(3);
  }
}
