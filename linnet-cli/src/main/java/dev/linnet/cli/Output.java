package dev.linnet.cli;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.linnet.base.OneLine;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;

/**
 * What a command says: answers on the standard output, everything else on the standard error.
 *
 * <p>Any thread: warnings come from workers while the progress line is drawn.
 */
final class Output {
  private static final String ERASE_LINE = "\r\u001b[K";

  /** Blanks between the columns of a table. */
  private static final int GAP = 2;

  private final PrintStream out;
  private final PrintStream err;
  private final Terminal outTerminal;
  private final Terminal errTerminal;
  private final Common common;
  private boolean lineIsOpen;

  Output(Shell shell, Common common) {
    this.out = shell.out();
    this.err = shell.err();
    this.outTerminal = shell.outTerminal();
    this.errTerminal = shell.errTerminal();
    this.common = common;
  }

  /** Whether the answer is wanted as JSON. */
  boolean isJson() {
    return common.json;
  }

  /** A line of the answer. */
  synchronized void answer(String line) {
    eraseProgress();
    out.println(line);
    if (outTerminal.interactive()) {
      out.flush();
    }
  }

  /** Takes an answer that others write: help and versions. */
  PrintWriter answerWriter() {
    return new PrintWriter(out, true, UTF_8);
  }

  /** The answer as one JSON object; see {@link Json}. */
  void json(Object value) {
    answer(Json.write(value));
  }

  /** An answer that is a JSON object already, on one line, with one more key in front. */
  void jsonText(String key, String value, String json) {
    try {
      ObjectMapper mapper = new ObjectMapper();
      ObjectNode object = mapper.createObjectNode().put(key, value);
      object.setAll((ObjectNode) mapper.readTree(json));
      answer(object.toString());
    } catch (JsonProcessingException e) {
      throw new IllegalArgumentException("not JSON: " + json, e);
    }
  }

  /** Hands what was answered so far to whoever reads it. */
  void flush() {
    out.flush();
  }

  /** Something about the way to the answer; not with {@code --quiet}. */
  void note(String line) {
    if (!common.quiet) {
      say(line);
    }
  }

  /** Something that is seldom wanted; with {@code --verbose} alone. */
  void detail(String line) {
    if (common.verbose) {
      say(line);
    }
  }

  /** What another process said. */
  void passOn(String line) {
    say(OneLine.of(line));
  }

  /** What may be wrong; the command goes on. */
  void warn(String line) {
    say(errStyle().yellow("warning:") + " " + OneLine.of(line));
  }

  /** Why the command ends; each line of the message with the program's name. */
  void error(String message) {
    for (String line : message.split("\n", -1)) {
      say(errStyle().red("linnet:") + " " + line);
    }
  }

  /** A stack trace, with {@code --debug} alone. */
  synchronized void trace(Throwable problem) {
    if (common.debug) {
      eraseProgress();
      problem.printStackTrace(err);
    }
  }

  /** Whether {@link #progress} shows anything. */
  boolean showsProgress() {
    return errTerminal.interactive() && !common.quiet;
  }

  /** Columns that a line of {@link #progress} may have. */
  int progressWidth() {
    return Math.max(1, errTerminal.width() - 1);
  }

  /** A line that the next one takes the place of; on a terminal only. */
  synchronized void progress(String line) {
    if (showsProgress()) {
      int end = Math.min(line.length(), progressWidth());
      err.print(ERASE_LINE + line.substring(0, end));
      err.flush();
      lineIsOpen = true;
    }
  }

  /** Takes the line of {@link #progress} away. */
  synchronized void eraseProgress() {
    if (lineIsOpen) {
      err.print(ERASE_LINE);
      err.flush();
      lineIsOpen = false;
    }
  }

  /** How the answer may be set off. */
  Style style() {
    return new Style(outTerminal.colors());
  }

  private Style errStyle() {
    return new Style(errTerminal.colors());
  }

  private synchronized void say(String line) {
    eraseProgress();
    err.println(line);
  }

  /** Setting off by the terminal's codes, or not at all. */
  record Style(boolean colors) {
    String bold(String text) {
      return code("1", text);
    }

    String red(String text) {
      return code("1;31", text);
    }

    String yellow(String text) {
      return code("33", text);
    }

    String green(String text) {
      return code("32", text);
    }

    private String code(String code, String text) {
      return colors ? "\u001b[" + code + "m" + text + "\u001b[0m" : text;
    }
  }

  /**
   * A table whose lesser columns are left out, one after the other, until its lines fit on the
   * terminal; a file or a pipe gets all of them.
   *
   * @param lesser names of columns, the least one first
   */
  void table(List<List<String>> rows, List<String> lesser) {
    List<List<String>> fitting = rows;
    for (String name : lesser) {
      int column = fitting.get(0).indexOf(name);
      if (outTerminal.interactive() && column >= 0 && width(fitting) > outTerminal.width()) {
        fitting = fitting.stream().map(row -> without(row, column)).toList();
      }
    }
    table(fitting);
  }

  private static List<String> without(List<String> row, int column) {
    List<String> rest = new ArrayList<>(row);
    rest.remove(column);
    return rest;
  }

  private static int width(List<List<String>> rows) {
    return widths(rows).stream().mapToInt(width -> width + GAP).sum() - GAP;
  }

  private static List<Integer> widths(List<List<String>> rows) {
    List<Integer> widths = new ArrayList<>();
    for (int column = 0; column < rows.get(0).size(); column++) {
      int index = column;
      widths.add(rows.stream().mapToInt(row -> row.get(index).length()).max().orElse(0));
    }
    return widths;
  }

  /** A table for people: the first row is its head, numbers stand on the right. */
  void table(List<List<String>> rows) {
    List<String> lines = lines(rows);
    for (int i = 0; i < lines.size(); i++) {
      answer(i == 0 ? style().bold(lines.get(i)) : lines.get(i));
    }
  }

  /** The same beside the answer. */
  void noteTable(List<List<String>> rows) {
    lines(rows).forEach(this::note);
  }

  private static List<String> lines(List<List<String>> rows) {
    List<String> lines = new ArrayList<>();
    List<Integer> widths = widths(rows);
    for (int i = 0; i < rows.size(); i++) {
      StringBuilder line = new StringBuilder();
      for (int column = 0; column < widths.size(); column++) {
        String cell = rows.get(i).get(column);
        String blank = " ".repeat(widths.get(column) - cell.length());
        line.append(isNumbers(rows, column) ? blank + cell : cell + blank).append(" ".repeat(GAP));
      }
      lines.add(line.toString().stripTrailing());
    }
    return lines;
  }

  private static boolean isNumbers(List<List<String>> rows, int column) {
    return rows.size() > 1
        && rows.stream()
            .skip(1)
            .map(row -> row.get(column))
            .allMatch(
                cell -> cell.isEmpty() || Character.isDigit(cell.charAt(0)) || cell.equals("–"));
  }
}
