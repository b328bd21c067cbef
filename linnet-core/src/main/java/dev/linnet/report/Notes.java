package dev.linnet.report;

import java.util.List;

/** What the reader should know before believing the numbers: warnings, one a line. */
public record Notes(List<String> notes) implements Section {
  public Notes {
    notes = List.copyOf(notes);
  }

  @Override
  public String html() {
    Html html = new Html().open("section", "class", "notes").open("ul");
    notes.forEach(note -> html.line().leaf("li", note));
    return html.close().close().toString();
  }
}
