package dev.linnet.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/**
 * One command, run in this process.
 *
 * @param code its exit code
 * @param out what it answered
 * @param err what it said beside
 */
record Run(int code, String out, String err) {
  /** Runs a command without environment variables and without input. */
  static Run of(String... arguments) {
    return with(Map.of(), "", arguments);
  }

  /** Runs a command. */
  static Run with(Map<String, String> environment, String in, String... arguments) {
    return in(Path.of(""), environment, in, arguments);
  }

  /** Runs a command whose results without a name go into a folder. */
  static Run in(Path folder, String... arguments) {
    return in(folder, Map.of(), "", arguments);
  }

  private static Run in(
      Path folder, Map<String, String> environment, String in, String... arguments) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    ByteArrayOutputStream err = new ByteArrayOutputStream();
    Shell shell =
        Shell.of(environment, folder, new ByteArrayInputStream(in.getBytes(UTF_8)), out, err);
    int code = Main.run(List.of(arguments), shell);
    return new Run(code, out.toString(UTF_8), err.toString(UTF_8));
  }

  /** Checks that the command failed with these lines, which are all that it said. */
  void failed(int expectedCode, String... lines) {
    assertThat(err.lines()).containsExactly(lines);
    assertThat(out).isEmpty();
    assertThat(code).isEqualTo(expectedCode);
  }

  /** Checks that the command failed, and that this is the last thing that it said. */
  void failedWith(int expectedCode, String lastLine) {
    assertThat(err.lines()).endsWith(lastLine);
    assertThat(out).isEmpty();
    assertThat(code).isEqualTo(expectedCode);
  }

  /** Checks that the command went well; gives its answer. */
  String answered() {
    assertThat(code).as(err).isZero();
    return out;
  }

  /** Checks that the command went well; gives its answer, one JSON object on one line. */
  JsonNode json() {
    assertThat(answered().lines()).hasSize(1);
    try {
      return JsonMapper.builder().build().readTree(out);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
