package dev.linnet.report;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Objects.requireNonNull;

import dev.linnet.base.AtomicFile;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;
import java.util.List;

/**
 * A page, such as a run's {@code report.html}: one file that works offline, in light and dark, on a
 * phone and on paper, without scripts but those of its parts that say so.
 *
 * @param title such as the name of the run
 * @param subtitle what is shown in a line: of a run network, data, epochs, date
 * @param sections the parts from top to bottom
 */
public record RunReport(String title, String subtitle, List<Section> sections) {
  public RunReport {
    sections = List.copyOf(sections);
  }

  /** The page as HTML that is XML too. */
  public String html() {
    Html html = new Html().markup("<!DOCTYPE html>\n").open("html", "lang", "en");
    html.line().open("head").line().empty("meta", "charset", "utf-8");
    html.line().empty("meta", "name", "viewport", "content", "width=device-width, initial-scale=1");
    // Whatever a class or a file is called: nothing runs and nothing is loaded.
    html.line()
        .empty(
            "meta",
            "http-equiv",
            "Content-Security-Policy",
            "content",
            "default-src 'none'; style-src 'unsafe-inline'; img-src data:" + allowed());
    html.line().leaf("title", title + " – Linnet");
    html.line().open("style").line().markup(style()).close().close();
    html.line().open("body").line().open("header").leaf("h1", title);
    html.leaf("p", subtitle, "class", "about").close();
    html.line().open("main");
    sections.forEach(section -> html.line().markup(section.html()));
    html.line().close();
    for (String script : scripts()) {
      html.line().open("script").markup(framed(script)).close();
    }
    return html.close().close().line().toString();
  }

  private List<String> scripts() {
    return sections.stream().map(Section::script).filter(s -> !s.isEmpty()).distinct().toList();
  }

  /** A script that is the same text to a reader of HTML and to one of XML. */
  private static String framed(String script) {
    boolean plain = Html.escape(script).replace("&#39;", "'").replace("&gt;", ">").equals(script);
    // To XML what is between is no markup, to HTML the frame is a comment of the script.
    return plain ? script : "//<![CDATA[\n" + script.replace("]]>", "]] >") + "\n//]]>";
  }

  /** The hashes of the scripts that may run: of the page's own and of no other. */
  private String allowed() {
    StringBuilder hashes = new StringBuilder();
    for (String script : scripts()) {
      hashes.append(" 'sha256-").append(sha256(framed(script))).append('\'');
    }
    return hashes.isEmpty() ? "" : "; script-src" + hashes;
  }

  private static String sha256(String text) {
    try {
      byte[] hash = MessageDigest.getInstance("SHA-256").digest(text.getBytes(UTF_8));
      return Base64.getEncoder().encodeToString(hash);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  /**
   * Writes the page, over one that may be there.
   *
   * @throws dev.linnet.base.LinnetException if the disk is full; the old page stays
   */
  public void write(Path file) {
    AtomicFile.write(file, html());
  }

  private static String style() {
    try (InputStream in = RunReport.class.getResourceAsStream("report.css")) {
      return new String(requireNonNull(in, "report.css is in the jar").readAllBytes(), UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
