package dev.linnet.cli;

import dev.linnet.base.Nearest;
import dev.linnet.recipe.Experiment;
import dev.linnet.recipe.RecipeReader;
import dev.linnet.recipe.Strategy;
import dev.linnet.recipe.TransferAdvice;
import dev.linnet.recipe.TransferAdvisor;
import dev.linnet.search.Studies;
import dev.linnet.search.StudyFolder;
import dev.linnet.search.StudyPlan;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** What {@code train --strategy} asks for. */
final class Transfer {
  /** The recipe where none is named. */
  static final String RECIPE = "transfer";

  private static final String AUTO = "auto";
  private static final String COMPARE = "compare";
  private static final String STUDY = "transfer";

  private final Session session;
  private final String asked;

  private Transfer(Session session, String asked) {
    this.session = session;
    this.asked = asked;
  }

  /** The words that {@code --strategy} takes. */
  static List<String> names() {
    List<String> names = new ArrayList<>(List.of(AUTO, COMPARE));
    Arrays.stream(Strategy.values()).map(Transfer::name).forEach(names::add);
    return names;
  }

  private static String name(Strategy strategy) {
    return strategy.name().toLowerCase(Locale.ROOT);
  }

  /**
   * What is asked, if anything.
   *
   * @param given options that name keys of the recipe
   */
  static Optional<Transfer> of(
      Session session,
      @Nullable String strategy,
      Map<String, String> given,
      @Nullable Path resume) {
    if (strategy == null) {
      return Optional.empty();
    }
    if (!names().contains(strategy)) {
      throw new AskedWrongly(
          "--strategy: got \"%s\"; must be one of %s; %s"
              .formatted(
                  strategy,
                  String.join(", ", names()),
                  Nearest.didYouMean(strategy, names(), "auto measures which one fits")));
    }
    if (resume != null) {
      throw new AskedWrongly(
          "--strategy and --resume: a run goes on with its own recipe; give one of the two");
    }
    if (!given.containsKey("from")) {
      throw new AskedWrongly(
          "--strategy: needs weights to start from; give --from RUN, a folder of weights or"
              + " hf://OWNER/NAME");
    }
    for (String key : List.of("train", "unfreeze")) {
      if (given.containsKey(key)) {
        throw new AskedWrongly(
            "--strategy and --%s: both say which layers are trained; give one of the two"
                .formatted(key));
      }
    }
    return Optional.of(new Transfer(session, strategy));
  }

  /** Whether all strategies are to be trained. */
  boolean compares() {
    return asked.equals(COMPARE);
  }

  /**
   * A training with the strategy.
   *
   * @param advice what {@code auto} measured first
   */
  record Planned(Experiment experiment, Optional<TransferAdvice> advice) {}

  /** A training with the strategy; {@code auto} measures first and says what it found. */
  Planned plan(
      String recipe, Map<String, String> given, List<String> sets, Experiment.Surroundings around) {
    if (!asked.equals(AUTO)) {
      Strategy strategy = Strategy.valueOf(asked.toUpperCase(Locale.ROOT));
      return new Planned(planned(recipe, with(given, strategy), sets, around), Optional.empty());
    }
    TransferAdvice advice = advise(planned(recipe, given, sets, around));
    Output output = session.output();
    output.note("strategy: " + name(advice.strategy()) + ": " + advice.reason());
    output.note("command: " + command(advice.strategy()));
    return new Planned(
        planned(recipe, with(given, advice.strategy()), sets, around), Optional.of(advice));
  }

  /** What was measured, as it is answered with {@code --json}. */
  static Map<String, Object> json(TransferAdvice advice) {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("strategy", name(advice.strategy()));
    json.put("reason", advice.reason());
    json.put("size", advice.size().name().toLowerCase(Locale.ROOT));
    json.put("similarity", advice.similarity().name().toLowerCase(Locale.ROOT));
    json.put("pictures", advice.pictures());
    List<Map<String, Object>> levels = new ArrayList<>();
    for (TransferAdvice.Level level : advice.levels()) {
      Map<String, Object> row = new LinkedHashMap<>();
      row.put("layer", level.layer());
      row.put("width", level.width());
      row.put("probe", level.probe());
      row.put("log_me", level.logMe());
      levels.add(row);
    }
    json.put("levels", levels);
    json.put("neighbors", advice.neighbors());
    advice
        .baseline()
        .ifPresent(
            b -> {
              Map<String, Object> row = new LinkedHashMap<>();
              row.put("split", b.split().name().toLowerCase(Locale.ROOT));
              row.put("probe", b.probe());
              row.put("neighbors", b.neighbors());
              json.put("untrained", row);
            });
    return json;
  }

