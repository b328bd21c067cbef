package dev.linnet.cli;

import dev.linnet.base.LinnetException;
import dev.linnet.data.BadPictures;
import dev.linnet.data.DataOptions;
import dev.linnet.data.DataSource;
import dev.linnet.data.DataSources;
import dev.linnet.data.Holdout;
import dev.linnet.data.PictureSet;
import dev.linnet.data.Places;
import dev.linnet.data.Split;
import dev.linnet.recipe.SavedModel;
import dev.linnet.train.robustness.Robustness;
import dev.linnet.train.robustness.RobustnessEvaluator;
import dev.linnet.train.robustness.RobustnessPlan;
import dev.linnet.train.robustness.RobustnessReport;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/**
 * {@code eval --robustness}: what becomes of the answers when pictures are not as they should be.
 */
final class RobustnessArgument {
  private static final List<String> ENDINGS = List.of(".html", ".json", ".csv");
  private static final String STEM = "robustness";

  /** Seconds left from which on they are said once, also where there is no terminal. */
  private static final double LONG = 30;

  /** Share of the work from which on the estimate means something. */
  private static final double ENOUGH = 0.01;

  @Option(
      names = "--robustness",
      description =
          "measure covered, mixed, attacked and foreign pictures too, and write a page; takes about"
              + " 70 times as long")
  private boolean asked;

  @Option(
      names = "--ood",
      paramLabel = "DATA",
      arity = "1..*",
      description =
          "with --robustness: data sets whose pictures are none of the classes; noise and changed"
              + " pictures are always there")
  private List<String> foreign = new ArrayList<>();

  /**
   * What is to be measured.
   *
   * @param model what the user called the network
   * @param data what the data set is called
   * @param validation on which the temperature is fitted
   */
  record Asked(
      String model,
      String data,
      PictureSet test,
      Optional<PictureSet> validation,
      SavedModel.Computing how,
      BadPictures.Limit bad) {}

  boolean isAsked() {
    return asked;
  }

  /** Refuses what has no meaning without it, and files that are there already. */
  void check(@Nullable Path out) {
    if (!asked && !foreign.isEmpty()) {
      throw new AskedWrongly("--ood: is for --robustness, which is not given");
    }
    if (asked && out != null) {
      for (String ending : ENDINGS) {
        NewFile.explicit("--out", out.resolve(STEM + ending));
      }
    }
  }

  /** Measures, answers and writes. */
  void measure(Session session, SavedModel saved, Asked asked, @Nullable Path out) {
    Output output = session.output();
    long seed = session.common().seed == null ? 0 : session.common().seed;
    RobustnessPlan plan = RobustnessPlan.DEFAULT.withSeed(seed);
    List<RobustnessEvaluator.Sets.Named> sets =
        foreign.stream()
            .map(name -> new RobustnessEvaluator.Sets.Named(name, pictures(session, name)))
            .toList();
    boolean[] isSaid = new boolean[1];
    Robustness robustness =
        saved.robustness(
            new RobustnessEvaluator.Sets(asked.test(), asked.validation(), sets),
            asked.how(),
            plan,
            asked.bad(),
            output::warn,
            (doing, done, left) -> {
              if (!isSaid[0] && done > ENOUGH) {
                isSaid[0] = true;
                if (left > LONG) {
                  output.note(
                      "about %s left; --limit N measures N pictures a class"
                          .formatted(Durations.show(left)));
                }
              }
              output.progress(
                  "%s, %.0f %%, %s left".formatted(doing, 100 * done, Durations.show(left)));
            });
    output.eraseProgress();
    RobustnessReport report = new RobustnessReport(asked.model(), asked.data(), plan, robustness);
    answer(output, report);
    write(output, saved, asked.model(), report, out);
  }

  private static PictureSet pictures(Session session, String name) {
    DataOptions options =
        DataOptions.of(Places.of(session.shell().environment()))
            .withHoldout(Holdout.NONE)
            .withDownloads(new DownloadProgress(session.output()));
    DataSource source = DataSources.open(name, options);
    source.warnings().forEach(session.output()::warn);
    return Stream.of(Split.TEST, Split.VAL, Split.TRAIN)
        .flatMap(split -> source.set(split).stream())
        .findFirst()
        .orElseThrow(() -> new LinnetException("--ood " + name + ": has no pictures"));
  }

  private static void answer(Output output, RobustnessReport report) {
    if (output.isJson()) {
      Map<String, Object> json = new LinkedHashMap<>(Figures.json(report.robustness().clean()));
      json.put("robustness", report.json());
      output.json(json);
      return;
    }
    output.table(report.table());
    output.answer("");
    output.answer(Figures.line(report.robustness().clean()));
  }

  private static void write(
      Output output, SavedModel saved, String model, RobustnessReport report, @Nullable Path out) {
    if (out == null && saved.recipe().isEmpty()) {
      output.note("nothing was written; --out FOLDER keeps the page, all points as CSV and JSON");
      return;
    }
    Path folder = out == null ? Path.of(model) : out;
    String stem = freeStem(folder);
    report.write(folder, stem);
    output.note("wrote " + folder.resolve(stem + ".html") + ", and .json and .csv beside it");
  }

  /** The first name that no file has. */
  private static String freeStem(Path folder) {
    String stem = STEM;
    for (int i = 2; isTaken(folder, stem); i++) {
      stem = STEM + "-" + i;
    }
    return stem;
  }

  private static boolean isTaken(Path folder, String stem) {
    return ENDINGS.stream().anyMatch(ending -> Files.exists(folder.resolve(stem + ending)));
  }
}
