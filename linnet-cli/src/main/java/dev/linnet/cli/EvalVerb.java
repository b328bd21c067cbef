package dev.linnet.cli;

import dev.linnet.base.Check;
import dev.linnet.base.LinnetException;
import dev.linnet.data.BadPictures;
import dev.linnet.data.BoxedSet;
import dev.linnet.data.Boxes;
import dev.linnet.data.DataOptions;
import dev.linnet.data.DataSource;
import dev.linnet.data.OneShotRun;
import dev.linnet.data.PictureSet;
import dev.linnet.data.PictureSubset;
import dev.linnet.data.Split;
import dev.linnet.metric.ConfusionMatrix;
import dev.linnet.recipe.ClassMatch;
import dev.linnet.recipe.Recipe;
import dev.linnet.recipe.SavedModel;
import dev.linnet.tensor.Device;
import dev.linnet.tensor.Engine;
import dev.linnet.train.Evaluator;
import dev.linnet.train.OneShot;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code eval}: how good a network is on a data set. */
@Command(
    name = "eval",
    header = "measures a run or weights on a data set",
    description =
        "Reads the split test, else val; of a data set without splits, all pictures. Without --data"
            + " a run is measured on its own data, with the split that it drew. Classes are matched"
            + " by name; those of ImageNet also by WordNet id or number, so that a part of ImageNet"
            + " will do. Of a run for similarity recall@k and mAP@R are measured, on pictures of"
            + " any classes; class figures are those of the nearest picture.",
    footer = {
      "  linnet eval runs/photos",
      "  linnet eval runs/photos --data other-photos/ --json",
      "  linnet eval runs/photos --split train",
      "  linnet eval resnet50 --weights model.safetensors --data imagenet",
      "  linnet eval hf://timm/resnet18.a1_in1k --data imagenet",
      "  linnet eval runs/characters --one-shot all_runs.zip",
      "  linnet eval runs/photos --robustness --ood textures/ --limit 20",
      "  linnet eval runs/photos --localization --data VOCdevkit/VOC2012 --method grad-cam",
    })
final class EvalVerb implements Callable<Integer> {
  private static final int USUAL_BATCH = 64;
  private static final int MOST_IN_MATRIX = 20;
  private static final int SHOWN_PAIRS = 10;

  @Mixin private ModelArgument model = new ModelArgument();

  @Option(
      names = "--data",
      paramLabel = "DATA",
      description = "a folder, a file or a name; default: the run's own data")
  private @Nullable String data;

  @Option(names = "--split", paramLabel = "SPLIT", description = "train, val or test")
  private @Nullable Split split;

  @Option(
      names = "--boxes",
      paramLabel = "BOXES",
      description =
          "crop: each box of Pascal VOC or COCO is a picture with its class; default: as in the"
              + " run's training where the data are its own, else none")
  private @Nullable Boxes boxes;

  @Option(
      names = "--one-shot",
      paramLabel = "RUNS",
      description =
          "tell pictures by one of each class: a folder or an archive with runs, each a folder with"
              + " class_labels.txt, as Omniglot's all_runs.zip")
  private @Nullable Path oneShot;

  @Option(names = "--limit", paramLabel = "N", description = "pictures a class at most")
  private @Nullable Integer limit;

  @Option(
      names = "--batch",
      paramLabel = "N",
      description = "pictures at once; default as in the run's training, else 64")
  private @Nullable Integer batch;

  @Option(names = "--workers", paramLabel = "N", description = "threads that read pictures")
  private @Nullable Integer workers;

  @Mixin private ViewsArgument views = new ViewsArgument();

  @Mixin private RobustnessArgument robustness = new RobustnessArgument();

  @Mixin private LocalizationArgument localization = new LocalizationArgument();

  @Option(
      names = "--out",
      paramLabel = "FOLDER",
      description =
          "with --robustness or --localization: where robustness.html or localization.png and the"
              + " figures go; default: the run's folder")
  private @Nullable Path out;

  private final Session session;

  EvalVerb(Session session) {
    this.session = session;
  }

