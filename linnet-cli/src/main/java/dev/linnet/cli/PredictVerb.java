package dev.linnet.cli;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.linnet.base.AtomicFile;
import dev.linnet.base.Check;
import dev.linnet.base.LinnetException;
import dev.linnet.data.BadPictures;
import dev.linnet.data.PictureList;
import dev.linnet.recipe.SavedModel;
import dev.linnet.tensor.Device;
import dev.linnet.tensor.Fusion;
import dev.linnet.train.Predictor;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import org.apache.commons.csv.CSVFormat;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code predict}: what pictures show. */
@Command(
    name = "predict",
    header = "names what pictures show, with probabilities",
    description =
        "Broken pictures are named on the standard error and left out; the exit code is then 1.",
    footer = {
      "  linnet predict runs/photos new.jpg",
      "  linnet predict runs/photos new/ more/ --csv answers.csv",
      "  find / -name '*.jpg' | linnet predict runs/photos - --json --top 1",
      "  linnet predict resnet50 --weights model.safetensors new.jpg",
      "  linnet predict hf://timm/resnet18.a1_in1k new.jpg",
    })
final class PredictVerb implements Callable<Integer> {
  private static final String STANDARD_INPUT = "-";

  @Mixin private ModelArgument model = new ModelArgument();

  @Parameters(
      index = "1..*",
      arity = "1..*",
      paramLabel = "PICTURE",
      description = "pictures, folders of pictures, or - for a list on the standard input")
  private List<String> pictures = new ArrayList<>();

  @Option(names = "--top", paramLabel = "K", description = "classes to name; default 5")
  private int top = 5;

  @Option(names = "--logits", description = "the network's raw outputs too (--json, --csv)")
  private boolean logits;

  @Option(
      names = "--csv",
      paramLabel = "FILE",
      description = "write a table, which must be new: a row a picture")
  private @Nullable Path csv;

  @Option(names = "--workers", paramLabel = "N", description = "threads that read pictures")
  private @Nullable Integer workers;

  @Mixin private ViewsArgument views = new ViewsArgument();

  private final Session session;

  PredictVerb(Session session) {
    this.session = session;
  }

  @Override
  public Integer call() {
    Check.that(top >= 1, "--top", top, "at least 1");
    if (workers != null) {
      Check.that(workers >= 0 && workers <= 1024, "--workers", workers, "in [0, 1024]");
    }
    views.check();
    Path table = csv == null ? null : NewFile.explicit("--csv", csv);
    List<Path> named = named();
    Device device = session.device();
    try (SavedModel saved = model.open(session, device);
        Predictor predictor =
            saved.predictor(device, ModelArgument.type(session, saved), views.of(saved))) {
      Answers answers = new Answers(session.output(), predictor.classes(), top, logits, table);
      boolean single = named.size() == 1 && !Files.isDirectory(named.get(0));
      int broken = 0;
      if (single) {
        // One answer is there sooner than the network is compiled.
        answers.add(Fusion.off(() -> predictor.predict(named.get(0))));
      } else {
        broken = predictAll(predictor, PictureList.of(named), answers);
      }
      answers.finish();
      if (broken > 0) {
        throw new LinnetException(
            "%d of %d pictures could not be read; they are named above"
                .formatted(broken, broken + answers.count()));
      }
    }
    return Failures.DONE;
  }

  /** Returns how many pictures were broken. */
  private int predictAll(Predictor predictor, PictureList list, Answers answers) {
    Output output = session.output();
    BadPictures bad =
        new BadPictures(new BadPictures.Limit(1, Integer.MAX_VALUE), list.size(), output::warn);
    predictor.predictAll(
        list,
        workers == null ? session.workers() : workers,
        bad,
        prediction -> {
          answers.add(prediction);
          output.progress("%d of %d pictures".formatted(answers.count(), list.size()));
        });
    output.eraseProgress();
    return bad.count();
  }

