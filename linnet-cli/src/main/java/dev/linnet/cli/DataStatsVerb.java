package dev.linnet.cli;

import dev.linnet.data.DataSource;
import dev.linnet.data.DataStats;
import dev.linnet.data.Split;
import dev.linnet.image.DecodeOptions;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code data stats}: figures of a data set. */
@Command(
    name = "stats",
    header = "counts classes, sizes and formats; mean and deviation of the colors",
    description =
        "Counts are of all pictures of the split, sizes and colors of at most --pictures of them,"
            + " evenly spread.",
    footer = {
      "  linnet data stats digits",
      "  linnet data stats photos/ --split val --json",
    })
final class DataStatsVerb implements Callable<Integer> {
  @Mixin private DataArgument data = new DataArgument();

  @Option(names = "--split", paramLabel = "SPLIT", description = "train (default), val or test")
  private Split split = Split.TRAIN;

  @Option(
      names = "--pictures",
      paramLabel = "N",
      description = "pictures that are read; default 10000")
  private int pictures = 10_000;

  private final Session session;

  DataStatsVerb(Session session) {
    this.session = session;
  }

  @Override
  public Integer call() {
    DataSource source = data.open(session, DataArgument.looking(session));
    source.warnings().forEach(session.output()::warn);
    DataStats stats =
        DataStats.of(source.need(split), DecodeOptions.DEFAULT, pictures, session.workers());
    if (session.output().isJson()) {
      session.output().json(json(source, stats));
    } else {
      print(source, stats);
    }
    return Failures.DONE;
  }

  private void print(DataSource source, DataStats stats) {
    Output output = session.output();
    List<List<String>> rows = new ArrayList<>();
    rows.add(List.of("class", "pictures"));
    for (int label = 0; label < source.classes().size(); label++) {
      rows.add(List.of(source.classes().get(label), String.valueOf(stats.perClass().get(label))));
    }
    output.table(rows);
    output.answer("");
    output.answer("read      %d pictures, %d broken".formatted(stats.pictures(), stats.broken()));
    output.answer("heights   " + spread(stats.heights()));
    output.answer("widths    " + spread(stats.widths()));
    output.answer("formats   " + counts(stats.formats()));
    output.answer("channels  " + counts(stats.channels()));
    output.answer("mean      " + numbers(stats.normalization().mean()));
    output.answer("std       " + numbers(stats.normalization().std()));
  }

  private static String spread(DataStats.Spread spread) {
    return "%d to %d pixels, half of them %d to %d, median %d"
        .formatted(spread.least(), spread.most(), spread.lower(), spread.upper(), spread.median());
  }

  private static <K extends Comparable<K>> String counts(Map<K, Integer> counts) {
    List<String> parts = new ArrayList<>();
    counts.entrySet().stream()
        .sorted(Map.Entry.comparingByKey())
        .forEach(entry -> parts.add(entry.getKey() + ": " + entry.getValue()));
    return String.join(", ", parts);
  }

  private static String numbers(List<Double> values) {
    return String.join(
        "  ", values.stream().map(v -> String.format(Locale.ROOT, "%.4f", v)).toList());
  }

  private Map<String, Object> json(DataSource source, DataStats stats) {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("data", source.name());
    json.put("layout", source.layout());
    json.put("split", split.key());
    Map<String, Object> classes = new LinkedHashMap<>();
    for (int label = 0; label < source.classes().size(); label++) {
      classes.put(source.classes().get(label), stats.perClass().get(label));
    }
    json.put("classes", classes);
    json.put("pictures", stats.pictures());
    json.put("broken", stats.broken());
    json.put("heights", json(stats.heights()));
    json.put("widths", json(stats.widths()));
    json.put("formats", stats.formats());
    json.put("channels", stats.channels());
    json.put("mean", stats.normalization().mean());
    json.put("std", stats.normalization().std());
    return json;
  }

  private static Map<String, Object> json(DataStats.Spread spread) {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("least", spread.least());
    json.put("lower", spread.lower());
    json.put("median", spread.median());
    json.put("upper", spread.upper());
    json.put("most", spread.most());
    return json;
  }
}
