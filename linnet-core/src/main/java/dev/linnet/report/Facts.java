package dev.linnet.report;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/** Names and values in the order given, such as the environment of a run. */
public record Facts(String title, Map<String, String> facts) implements Section {
  public Facts {
    facts = Collections.unmodifiableMap(new LinkedHashMap<>(facts));
  }

  @Override
  public String html() {
    Html html = new Html().open("section", "class", "card").leaf("h2", title);
    html.open("dl", "class", "facts");
    facts.forEach((name, value) -> html.line().leaf("dt", name).leaf("dd", value));
    return html.close().close().toString();
  }
}
