package dev.linnet.recipe;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.linnet.report.MetricsCsv;
import dev.linnet.testing.Repository;
import java.io.IOException;
import java.lang.reflect.Field;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Writes what {@code results} has into the cards of {@code docs/tricks}, and their index. A study's
 * row names its card; the study's {@code summary.csv} has the gain.
 */
final class TrickCards {
  static final Path FOLDER = Repository.path("docs/tricks");
  static final String INDEX = "README.md";

  private static final Pattern BLOCK =
      Pattern.compile("(<!-- measured: ([^ ]+) -->\n).*?(<!-- end -->)", Pattern.DOTALL);

  private TrickCards() {}

  /**
   * What a study measured for a card.
   *
   * @param study the name of its folder in {@code results}
   * @param row a line of its {@code summary.csv}
   * @param facts its {@code command.txt}
   */
  record Measured(String study, Map<String, String> row, Map<String, String> facts) {
    String cell(String column) {
      return row.getOrDefault(column, "");
    }

    String gain() {
      double gain = Double.parseDouble(cell("gain"));
      return (gain < 0 ? "−" : "+") + two(Math.abs(gain)) + spread("gain_deviation");
    }

    String accuracy(String which) {
      return two(Double.parseDouble(cell(which + "_mean"))) + spread(which + "_deviation");
    }

    String time() {
      return cell("gain_time").isEmpty() ? "–" : "×" + two(Double.parseDouble(cell("gain_time")));
    }

    String chance() {
      String p = cell("gain_p");
      return p.isEmpty() ? "–" : p;
    }

    private String spread(String column) {
      return cell(column).isEmpty() ? "" : " ± " + two(Double.parseDouble(cell(column)));
    }

    private static String two(double value) {
      return String.format(Locale.ROOT, "%.2f", value);
    }
  }

  /** Choices whose card has another name, or none. */
  private static final Map<String, String> CARDS =
      Map.of("norm", "clip", "value", "clip", "uniform", "");

  /** What has a card: the keys of a recipe that offer a choice, crops and mirrors apart. */
  static Set<String> keys() {
    Set<String> keys = new TreeSet<>();
    for (Field field : Kinds.class.getDeclaredFields()) {
      if (field.getType() == List.class && !field.getName().equals("AUGMENTS")) {
        try {
          for (Object kind : (List<?>) field.get(null)) {
            String name = ((Kinds.Kind) kind).name();
            keys.add(CARDS.getOrDefault(name, name));
          }
        } catch (IllegalAccessException e) {
          throw new IllegalStateException(e);
        }
      }
    }
    keys.remove("");
    return keys;
  }

  /** What was measured, by card. */
  static Map<String, List<Measured>> measured() throws IOException {
    Map<String, List<Measured>> measured = new TreeMap<>();
    Path results = Repository.path("results");
    if (!Files.isDirectory(results)) {
      return measured;
    }
    List<Path> studies;
    try (Stream<Path> list = Files.list(results)) {
      studies = list.filter(s -> Files.exists(s.resolve("summary.csv"))).sorted().toList();
    }
    for (Path study : studies) {
      Map<String, String> facts = facts(study.resolve("command.txt"));
      for (Map<String, String> row : MetricsCsv.read(study.resolve("summary.csv"))) {
        String card = row.getOrDefault("card", "");
        if (!card.isEmpty() && !row.getOrDefault("gain", "").isEmpty()) {
          measured
              .computeIfAbsent(card, c -> new ArrayList<>())
              .add(new Measured(String.valueOf(study.getFileName()), row, facts));
        }
      }
    }
    return measured;
  }

  private static Map<String, String> facts(Path file) throws IOException {
    Map<String, String> facts = new LinkedHashMap<>();
    for (String line : Files.readAllLines(file, UTF_8)) {
      int colon = line.indexOf(": ");
      if (colon > 0) {
        facts.put(line.substring(0, colon), line.substring(colon + 2));
      }
    }
    return facts;
  }

