package dev.linnet.cli;

import dev.linnet.data.DataCheck;
import dev.linnet.data.DataSource;
import dev.linnet.data.Split;
import dev.linnet.image.DecodeOptions;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code data check}: reads every picture and says what is wrong. */
@Command(
    name = "check",
    header = "reads every picture and names what is wrong",
    description =
        "Broken pictures, the same picture in two classes or splits, classes with one picture,"
            + " pictures that a camera turned, tiny ones, shards that end early. Exit code 1 if a"
            + " picture or a shard is broken.",
    footer = {"  linnet data check photos/", "  linnet data check photos/ --json"})
final class DataCheckVerb implements Callable<Integer> {
  @Mixin private DataArgument data = new DataArgument();

  @Option(
      names = "--max-pixels",
      paramLabel = "N",
      description = "pixels above which a picture is refused by its header")
  private @Nullable Long maxPixels;

  private final Session session;

  DataCheckVerb(Session session) {
    this.session = session;
  }

  @Override
  public Integer call() {
    Output output = session.output();
    DataSource source = data.open(session, DataArgument.looking(session).withAnew(true));
    DecodeOptions decode =
        maxPixels == null ? DecodeOptions.DEFAULT : DecodeOptions.DEFAULT.withMaxPixels(maxPixels);
    DataCheck.Report report =
        DataCheck.run(
            source,
            decode,
            session.workers(),
            (done, total) -> output.progress("%d of %d pictures".formatted(done, total)));
    output.eraseProgress();
    if (output.isJson()) {
      output.json(json(source, report));
    } else {
      print(source, report);
    }
    return report.count(DataCheck.Kind.BROKEN) + report.count(DataCheck.Kind.CUT_SHARD) > 0
        ? Failures.FAILED
        : Failures.DONE;
  }

  private void print(DataSource source, DataCheck.Report report) {
    Output output = session.output();
    for (DataCheck.Finding finding : report.findings()) {
      output.answer(finding.toString());
    }
    output.answer(
        "%s: %s, %d classes".formatted(source.where(), source.layout(), source.classes().size()));
    List<String> parts = new ArrayList<>();
    for (Split split : Split.values()) {
      Integer count = report.pictures().get(split);
      if (count != null) {
        parts.add(count + " " + split.key());
      }
    }
    output.answer(
        "%s pictures from %s to %s pixels; %s"
            .formatted(
                String.join(", ", parts), report.smallest(), report.largest(), formats(report)));
    output.answer(verdict(report));
  }

  private static String formats(DataCheck.Report report) {
    List<String> parts = new ArrayList<>();
    report.formats().entrySet().stream()
        .sorted(Map.Entry.comparingByKey())
        .forEach(entry -> parts.add(entry.getValue() + " " + entry.getKey()));
    return parts.isEmpty() ? "none can be read" : String.join("; ", parts);
  }

  private static String verdict(DataCheck.Report report) {
    if (report.findings().isEmpty()) {
      return "nothing is wrong";
    }
    List<String> parts = new ArrayList<>();
    for (DataCheck.Kind kind : DataCheck.Kind.values()) {
      if (report.count(kind) > 0) {
        parts.add(key(kind).replace('_', ' ') + " " + report.count(kind));
      }
    }
    return "found: " + String.join(", ", parts);
  }

  private static Map<String, Object> json(DataSource source, DataCheck.Report report) {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("data", source.name());
    json.put("layout", source.layout());
    json.put("classes", source.classes());
    Map<String, Object> pictures = new LinkedHashMap<>();
    for (Split split : Split.values()) {
      Integer count = report.pictures().get(split);
      if (count != null) {
        pictures.put(split.key(), count);
      }
    }
    json.put("pictures", pictures);
    List<Map<String, Object>> findings = new ArrayList<>();
    for (DataCheck.Finding finding : report.findings()) {
      Map<String, Object> row = new LinkedHashMap<>();
      row.put("kind", key(finding.kind()));
      row.put("where", finding.where());
      row.put("what", finding.what());
      findings.add(row);
    }
    json.put("findings", findings);
    json.put("formats", report.formats());
    json.put("smallest", List.of(report.smallest().height(), report.smallest().width()));
    json.put("largest", List.of(report.largest().height(), report.largest().width()));
    return json;
  }

  private static String key(DataCheck.Kind kind) {
    return kind.name().toLowerCase(Locale.ROOT);
  }
}
