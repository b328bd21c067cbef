package dev.linnet.cli;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;

/** {@code doctor}: what this machine offers, what is wrong, and how to mend it. */
@Command(
    name = "doctor",
    header = "looks at the machine: what is there, what is wrong, how to mend it",
    description =
        "Looks at the processor, memory, device, native libraries, caches, data folders, "
            + "terminal and launcher settings. Exit code 1 if something keeps Linnet from working.",
    footer = {
      "  linnet doctor",
      "  linnet doctor --json",
      "  LINNET_DATA=/data linnet doctor      which data sets are found there",
    })
final class DoctorVerb implements Callable<Integer> {
  private final Session session;

  DoctorVerb(Session session) {
    this.session = session;
  }

  @Override
  public Integer call() {
    Output output = session.output();
    Checkup checkup = Checkup.of(session.shell(), session.common());
    boolean works = checkup.findings().stream().noneMatch(Checkup.Finding::isBroken);
    if (output.isJson()) {
      output.json(json(checkup, works));
      return works ? Failures.DONE : Failures.FAILED;
    }
    checkup.facts().forEach((area, facts) -> print(output, area, facts));
    output.answer("");
    for (Checkup.Finding finding : checkup.findings()) {
      String mark =
          finding.isBroken() ? output.style().red("wrong:") : output.style().yellow("hint:");
      output.answer(mark + " " + finding.what() + "; " + finding.mend());
    }
    if (checkup.findings().isEmpty()) {
      output.answer(output.style().green("All is well."));
    }
    return works ? Failures.DONE : Failures.FAILED;
  }

  private static void print(Output output, String area, Map<String, Object> facts) {
    int width = facts.keySet().stream().mapToInt(String::length).max().orElse(0);
    output.answer(output.style().bold(area));
    facts.forEach(
        (name, value) ->
            output.answer(
                "  " + title(name) + " ".repeat(width - name.length() + 2) + shown(value)));
  }

  /** Names of environment variables stay as they are. */
  private static String title(String name) {
    return name.equals(name.toLowerCase(Locale.ROOT)) ? name.replace('_', ' ') : name;
  }

  private static String shown(Object value) {
    if (value instanceof Boolean truth) {
      return truth ? "yes" : "no";
    }
    return value instanceof List<?> list
        ? String.join(" ", list.stream().map(String::valueOf).toList())
        : String.valueOf(value);
  }

  private static Map<String, Object> json(Checkup checkup, boolean works) {
    Map<String, Object> json = new LinkedHashMap<>(checkup.facts());
    List<Map<String, Object>> findings = new ArrayList<>();
    for (Checkup.Finding finding : checkup.findings()) {
      Map<String, Object> row = new LinkedHashMap<>();
      row.put("what", finding.what());
      row.put("mend", finding.mend());
      row.put("broken", finding.isBroken());
      findings.add(row);
    }
    json.put("findings", findings);
    json.put("works", works);
    return json;
  }
}