  /** The names of the cards on disk, without their ending. */
  static List<String> names() throws IOException {
    try (Stream<Path> files = Files.list(FOLDER)) {
      return files
          .map(file -> file.getFileName().toString())
          .filter(name -> name.endsWith(".md") && !name.equals(INDEX))
          .map(name -> name.replaceFirst("\\.md$", ""))
          .sorted()
          .toList();
    }
  }

  static String text(String name) throws IOException {
    return Files.readString(FOLDER.resolve(name + ".md"), UTF_8);
  }

  /** A card with its block filled. */
  static String filled(String card, Map<String, List<Measured>> measured) {
    Matcher block = BLOCK.matcher(card);
    return block.replaceAll(
        found ->
            Matcher.quoteReplacement(
                found.group(1)
                    + block(measured.getOrDefault(found.group(2), List.of()))
                    + found.group(3)));
  }

  private static String block(List<Measured> measured) {
    if (measured.isEmpty()) {
      return "Not measured.\n";
    }
    StringBuilder text = new StringBuilder();
    text.append(
        "| Study | On | Without | With | Gain | p | Time |\n|---|---|---:|---:|---:|---:|---:|\n");
    for (Measured m : measured) {
      text.append(
          "| [%s](../../results/%s/README.md), n = %s | %s; %s; %s epochs | %s | %s | %s | %s | %s |\n"
              .formatted(
                  m.study(),
                  m.study(),
                  m.cell("n"),
                  m.facts().getOrDefault("data", "?"),
                  m.facts().getOrDefault("network", "?"),
                  m.facts().getOrDefault("epochs", "?"),
                  m.accuracy("without"),
                  m.accuracy("with"),
                  m.gain(),
                  m.chance(),
                  m.time()));
    }
    String what =
        measured.stream()
            .map(m -> m.facts().getOrDefault("measured", "?"))
            .distinct()
            .collect(Collectors.joining(", "));
    text.append(
        "\nIn percent (%s), mean ± deviation over the seeds; gain of pairs with the same seed,"
            .formatted(what));
    text.append(" p by a paired t-test.\n");
    measured.stream()
        .map(m -> "`" + m.facts().getOrDefault("command", "?") + "`\n")
        .distinct()
        .forEach(text::append);
    return text.toString();
  }

  /** {@code docs/tricks/README.md}. */
  static String index(Map<String, List<Measured>> measured) throws IOException {
    StringBuilder text = new StringBuilder();
    text.append(
        "# Cards\n\nOne card a trick, an optimizer, a schedule, a loss, an augmentation: what it");
    text.append(
        " does, its formula, paper, defaults,\n"
            + "cost, when it hurts, how ours differs, and what was");
    text.append(
        " measured. Gain: top-1, or recall@1 where a loss is of similarity, in percentage points,"
            + " mean ± deviation\n"
            + "over the seeds, and the");
    text.append(" study in `results`; time: of a run with it, beside one without.\n\n");
    text.append("| card | what it does | gain | time |\n|---|---|---|---|\n");
    for (String name : names()) {
      String card = text(name);
      List<Measured> ofCard = measured.getOrDefault(name, List.of());
      text.append(
          "| [%s](%s.md) | %s | %s | %s |\n"
              .formatted(
                  title(card),
                  name,
                  sentence(card),
                  ofCard.isEmpty()
                      ? "not measured"
                      : ofCard.stream()
                          .map(m -> m.gain() + " (" + m.study() + ")")
                          .collect(Collectors.joining("; ")),
                  ofCard.stream().map(Measured::time).collect(Collectors.joining("; "))));
    }
    text.append("\nThe table, and what was measured in the cards, are generated from `results`:\n");
    text.append("`mvn test -pl linnet-core -Dtest=TrickCardTest -Dlinnet.update=true`.\n");
    return text.toString();
  }

  static String title(String card) {
    return card.lines().findFirst().orElse("").replaceFirst("^# ", "");
  }

  /** The first sentence below the title. */
  static String sentence(String card) {
    String paragraph =
        card.lines()
            .skip(1)
            .dropWhile(String::isBlank)
            .takeWhile(line -> !line.isBlank())
            .collect(Collectors.joining(" "));
    return paragraph.replaceFirst("(?<=[a-zA-Z0-9)`])\\.( .*|$)", ".").replace("|", "\\|");
  }
}