  private List<Path> named() {
    List<Path> named = new ArrayList<>();
    for (String picture : pictures) {
      if (!picture.equals(STANDARD_INPUT)) {
        named.add(Path.of(picture));
        continue;
      }
      try {
        BufferedReader lines =
            new BufferedReader(new InputStreamReader(session.shell().in(), UTF_8));
        for (String line = lines.readLine(); line != null; line = lines.readLine()) {
          if (!line.isBlank()) {
            named.add(Path.of(line));
          }
        }
      } catch (IOException e) {
        throw new LinnetException("standard input: cannot be read: " + AtomicFile.reason(e), e);
      }
    }
    if (named.isEmpty()) {
      throw new LinnetException("standard input: names no pictures; write a path on each line");
    }
    return named;
  }

  /** Takes predictions and answers in the form that was asked for. */
  private static final class Answers {
    private final Output output;
    private final List<String> classes;
    private final int top;
    private final boolean logits;
    private final @Nullable Path table;
    private final StringBuilder rows = new StringBuilder();
    private final List<Map<String, Object>> results = new ArrayList<>();
    private int count;

    Answers(Output output, List<String> classes, int top, boolean logits, @Nullable Path table) {
      this.output = output;
      this.classes = classes;
      this.top = Math.min(top, classes.size());
      this.logits = logits;
      this.table = table;
    }

    int count() {
      return count;
    }

    void add(Predictor.Prediction prediction) {
      count++;
      List<Predictor.Ranked> best = prediction.ranked().subList(0, top);
      if (table != null) {
        addRow(prediction, best);
      }
      if (output.isJson()) {
        results.add(json(prediction, best));
      } else if (table == null) {
        output.answer(prediction.picture() + ": " + text(best));
      }
    }

    void finish() {
      if (table != null) {
        AtomicFile.write(table, CSVFormat.DEFAULT.format(header().toArray()) + "\n" + rows);
      }
      if (output.isJson()) {
        output.json(Map.of("results", results));
      } else if (table != null) {
        output.answer(table + ": " + count + " pictures");
      }
    }

    private static String text(List<Predictor.Ranked> best) {
      List<String> parts = new ArrayList<>();
      for (Predictor.Ranked ranked : best) {
        parts.add(
            String.format(Locale.ROOT, "%s %.1f %%", ranked.name(), 100 * ranked.probability()));
      }
      return String.join(", ", parts);
    }

    private List<String> header() {
      List<String> header = new ArrayList<>(List.of("path"));
      for (int rank = 1; rank <= top; rank++) {
        header.add("class_" + rank);
        header.add("probability_" + rank);
      }
      if (logits) {
        classes.forEach(name -> header.add("logit_" + name));
      }
      return header;
    }

    private void addRow(Predictor.Prediction prediction, List<Predictor.Ranked> best) {
      List<Object> row = new ArrayList<>(List.of(prediction.picture()));
      for (Predictor.Ranked ranked : best) {
        row.add(ranked.name());
        row.add(String.format(Locale.ROOT, "%.6f", ranked.probability()));
      }
      if (logits) {
        row.addAll(prediction.logits());
      }
      rows.append(CSVFormat.DEFAULT.format(row.toArray())).append('\n');
    }

    private Map<String, Object> json(Predictor.Prediction prediction, List<Predictor.Ranked> best) {
      List<Map<String, Object>> predictions = new ArrayList<>();
      for (Predictor.Ranked ranked : best) {
        Map<String, Object> row = new LinkedHashMap<>();
        row.put("index", ranked.index());
        row.put("class", ranked.name());
        row.put("probability", ranked.probability());
        predictions.add(row);
      }
      Map<String, Object> json = new LinkedHashMap<>();
      json.put("path", prediction.picture());
      json.put("predictions", predictions);
      if (logits) {
        json.put("logits", prediction.logits());
      }
      return json;
    }
  }
}