  @Override
  public Integer call() {
    if (batch != null) {
      Check.that(batch >= 1, "--batch", batch, "at least 1");
    }
    if (boxes != null) {
      Check.that(boxes != Boxes.KEEP, "--boxes", "keep", "none or crop");
    }
    if (oneShot != null
        && (data != null || split != null || limit != null || robustness.isAsked())) {
      throw new AskedWrongly(
          "--one-shot: has pictures of its own; leave --data, --split, --limit and --robustness"
              + " out");
    }
    checkWhatIsMeasured();
    views.check();
    Output output = session.output();
    Device device = session.device();
    try (SavedModel saved = model.open(session, device)) {
      if (session.common().threads == null) {
        saved.recipe().ifPresent(EvalVerb::useItsThreads);
      }
      if (robustness.isAsked()) {
        robustness.measure(session, saved, asked(device, saved), out);
        return Failures.DONE;
      }
      if (localization.isAsked()) {
        localization.measure(session, saved, located(device, saved), out);
        return Failures.DONE;
      }
      if (oneShot != null) {
        answer(saved.oneShot(OneShotRun.read(oneShot), device, ModelArgument.type(session, saved)));
        return Failures.DONE;
      }
      DataSource source = PicturesArgument.source(session, saved, model, data, boxes, "eval");
      source.warnings().forEach(output::warn);
      PictureSet set = limited(split == null ? source.evaluated() : source.need(split));
      List<String> classes = set.classes();
      if (!saved.isSimilarity()) {
        ClassMatch match = saved.match(set.classes());
        match.note().ifPresent(output::note);
        classes = match.classes();
      }
      BadPictures bad = new BadPictures(limitOf(saved), set.size(), output::warn);
      Evaluator.Report report =
          saved.evaluate(
              set,
              computing(device, saved),
              bad,
              (done, all) -> output.progress("%d of %d pictures".formatted(done, all)));
      output.eraseProgress();
      if (output.isJson()) {
        output.json(Figures.json(report.metrics()));
      } else {
        print(report, classes);
      }
    }
    return Failures.DONE;
  }

  private void checkWhatIsMeasured() {
    if (robustness.isAsked() && localization.isAsked()) {
      throw new AskedWrongly(
          "--robustness and --localization: both are given; give one of the two");
    }
    if (!robustness.isAsked() && !localization.isAsked() && out != null) {
      throw new AskedWrongly("--out: is for --robustness and --localization; neither is given");
    }
    if (localization.isAsked() && boxes != null) {
      throw new AskedWrongly(
          "--boxes: with --localization pictures stay whole and keep their boxes; leave it out");
    }
    robustness.check(out);
    localization.check(out);
  }

  private SavedModel.Computing computing(Device device, SavedModel saved) {
    return new SavedModel.Computing(
        device,
        ModelArgument.type(session, saved),
        batch == null ? usualBatch(saved) : batch,
        workers == null ? session.workers() : workers,
        views.of(saved));
  }

  /** The pictures that are measured, and the others on which the temperature is fitted. */
  private RobustnessArgument.Asked asked(Device device, SavedModel saved) {
    DataSource source = PicturesArgument.source(session, saved, model, data, boxes, "eval");
    source.warnings().forEach(session.output()::warn);
    PictureSet measured = split == null ? source.evaluated() : source.need(split);
    Optional<PictureSet> validation =
        source.set(Split.VAL).filter(val -> !val.fingerprint().equals(measured.fingerprint()));
    return new RobustnessArgument.Asked(
        model.name(),
        source.name(),
        limited(measured),
        validation.map(this::limited),
        computing(device, saved),
        limitOf(saved));
  }

  /** Whole pictures with all their boxes. */
  private LocalizationArgument.Asked located(Device device, SavedModel saved) {
    DataSource source =
        PicturesArgument.boxed(
            session, saved, model, data, limit == null ? DataOptions.ALL : limit, "eval");
    source.warnings().forEach(session.output()::warn);
    PictureSet set = split == null ? source.evaluated() : source.need(split);
    BoxedSet boxed =
        BoxedSet.of(set)
            .orElseThrow(
                () ->
                    new LinnetException(
                        "--localization: %s has no boxes (%s); name Pascal VOC or COCO by --data"
                            .formatted(source.where(), source.layout())));
    return new LocalizationArgument.Asked(
        model.name(),
        source.name(),
        boxed,
        computing(device, saved),
        new BadPictures(limitOf(saved), set.size(), session.output()::warn),
        device);
  }

  private PictureSet limited(PictureSet set) {
    return limit == null ? set : PictureSubset.ofEachClass(set, limit, seed());
  }

