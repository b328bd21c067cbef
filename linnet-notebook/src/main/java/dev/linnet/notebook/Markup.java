package dev.linnet.notebook;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Objects.requireNonNull;

import dev.linnet.report.RunReport;
import dev.linnet.report.Section;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.stream.Collectors;

/** Parts of pages inside a notebook, which is itself a page with a style of its own. */
final class Markup {
  private static final int FRAME = 680;

  /** Around parts in a cell; a page has more. */
  private static final String SPACE = "& { margin: 0; padding: 2px 12px 12px; }\n";

  private Markup() {}

  /** A part; one that needs a script comes in a frame, since only pages may run theirs. */
  static String of(Section section) {
    return section.script().isEmpty()
        ? of(List.of(section))
        : framed(new RunReport("Linnet", "", List.of(section)));
  }

  /** Parts without scripts, one below the other. */
  static String of(List<Section> sections) {
    return sections.stream()
        .map(Section::html)
        .collect(
            Collectors.joining(
                "\n", "<div class=\"linnet\"><style>" + style() + "</style>\n", "\n</div>"));
  }

  /** A page, which keeps its content policy: nothing is loaded, only its own scripts run. */
  static String of(RunReport page) {
    return framed(page);
  }

  private static String framed(RunReport page) {
    String escaped = page.html().replace("&", "&amp;").replace("\"", "&quot;");
    return "<iframe sandbox=\"allow-scripts\" style=\"width:100%;height:"
        + FRAME
        + "px;border:0\" srcdoc=\""
        + escaped
        + "\"></iframe>";
  }

  /** The style of pages, nested so that it reaches these parts and not the notebook. */
  private static String style() {
    try (InputStream in = RunReport.class.getResourceAsStream("report.css")) {
      String pages =
          new String(requireNonNull(in, "report.css is in the jar").readAllBytes(), UTF_8);
      return ".linnet {\n" + pages.replaceAll("(:root|\\bbody) \\{", "& {") + SPACE + "}\n";
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
