package dev.linnet.search;

import dev.linnet.recipe.Recipe;
import dev.linnet.report.Csv;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;

/** A study's results as CSV, as Markdown and as sentences. */
final class StudyTables {
  /** Columns of the runs behind those of what was measured. */
  private static final List<String> COST_COLUMNS =
      List.of(
          "images",
          "best_epoch",
          "epochs",
          "seconds",
          "images_per_s",
          "macs",
          "parameters",
          "peak_bytes",
          "threads");

  private static final List<String> RUN_BEGIN = List.of("row", "seed", "end");

  /** In the name of a column the place of what is measured. */
  private static final String SCORE = "SCORE";

  private static final String MEAN = SCORE + "_mean";
  private static final String DEVIATION = SCORE + "_deviation";

  private static final List<String> ROW_COLUMNS =
      List.of(
          "row",
          "n",
          "diverged",
          MEAN,
          DEVIATION,
          "reference",
          "difference",
          "difference_error",
          "welch_p",
          "pairs",
          "paired_difference",
          "paired_deviation",
          "paired_p",
          "seconds",
          "seconds_ratio",
          "images_per_s",
          "macs",
          "parameters",
          "peak_bytes",
          "card",
          "over",
          "gain",
          "gain_deviation",
          "gain_p",
          "gain_time",
          "without_mean",
          "without_deviation",
          "with_mean",
          "with_deviation");

  /** Columns that hold no numbers. */
  private static final Set<String> TEXTS = Set.of("row", "reference", "card", "over");

  private final StudyResults results;
  private final Measure measure;
  private final List<String> command;

  StudyTables(StudyResults results, List<String> command) {
    this.results = results;
    this.measure = results.plan().measure();
    this.command = command;
  }

  /** A line a run. */
  String runsCsv() {
    List<List<String>> lines = new ArrayList<>();
    for (StudyResults.Row row : results.rows()) {
      row.runs().forEach(run -> lines.add(texts(cells(row, run))));
    }
    return Csv.text(runColumns(), lines);
  }

  private List<String> runColumns() {
    List<String> columns = new ArrayList<>(RUN_BEGIN);
    columns.addAll(measure.columns());
    columns.addAll(COST_COLUMNS);
    return columns;
  }

  private List<String> rowColumns() {
    return ROW_COLUMNS.stream().map(name -> name.replace(SCORE, measure.column())).toList();
  }

  private List<Object> cells(StudyResults.Row row, StudyResults.Run run) {
    List<Object> cells = new ArrayList<>(List.of(row.row().name(), run.seed()));
    if (run.figures().isEmpty()) {
      cells.add(run.diverged().isPresent() ? "diverged" : "open");
      while (cells.size() < runColumns().size()) {
        cells.add("");
      }
      return cells;
    }
    RunFigures figures = run.figures().get();
    cells.add("finished");
    cells.addAll(figures.measured());
    cells.addAll(
        List.of(
            figures.images(),
            figures.bestEpoch(),
            figures.epochs(),
            decimals(figures.seconds(), 3),
            decimals(figures.imagesPerSecond(), 1),
            decimals(figures.macs(), 0),
            figures.parameters(),
            figures.peakBytes().isPresent() ? figures.peakBytes().getAsLong() : "",
            figures.environment().getOrDefault("threads", "")));
    return cells;
  }

  /** A line a row. */
  String summaryCsv() {
    return Csv.text(rowColumns(), results.rows().stream().map(row -> texts(cells(row))).toList());
  }

