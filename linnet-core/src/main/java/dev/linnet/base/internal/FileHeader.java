package dev.linnet.base.internal;

import java.util.List;

/**
 * The comment that a YAML file of the jar opens with: one line that says what it is, then lines
 * such as {@code # Source: a paper}, each of which may go on in lines that are indented.
 *
 * @param name of the file, for messages
 * @param lines of the file
 */
public record FileHeader(String name, List<String> lines) {
  private static final String GOES_ON = "#   ";

  public FileHeader {
    lines = List.copyOf(lines);
  }

  /** The header of a file's text. */
  public static FileHeader of(String name, String text) {
    return new FileHeader(name, text.lines().toList());
  }

  /** What the file is, in one line. */
  public String summary() {
    return lines.get(0).replaceFirst("^# ", "");
  }

  /**
   * What follows a title, on one line.
   *
   * @param title such as {@code Source}
   * @throws IllegalStateException if the file has no such line
   */
  public String get(String title) {
    String start = "# " + title + ": ";
    StringBuilder text = new StringBuilder();
    for (String line : lines) {
      if (line.startsWith(start)) {
        text.append(line.substring(start.length()));
      } else if (text.length() > 0 && line.startsWith(GOES_ON)) {
        text.append(' ').append(line.substring(GOES_ON.length()));
      } else if (text.length() > 0) {
        return text.toString();
      }
    }
    throw new IllegalStateException(name + " has no line \"" + start + '"');
  }
}
