package dev.linnet.cli;

import dev.linnet.base.LinnetException;
import dev.linnet.base.Nearest;
import dev.linnet.data.BadPictures;
import dev.linnet.data.BoxedSet;
import dev.linnet.explain.Attribution;
import dev.linnet.explain.Cam;
import dev.linnet.explain.LocalizationAccuracy;
import dev.linnet.explain.LocalizationEvaluator;
import dev.linnet.explain.LocalizationReport;
import dev.linnet.explain.Subject;
import dev.linnet.recipe.SavedModel;
import dev.linnet.tensor.Device;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** {@code eval --localization}: whether heatmaps point at what boxes mark. */
final class LocalizationArgument {
  private static final List<String> ENDINGS = List.of(".json", ".csv", ".png");
  private static final String STEM = "localization";

  @Option(
      names = "--localization",
      description =
          "measure instead whether the heatmap of each class points at its boxes (Pascal VOC,"
              + " COCO)")
  private boolean asked;

  @Option(
      names = "--method",
      paramLabel = "METHOD",
      description =
          "with --localization: cam (default), grad-cam, grad-cam++, score-cam,"
              + " integrated-gradients, smooth-grad or occlusion")
  private @Nullable String method;

  /**
   * What is to be measured.
   *
   * @param model what the user called the network
   * @param data what the data set is called
   */
  record Asked(
      String model,
      String data,
      BoxedSet set,
      SavedModel.Computing how,
      BadPictures bad,
      Device device) {}

  boolean isAsked() {
    return asked;
  }

  /** Refuses what has no meaning without it, methods that there are not, and files that exist. */
  void check(@Nullable Path out) {
    if (!asked && method != null) {
      throw new AskedWrongly("--method: is for --localization, which is not given");
    }
    attribution();
    if (asked && out != null) {
      for (String ending : ENDINGS) {
        NewFile.explicit("--out", out.resolve(STEM + ending));
      }
    }
  }

  private Attribution attribution() {
    if (method == null) {
      return Cam.DEFAULT;
    }
    List<String> known = Attribution.all().stream().map(Attribution::key).toList();
    int at = known.indexOf(method);
    if (at < 0) {
      String all = String.join(", ", known.subList(0, known.size() - 1));
      throw new AskedWrongly(
          "--method: got \"%s\"; must be %s or %s; %s"
              .formatted(
                  method,
                  all,
                  known.get(known.size() - 1),
                  Nearest.didYouMean(method, known, "see \"linnet eval --help\"")));
    }
    return Attribution.all().get(at);
  }

  /** Measures, answers and writes. */
  void measure(Session session, SavedModel saved, Asked asked, @Nullable Path out) {
    Output output = session.output();
    LocalizationEvaluator.Input input = saved.localized(asked.set(), asked.how(), asked.bad());
    Attribution attribution = attribution();
    LocalizationEvaluator.Report found =
        new LocalizationEvaluator(
                Subject.of(saved.pretrained().model()),
                asked.device(),
                attribution,
                LocalizationAccuracy.USUAL_THRESHOLD)
            .run(input, (done, all) -> output.progress("%d of %d pictures".formatted(done, all)));
    output.eraseProgress();
    if (found.examples().isEmpty()) {
      throw new LinnetException(
          "%s: the evaluation sees none of its boxes; \"linnet data check\" says what is wrong with"
                  .formatted(asked.data())
              + " them");
    }
    LocalizationReport report =
        new LocalizationReport(asked.model(), asked.data(), attribution.key(), found);
    answer(output, report);
    write(session, saved, report, input, out);
  }

  private static void answer(Output output, LocalizationReport report) {
    if (output.isJson()) {
      Map<String, Object> json = new LinkedHashMap<>();
      json.put("images", report.report().pictures());
      json.put("seconds", report.report().seconds());
      json.put("localization", report.json());
      output.json(json);
      return;
    }
    output.table(report.table());
    output.answer("");
    output.answer(report.line());
  }

  private static void write(
      Session session,
      SavedModel saved,
      LocalizationReport report,
      LocalizationEvaluator.Input input,
      @Nullable Path out) {
    Output output = session.output();
    if (out == null && saved.recipe().isEmpty()) {
      output.note(
          "nothing was written; --out FOLDER keeps the figures and pictures with their boxes");
      return;
    }
    Path folder = out == null ? Path.of(report.model()) : out;
    String stem = STEM;
    for (int i = 2; isTaken(folder, stem); i++) {
      stem = STEM + "-" + i;
    }
    report.write(folder, stem, input, session.common().seed == null ? 0 : session.common().seed);
    output.note("wrote " + folder.resolve(stem + ".png") + ", and .json and .csv beside it");
  }

  private static boolean isTaken(Path folder, String stem) {
    return ENDINGS.stream().anyMatch(ending -> Files.exists(folder.resolve(stem + ending)));
  }
}
