package dev.linnet.train;

import dev.linnet.data.Batch;
import dev.linnet.data.Loader;
import dev.linnet.metric.Accuracy;
import dev.linnet.metric.Calibration;
import dev.linnet.metric.ConfusionMatrix;
import dev.linnet.metric.MeanLoss;
import dev.linnet.metric.Predictions;
import dev.linnet.models.Classifier;
import dev.linnet.models.Output;
import dev.linnet.tensor.Autocast;
import dev.linnet.tensor.Autograd;
import dev.linnet.tensor.Compiled;
import dev.linnet.tensor.DType;
import dev.linnet.tensor.Device;
import dev.linnet.tensor.ProcessGroup;
import dev.linnet.tensor.Scope;
import dev.linnet.tensor.Tensor;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** Measures a classifier on pictures, each counted once. The model is left in evaluation mode. */
public final class Evaluator {
  /** Worst mistakes, and greatest doubts, that a report keeps. */
  private static final int KEPT = 24;

  private final Classifier model;
  private final Device device;
  private final DType dtype;
  private final Views views;
  private final @Nullable Compiled compiled;
  private final ProcessGroup group;

  /**
   * @param model materialized on the device
   * @param dtype type of convolutions and matrix products
   */
  public Evaluator(Classifier model, Device device, DType dtype) {
    this(
        model,
        device,
        dtype,
        (images, network) -> network.apply(images),
        null,
        ProcessGroup.single());
  }

  private Evaluator(
      Classifier model,
      Device device,
      DType dtype,
      Views views,
      @Nullable Compiled compiled,
      ProcessGroup group) {
    this.model = model;
    this.device = device;
    this.dtype = dtype;
    this.views = views;
    this.compiled = compiled;
    this.group = group;
  }

  /** The same with test-time augmentation, for pictures that are read as it wants. */
  public Evaluator with(TestTimeViews augmentation) {
    return new Evaluator(model, device, dtype, augmentation::logits, compiled, group);
  }

  /**
   * The same by a compiled form of the model, whose weights do not change any more; not of a
   * network for similarity.
   */
  public Evaluator with(Compiled form) {
    return new Evaluator(model, device, dtype, views, form, group);
  }

  /**
   * The same for loaders that read a part of the pictures in each process, or all of them in each
   * where the network is for similarity; all processes get the same report.
   */
  public Evaluator over(ProcessGroup processes) {
    return new Evaluator(model, device, dtype, views, compiled, processes);
  }

  /** From prepared pictures and the network to logits. */
  private interface Views {
    Tensor logits(Tensor images, UnaryOperator<Tensor> network);
  }

  /** What hears how far an evaluation is. */
  @FunctionalInterface
  public interface Watcher {
    /** Called after each batch. */
    void evaluated(int images, int ofImages);
  }

  /**
   * What an evaluation found.
   *
   * @param metrics the headline
   * @param confusion rows are right classes, columns answers
   * @param calibration how far confidence and accuracy are apart
   * @param mistakes the most confident wrong answers, worst first
   * @param doubts the answers whose probabilities are spread most evenly, right or wrong; none of a
   *     network for similarity
   */
  public record Report(
      Metrics metrics,
      ConfusionMatrix confusion,
      Calibration calibration,
      List<Answer> mistakes,
      List<Answer> doubts) {
    public Report {
      mistakes = List.copyOf(mistakes);
      doubts = List.copyOf(doubts);
    }
  }

  /**
   * What was said of a picture.
   *
   * @param index the picture's position in its set
   * @param target the right class
   * @param predicted the answer
   * @param confidence its probability
   */
  public record Answer(int index, int target, int predicted, double confidence) {}