  private long seed() {
    return session.common().seed == null ? 0 : session.common().seed;
  }

  /** Other numbers of threads give other low bits. */
  private static void useItsThreads(Recipe recipe) {
    recipe.threads().given().ifPresent(Engine::setThreads);
  }

  /** Of other sizes libtorch may sum in another order. */
  private static int usualBatch(SavedModel saved) {
    return saved.recipe().flatMap(recipe -> recipe.batch().given()).orElse(USUAL_BATCH);
  }

  private static BadPictures.Limit limitOf(SavedModel saved) {
    return saved
        .recipe()
        .map(recipe -> new BadPictures.Limit(recipe.maxBad().share(), recipe.maxBad().count()))
        .orElse(BadPictures.Limit.DEFAULT);
  }

  // ------------------------------------------------------------------ for people

  private void print(Evaluator.Report report, List<String> classes) {
    Output output = session.output();
    ConfusionMatrix confusion = report.confusion();
    List<List<String>> rows = new ArrayList<>();
    rows.add(List.of("class", "pictures", "precision", "recall", "F1"));
    for (int c = 0; c < classes.size(); c++) {
      ConfusionMatrix.ClassScores scores = confusion.scores(c);
      if (scores.support() > 0) {
        rows.add(
            List.of(
                classes.get(c),
                String.valueOf(scores.support()),
                percent(scores.precision()),
                percent(scores.recall()),
                percent(scores.f1())));
      }
    }
    output.table(rows);
    output.answer("");
    if (classes.size() <= MOST_IN_MATRIX) {
      printMatrix(confusion, classes);
    } else {
      printPairs(confusion, classes);
    }
    output.answer("");
    if (report.metrics().similarity().isPresent()) {
      output.answer(Figures.line(report.metrics()));
      return;
    }
    output.answer(
        String.format(
            Locale.ROOT, "calibration error %.2f %%", 100 * report.calibration().error()));
    output.answer(Figures.line(report.metrics()));
  }

  private void answer(OneShot measured) {
    Output output = session.output();
    if (output.isJson()) {
      output.json(Figures.json(measured));
      return;
    }
    List<List<String>> rows = new ArrayList<>();
    rows.add(List.of("run", "pictures", "network", "pixels"));
    for (OneShot.Run run : measured.runs()) {
      rows.add(
          List.of(
              run.name(),
              String.valueOf(run.asked()),
              percent((double) run.right() / run.asked()),
              percent((double) run.rightByPixels() / run.asked())));
    }
    output.table(rows);
    output.answer("");
    output.answer(Figures.line(measured));
  }

  /** Rows are right classes, columns answers. */
  private void printMatrix(ConfusionMatrix confusion, List<String> classes) {
    List<List<String>> rows = new ArrayList<>();
    List<String> header = new ArrayList<>(List.of("shown \\ taken for"));
    header.addAll(classes);
    rows.add(header);
    for (int target = 0; target < classes.size(); target++) {
      List<String> row = new ArrayList<>(List.of(classes.get(target)));
      for (int predicted = 0; predicted < classes.size(); predicted++) {
        row.add(String.valueOf(confusion.count(target, predicted)));
      }
      rows.add(row);
    }
    session.output().table(rows);
  }

  /** The classes that are taken for each other most often. */
  private void printPairs(ConfusionMatrix confusion, List<String> classes) {
    record Pair(int target, int predicted, long count) {}
    List<Pair> pairs = new ArrayList<>();
    for (int target = 0; target < classes.size(); target++) {
      for (int predicted = 0; predicted < classes.size(); predicted++) {
        long count = confusion.count(target, predicted);
        if (target != predicted && count > 0) {
          pairs.add(new Pair(target, predicted, count));
        }
      }
    }
    pairs.sort(Comparator.comparingLong(Pair::count).reversed());
    List<List<String>> rows = new ArrayList<>();
    rows.add(List.of("shown", "taken for", "times"));
    for (Pair pair : pairs.subList(0, Math.min(SHOWN_PAIRS, pairs.size()))) {
      rows.add(
          List.of(
              classes.get(pair.target()),
              classes.get(pair.predicted()),
              String.valueOf(pair.count())));
    }
    session.output().table(rows);
  }

  private static String percent(double share) {
    return String.format(Locale.ROOT, "%.2f %%", 100 * share);
  }
}