  private List<Object> cells(StudyResults.Row row) {
    Sample score = row.score();
    List<Object> cells = new ArrayList<>();
    cells.add(row.row().name());
    cells.add(score.n());
    cells.add(row.diverged());
    cells.add(decimals(score.mean(), 4));
    cells.add(decimals(score.deviation(), 4));
    cells.add(results.reference().row().name());
    cells.add(of(row, Difference::difference));
    cells.add(of(row, Difference::error));
    cells.add(chance(row.toReference().map(Difference::welch).orElse(OptionalDouble.empty())));
    cells.add(row.toReference().map(d -> (Object) d.pairs()).orElse(""));
    cells.add(of(row, Difference::paired));
    cells.add(of(row, Difference::deviation));
    cells.add(chance(row.toReference().map(Difference::pairedP).orElse(OptionalDouble.empty())));
    cells.add(decimals(results.secondsOf(row), 3));
    cells.add(decimals(results.costOf(row), 3));
    cells.add(decimals(row.mean(RunFigures::imagesPerSecond), 1));
    cells.add(decimals(row.mean(RunFigures::macs), 0));
    cells.add(decimals(row.mean(RunFigures::parameters), 0));
    cells.add(decimals(row.mean(f -> f.peakBytes().orElse(0)), 0));
    cells.add(row.row().card().isNone() ? "" : row.row().card().value());
    cells.addAll(gainCells(row));
    return cells;
  }

  /** The lines of {@code summary.csv} by their columns' names, without empty cells. */
  List<Map<String, Object>> rowMaps() {
    List<Map<String, Object>> maps = new ArrayList<>();
    List<String> columns = rowColumns();
    for (StudyResults.Row row : results.rows()) {
      List<Object> cells = cells(row);
      Map<String, Object> map = new LinkedHashMap<>();
      for (int i = 0; i < columns.size(); i++) {
        if (!cells.get(i).equals("")) {
          map.put(
              columns.get(i),
              TEXTS.contains(columns.get(i))
                  ? cells.get(i)
                  : Double.valueOf(cells.get(i).toString()));
        }
      }
      maps.add(map);
    }
    return maps;
  }

  /** What a card takes: the figures without and with what the row is about. */
  private List<Object> gainCells(StudyResults.Row row) {
    if (row.gain().isEmpty()) {
      return List.of("", "", "", "", "", "", "", "", "");
    }
    Difference gain = row.gain().get();
    StudyResults.Row other = results.rows().get(row.row().against());
    boolean lacks = results.plan().study().design() == Study.Design.LEAVE_ONE_OUT;
    StudyResults.Row without = lacks ? row : other;
    StudyResults.Row with = lacks ? other : row;
    return List.of(
        other.row().name(),
        decimals(gain.paired(), 4),
        decimals(gain.deviation(), 4),
        chance(gain.pairedP()),
        decimals(StudyResults.cost(with, without), 3),
        decimals(without.score().mean(), 4),
        decimals(without.score().deviation(), 4),
        decimals(with.score().mean(), 4),
        decimals(with.score().deviation(), 4));
  }

  private static String of(StudyResults.Row row, Function<Difference, OptionalDouble> part) {
    return decimals(row.toReference().map(part).orElse(OptionalDouble.empty()), 4);
  }

  private static List<String> texts(List<Object> cells) {
    return cells.stream().map(String::valueOf).toList();
  }

  // ------------------------------------------------------------------ for people

  /** The head of the table. */
  List<String> head() {
    return List.of(
        "row",
        measure.title() + ", %",
        "difference",
        "p (paired)",
        "p (Welch)",
        "time",
        "MACs",
        "parameters",
        "memory");
  }

  /** The table, a row a row. */
  List<List<String>> table() {
    return results.rows().stream().map(this::shown).toList();
  }

  private List<String> shown(StudyResults.Row row) {
    Sample score = row.score();
    String name = row.row().name();
    String diverged = row.diverged() == 0 ? "" : ", " + row.diverged() + " diverged";
    double seconds = results.secondsOf(row);
    double peak = row.mean(f -> f.peakBytes().orElse(0));
    return List.of(
        name,
        score.n() == 0
            ? "–" + diverged
            : plain(score.mean(), 2)
                + spread(score.deviation())
                + " ("
                + score.n()
                + ")"
                + diverged,
        row.toReference().map(StudyTables::signed).orElse("–"),
        shownP(row.toReference().map(Difference::pairedP).orElse(OptionalDouble.empty())),
        shownP(row.toReference().map(Difference::welch).orElse(OptionalDouble.empty())),
        Double.isNaN(seconds) ? "–" : plain(seconds, 0) + " s" + share(results.costOf(row)),
        millions(row.mean(RunFigures::macs)),
        millions(row.mean(RunFigures::parameters)),
        peak > 0 ? plain(peak / 1e9, 2) + " GB" : "–");
  }