  /**
   * Runs over all pictures of a loader. A network for similarity takes each picture for the class
   * of the nearest other one; nothing is calibrated there.
   */
  public Report run(Loader loader, Watcher watcher) {
    model.eval();
    if (model.output() == Output.EMBEDDING) {
      return ofFirst(Neighbors.measure(model, device, dtype, loader, watcher, KEPT));
    }
    long begin = System.nanoTime();
    Accuracy accuracy = new Accuracy();
    MeanLoss loss = new MeanLoss();
    ConfusionMatrix confusion = new ConfusionMatrix(model.classes());
    Calibration calibration = new Calibration();
    Most mistakes = new Most();
    Most doubts = new Most();
    int done = 0;
    try (Loader.Pass pass = loader.pass(0, 0)) {
      while (pass.hasNext()) {
        Scope scope = Scope.open("evaluation");
        try {
          Batch batch = pass.next();
          if (batch.size() == 0) {
            continue; // all of its pictures are broken
          }
          Predictions predictions = predict(batch);
          accuracy.add(predictions);
          loss.add(predictions);
          confusion.add(predictions);
          calibration.add(predictions);
          collect(batch, predictions, mistakes, doubts);
          done += batch.size();
        } finally {
          scope.close();
        }
        watcher.evaluated(done, loader.images());
      }
    }
    if (group.size() > 1) {
      accuracy.recount(group.sum(accuracy.counts(model.classes())));
      loss.recount(group.sum(loss.counts()));
      confusion.recount(group.sum(confusion.sums()));
      calibration.recount(group.sum(calibration.counts()));
      mistakes.merge(group);
      doubts.merge(group);
    }
    double seconds = (System.nanoTime() - begin) / 1e9;
    Metrics metrics =
        new Metrics(
            100 * accuracy.top(1), 100 * accuracy.top(5), loss.mean(), accuracy.images(), seconds);
    return new Report(metrics, confusion, calibration, mistakes.answers(), doubts.answers());
  }

  /** All decide by what the first process measured, whose bits may be others. */
  private Report ofFirst(Report report) {
    SimilarityMetrics own = report.metrics().similarity().orElseThrow();
    double[] first =
        group.ofFirst(
            own.recallAt1(), own.recallAt2(), own.recallAt4(), own.recallAt8(), own.mapAtR());
    Metrics metrics =
        Metrics.of(
            new SimilarityMetrics(first[0], first[1], first[2], first[3], first[4]),
            report.metrics().images(),
            report.metrics().seconds());
    return new Report(
        metrics, report.confusion(), report.calibration(), report.mistakes(), report.doubts());
  }

  private Predictions predict(Batch raw) {
    return Autograd.off(
        () -> {
          Batch batch = raw.prepared(device);
          Tensor logits =
              compiled == null
                  ? Autocast.run(device, dtype, () -> views.logits(batch.images(), model::forward))
                  : views.logits(batch.images(), compiled::forward);
          return Predictions.of(logits, batch.targets());
        });
  }

  private static void collect(Batch batch, Predictions predictions, Most mistakes, Most doubts) {
    for (int i = 0; i < predictions.size(); i++) {
      int predicted = predictions.predicted(i);
      if (predicted < 0) {
        continue;
      }
      Answer answer =
          new Answer(batch.index(i), predictions.target(i), predicted, predictions.confidence(i));
      if (predicted != answer.target()) {
        mistakes.add(answer, answer.confidence());
      }
      doubts.add(answer, predictions.entropy(i));
    }
  }

  /** The answers with the highest scores so far, the first of equal ones. */
  private static final class Most {
    private final List<Scored> kept = new ArrayList<>();

    private record Scored(Answer answer, double score) {}

    void add(Answer answer, double score) {
      if (kept.size() == KEPT && score <= kept.get(KEPT - 1).score()) {
        return;
      }
      kept.add(new Scored(answer, score));
      sort();
      if (kept.size() > KEPT) {
        kept.remove(KEPT);
      }
    }

    private void sort() {
      kept.sort(
          Comparator.comparingDouble(Scored::score)
              .reversed()
              .thenComparingInt(scored -> scored.answer().index()));
    }

    /** Those of all processes. */
    void merge(ProcessGroup group) {
      StringBuilder own = new StringBuilder();
      for (Scored s : kept) {
        Answer a = s.answer();
        own.append(a.index()).append(' ').append(a.target()).append(' ').append(a.predicted());
        own.append(' ').append(a.confidence()).append(' ').append(s.score()).append('\n');
      }
      kept.clear();
      for (String text : group.gather(own.toString())) {
        text.lines().map(line -> line.split(" ", -1)).forEach(w -> kept.add(parse(w)));
      }
      sort();
      while (kept.size() > KEPT) {
        kept.remove(KEPT);
      }
    }

    private static Scored parse(String[] words) {
      return new Scored(
          new Answer(
              Integer.parseInt(words[0]),
              Integer.parseInt(words[1]),
              Integer.parseInt(words[2]),
              Double.parseDouble(words[3])),
          Double.parseDouble(words[4]));
    }

    List<Answer> answers() {
      return kept.stream().map(Scored::answer).toList();
    }
  }
}
