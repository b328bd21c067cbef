package dev.linnet.notebook;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import jdk.jshell.EvalException;
import jdk.jshell.ExpressionSnippet;
import jdk.jshell.JShell;
import jdk.jshell.Snippet;
import jdk.jshell.SnippetEvent;
import jdk.jshell.SourceCodeAnalysis;
import jdk.jshell.VarSnippet;

/**
 * Runs cells as the kernel does, which is a JShell too: snippet by snippet, what the last one
 * amounts to is shown. The snippets run in this process.
 */
final class Session implements AutoCloseable {
  private final JShell shell;

  Session() {
    shell =
        JShell.builder()
            .executionEngine("local")
            .compilerOptions("-classpath", System.getProperty("java.class.path"))
            .build();
    run("import static " + Shown.class.getName() + ".display;");
  }

  /** Runs a cell; returns what it shows. */
  List<Object> run(String cell) {
    Shown.take();
    Optional<String> last = Optional.empty();
    for (String snippet : snippets(shell, cell)) {
      last = Optional.empty();
      for (SnippetEvent event : shell.eval(snippet)) {
        if (event.causeSnippet() == null) {
          check(event);
          last = name(event.snippet());
        }
      }
    }
    if (last.isPresent() && isShown(cell)) {
      shell.eval("display(" + last.get() + ");").forEach(this::check);
    }
    return Shown.take();
  }

  /** Whether a cell ends with an expression, which is shown, and not with a statement. */
  static boolean isShown(String cell) {
    return !cell.endsWith(";") && !cell.endsWith("}");
  }

  /** The parts of a cell that are run one after the other. */
  static List<String> snippets(JShell shell, String cell) {
    List<String> snippets = new ArrayList<>();
    String rest = cell;
    while (!rest.isBlank()) {
      SourceCodeAnalysis.CompletionInfo info = shell.sourceCodeAnalysis().analyzeCompletion(rest);
      assertThat(info.completeness().isComplete()).as("complete: " + rest).isTrue();
      snippets.add(info.source());
      rest = info.remaining();
    }
    return snippets;
  }

  private void check(SnippetEvent event) {
    Snippet snippet = event.snippet();
    List<String> errors = shell.diagnostics(snippet).map(d -> d.getMessage(null)).toList();
    assertThat(event.status()).as(snippet.source() + errors).isEqualTo(Snippet.Status.VALID);
    if (event.exception() instanceof EvalException thrown) {
      throw new AssertionError(
          snippet.source() + thrown.getExceptionClassName() + ": " + thrown.getMessage(), thrown);
    }
    assertThat(event.exception()).as(snippet.source()).isNull();
  }

  private static Optional<String> name(Snippet snippet) {
    if (snippet instanceof VarSnippet variable) {
      return Optional.of(variable.name());
    }
    return snippet instanceof ExpressionSnippet expression
        ? Optional.of(expression.name())
        : Optional.empty();
  }

  @Override
  public void close() {
    shell.close();
  }
}