  private static String share(double cost) {
    return Double.isNaN(cost) ? "" : " (×" + plain(cost, 2) + ")";
  }

  /** The difference of the pairs with its deviation: {@code +1.20 ± 0.31}. */
  static String signed(Difference difference) {
    if (difference.paired().isEmpty()) {
      return "–";
    }
    double paired = difference.paired().getAsDouble();
    return (paired < 0 ? "−" : "+") + plain(Math.abs(paired), 2) + spread(difference.deviation());
  }

  private static String spread(OptionalDouble deviation) {
    return deviation.isPresent() ? " ± " + plain(deviation.getAsDouble(), 2) : "";
  }

  private static String shownP(OptionalDouble p) {
    if (p.isEmpty()) {
      return "–";
    }
    double value = p.getAsDouble();
    return value < 0.001 ? "< 0.001" : plain(value, value < 0.1 ? 3 : 2);
  }

  private static String millions(double count) {
    return Double.isNaN(count) ? "–" : plain(count / 1e6, 2) + " M";
  }

  /** What the differences say, a sentence each. */
  List<String> statements() {
    List<String> statements = new ArrayList<>();
    String reference = results.reference().row().name();
    long tested =
        results.rows().stream()
            .filter(r -> r.toReference().filter(d -> d.pairedP().isPresent()).isPresent())
            .count();
    if (tested == 0) {
      statements.add(
          "Nothing was tested: a test needs two seeds of a row and of the reference that differ.");
    } else {
      String significant = names(results.significant(StudyResults.Correction.NONE));
      statements.add(
          "Significant at 0.05 beside \"%s\" (paired t-test over the seeds): %s."
              .formatted(reference, significant));
      if (tested > 1) {
        statements.add(
            "After Holm's correction for %d comparisons: %s."
                .formatted(tested, names(results.significant(StudyResults.Correction.HOLM))));
      }
    }
    for (StudyResults.Row row : results.rows()) {
      for (StudyResults.Run run : row.runs()) {
        run.diverged()
            .ifPresent(
                why ->
                    statements.add(
                        "\"%s\" with seed %d diverged: %s."
                            .formatted(row.row().name(), run.seed(), why.split(";", 2)[0])));
      }
    }
    long open =
        results.rows().stream()
            .flatMap(row -> row.runs().stream())
            .filter(run -> run.figures().isEmpty() && run.diverged().isEmpty())
            .count();
    if (open > 0) {
      statements.add("The study is not complete: %d runs are still to be done.".formatted(open));
    }
    return statements;
  }

  private static String names(List<StudyResults.Row> rows) {
    if (rows.isEmpty()) {
      return "none";
    }
    return rows.stream()
        .map(
            row ->
                "\""
                    + row.row().name()
                    + "\" ("
                    + row.toReference().map(StudyTables::signed).orElse("")
                    + ")")
        .collect(Collectors.joining(", "));
  }

  /** What explains the columns. */
  String legend() {
    String title = measure.title();
    return title.substring(0, 1).toUpperCase(Locale.ROOT)
        + title.substring(1)
        + " in percent: mean ± deviation (seeds), of the weights that were best in"
        + " validation. Difference: the mean over the seeds of the difference to the"
        + " reference with the same seed, ± its deviation, in percentage points; p: the"
        + " chance of such a difference between equals, by a paired t-test and by Welch's."
        + " Time: training of one run, with its validation, and beside the reference. MACs"
        + " and parameters: of one picture and of the network.";
  }