  /** Measures, and prints the table. */
  private TransferAdvice advise(Experiment experiment) {
    Output output = session.output();
    TransferAdvice advice =
        TransferAdvisor.advise(
            experiment,
            output::warn,
            (done, all) -> output.progress("features %d/%d".formatted(done, all)));
    output.eraseProgress();
    List<List<String>> rows = new ArrayList<>();
    rows.add(List.of("features of", "width", "linear probe", "LogME"));
    for (TransferAdvice.Level level : advice.levels()) {
      rows.add(
          List.of(
              level.layer(),
              String.valueOf(level.width()),
              percent(level.probe()),
              String.format(Locale.ROOT, "%.3f", level.logMe())));
    }
    output.noteTable(rows);
    output.note(
        "nearest neighbors of the last features: %s (the probes: cross-validation on %d training"
                .formatted(percent(advice.neighbors()), advice.pictures())
            + " pictures)");
    advice
        .baseline()
        .ifPresent(
            b ->
                output.note(
                    "without training, on %s: linear probe %s, nearest neighbors %s"
                        .formatted(
                            b.split().name().toLowerCase(Locale.ROOT),
                            percent(b.probe()),
                            percent(b.neighbors()))));
    output.note(
        "data: %s and %s to what the weights were trained on"
            .formatted(
                advice.size().name().toLowerCase(Locale.ROOT),
                advice.similarity().name().toLowerCase(Locale.ROOT)));
    return advice;
  }

  private static String percent(double value) {
    return String.format(Locale.ROOT, "%.1f %%", value);
  }

  private static Map<String, String> with(Map<String, String> given, Strategy strategy) {
    Map<String, String> all = new LinkedHashMap<>(given);
    all.putAll(strategy.keys());
    return all;
  }

  private static Experiment planned(
      String recipe, Map<String, String> given, List<String> sets, Experiment.Surroundings around) {
    return Experiment.plan(RecipeReader.create().read(recipe, given, sets), around);
  }

  /** The command line with the strategy's name in place of auto. */
  private String command(Strategy strategy) {
    List<String> words = new ArrayList<>(session.command());
    for (int i = 0; i < words.size(); i++) {
      boolean value = i > 0 && words.get(i - 1).equals("--strategy") && words.get(i).equals(AUTO);
      words.set(
          i,
          value
              ? name(strategy)
              : words.get(i).equals("--strategy=" + AUTO)
                  ? "--strategy=" + name(strategy)
                  : words.get(i));
    }
    return String.join(" ", words);
  }

  /**
   * Trains every strategy with as many epochs, after what needs no training.
   *
   * @param dryRun whether it only says what would be trained
   */
  int compare(
      String recipe,
      Map<String, String> given,
      List<String> sets,
      Optional<Path> out,
      boolean dryRun,
      Experiment.Surroundings around) {
    Experiment base = planned(recipe, given, sets, around);
    Map<String, String> options = new LinkedHashMap<>(given);
    String seed = String.valueOf(options.getOrDefault("seed", "0"));
    options.remove("seed");
    StudyPlan plan =
        StudyPlan.of(Studies.read(STUDY, Optional.of(seed)), new StudyPlan.Changes(options, sets));
    Path folder =
        out.orElseGet(
            () ->
                session
                    .shell()
                    .folder()
                    .resolve("runs")
                    .resolve(
                        "compare-" + Path.of(given.getOrDefault("data", "digits")).getFileName()));
    if (dryRun) {
      return new StudyRuns(session, 1).plan(plan, new StudyFolder(folder), around);
    }
    TransferAdvice advice = advise(base);
    session.output().note("recommended: " + name(advice.strategy()) + ": " + advice.reason());
    Map<String, Double> untrained = new LinkedHashMap<>();
    advice
        .baseline()
        .ifPresent(
            b -> {
              untrained.put("linear probe", b.probe());
              untrained.put("nearest neighbors", b.neighbors());
            });
    return new StudyRuns(session, 1, untrained).run(plan, new StudyFolder(folder), around);
  }
}
