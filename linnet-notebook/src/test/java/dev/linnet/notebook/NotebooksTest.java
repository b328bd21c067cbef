package dev.linnet.notebook;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import javax.tools.ToolProvider;
import jdk.jshell.JShell;
import org.dflib.jjava.jupyter.kernel.display.DisplayData;
import org.dflib.jjava.jupyter.kernel.display.Renderer;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The notebooks are whole, compile and run; KernelTest runs them in Jupyter, where there is one.
 */
@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
final class NotebooksTest {
  private static final String MAVEN = "%maven dev.linnet:linnet-notebook:";

  @TempDir private Path folder;

  static Stream<Notebook> notebooks() {
    return Notebook.all().stream();
  }

  @Test
  void there_are_four() {
    assertThat(Notebook.all())
        .extracting(Notebook::toString)
        .containsExactly(
            "01-first-network.ipynb",
            "02-transfer.ipynb",
            "03-tricks.ipynb",
            "04-looking-inside.ipynb");
  }

  @ParameterizedTest
  @MethodSource("notebooks")
  void a_notebook_is_of_the_kernel_and_has_no_output(Notebook notebook) throws IOException {
    assertThat(notebook.json().at("/metadata/kernelspec/name").asText()).isEqualTo("java");
    assertThat(notebook.json().path("nbformat").asInt()).isEqualTo(4);
    for (JsonNode cell : notebook.cells("code")) {
      assertThat(cell.path("outputs")).isEmpty();
      assertThat(cell.path("execution_count").isNull()).isTrue();
    }
    assertThat(notebook.code().get(0)).isEqualTo(MAVEN + LocalRepository.version());
    assertThat(Notebook.text(notebook.cells("markdown").get(0))).startsWith("# ");
  }

  /** Before anything runs: a change of the library that breaks a cell is seen in seconds. */
  @ParameterizedTest
  @MethodSource("notebooks")
  void the_cells_compile(Notebook notebook) throws IOException {
    StringBuilder imports = new StringBuilder("import static dev.linnet.notebook.Shown.display;\n");
    StringBuilder body = new StringBuilder();
    try (JShell shell = JShell.builder().executionEngine("local").build()) {
      for (String cell : notebook.code()) {
        String java = Notebook.java(cell);
        List<String> snippets = Session.snippets(shell, java);
        for (int i = 0; i < snippets.size(); i++) {
          String snippet = snippets.get(i).strip();
          if (snippet.startsWith("import ")) {
            imports.append(snippet).append('\n');
          } else if (i == snippets.size() - 1 && Session.isShown(java)) {
            body.append("display(").append(snippet.replaceFirst(";$", "")).append(");\n");
          } else {
            body.append(snippet).append('\n');
          }
        }
      }
    }
    String source =
        imports + "class Cells {\n  void run() throws Exception {\n" + body + "  }\n}\n";
    Path file = Files.writeString(folder.resolve("Cells.java"), source);
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
                file.toString());
    assertThat(compiled).as(errors.toString(UTF_8)).isZero();
  }

  @Tag("slow")
  @ParameterizedTest
  @MethodSource("notebooks")
  void every_cell_runs_and_what_it_shows_can_be_seen(Notebook notebook) {
    Renderer renderer = new Renderer();
    NotebookExtension.register(renderer);
    int seen = 0;
    try (Session session = new Session()) {
      for (String cell : notebook.code()) {
        for (Object value : session.run(Notebook.java(cell))) {
          DisplayData shown = renderer.render(value);
          assertThat(
                  Stream.of(NotebookExtension.PNG, NotebookExtension.SVG, NotebookExtension.HTML)
                      .anyMatch(shown::hasDataForType))
              .as("a picture, a chart or markup for " + cell)
              .isTrue();
          seen++;
        }
      }
    }
    assertThat(seen).isGreaterThanOrEqualTo(3);
  }
}