  /** {@code README.md}. */
  String markdown() {
    StringBuilder text = new StringBuilder();
    text.append("# ").append(results.plan().study().title()).append("\n\n");
    text.append("After: ").append(results.plan().study().source()).append(".\n\n");
    text.append(row(head()));
    text.append("|---").append("|---:".repeat(head().size() - 1)).append("|\n");
    table().forEach(cells -> text.append(row(cells)));
    text.append('\n').append(legend()).append("\n\n");
    statements().forEach(statement -> text.append("- ").append(escaped(statement)).append('\n'));
    text.append("\n```\n").append(facts()).append("```\n\n");
    text.append("Every run is in `runs.csv`, the table with all its digits in `summary.csv`, the");
    text.append(" recipes in `rows/`, the study in `study.yaml`,\nthe curves in `index.html`. The");
    text.append(" command writes all of it anew.\n");
    return text.toString();
  }

  private static String row(List<String> cells) {
    return cells.stream()
        .map(StudyTables::escaped)
        .collect(Collectors.joining(" | ", "| ", " |\n"));
  }

  private static String escaped(String cell) {
    return cell.replace("|", "\\|");
  }

  /** {@code command.txt}: a line a fact. */
  String facts() {
    StringBuilder text = new StringBuilder();
    factMap().forEach((name, value) -> text.append(name).append(": ").append(value).append('\n'));
    return text.toString();
  }

  /** What the study was run with and on. */
  Map<String, String> factMap() {
    Recipe recipe = results.reference().row().recipe().recipe();
    Map<String, String> facts = new LinkedHashMap<>();
    facts.put(
        "command", command.stream().map(StudyTables::quoted).collect(Collectors.joining(" ")));
    facts.put(
        "data",
        recipe.data()
            + (recipe.limit().isNone() ? "" : ", at most " + recipe.limit() + " pictures a class"));
    facts.put("network", recipe.model().toString());
    facts.put("epochs", recipe.epochs().toString());
    facts.put(
        "seeds",
        results.plan().study().seeds().stream()
            .map(String::valueOf)
            .collect(Collectors.joining(", ")));
    facts.put("measured", measure.title());
    facts.put(
        "measured on",
        results.rows().stream()
                .flatMap(row -> row.finished().stream())
                .map(figures -> String.valueOf(figures.images()))
                .distinct()
                .collect(Collectors.joining(", "))
            + " pictures");
    put(facts, "device", "device");
    put(facts, "graphics", "graphics");
    put(facts, "number format", "dtype");
    put(facts, "fused kernels", "fused");
    put(facts, "threads", "threads");
    put(facts, "commit", "git_commit");
    put(facts, "linnet", "linnet");
    put(facts, "libtorch", "libtorch");
    put(facts, "java", "java");
    put(facts, "system", "os");
    put(facts, "processor", "processor");
    put(facts, "cores", "cores");
    put(facts, "data sha256", "data_sha256");
    List<String> started = results.facts("started");
    if (!started.isEmpty()) {
      facts.put("first run", started.get(0));
      facts.put("last run", started.get(started.size() - 1));
    }
    return facts;
  }

  private void put(Map<String, String> facts, String name, String key) {
    List<String> values = results.facts(key);
    if (!values.isEmpty()) {
      facts.put(name, String.join("; ", values));
    }
  }

  private static String quoted(String word) {
    return word.matches("[\\w./,=:+@%-]+") ? word : "'" + word.replace("'", "'\\''") + "'";
  }

  private static String plain(double value, int digits) {
    return String.format(Locale.ROOT, "%." + digits + "f", value);
  }

  /** With so many digits; nothing where there is no number. */
  private static String decimals(double value, int digits) {
    return Double.isNaN(value) ? "" : plain(value, digits);
  }

  private static String decimals(OptionalDouble value, int digits) {
    return value.isPresent() ? decimals(value.getAsDouble(), digits) : "";
  }

  private static String chance(OptionalDouble p) {
    return p.isPresent() ? String.format(Locale.ROOT, "%.3g", p.getAsDouble()) : "";
  }
}
