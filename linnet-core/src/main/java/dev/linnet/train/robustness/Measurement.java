package dev.linnet.train.robustness;

import dev.linnet.base.LinnetException;
import dev.linnet.base.RandomState;
import dev.linnet.data.BadPictures;
import dev.linnet.data.Batch;
import dev.linnet.data.Loader;
import dev.linnet.data.PictureLoader;
import dev.linnet.data.PictureSet;
import dev.linnet.data.PictureSubset;
import dev.linnet.image.ImageSize;
import dev.linnet.metric.Accuracy;
import dev.linnet.metric.Calibration;
import dev.linnet.metric.MeanLoss;
import dev.linnet.metric.Metric;
import dev.linnet.metric.PairError;
import dev.linnet.metric.Predictions;
import dev.linnet.metric.Separation;
import dev.linnet.metric.TemperatureScaling;
import dev.linnet.tensor.Autograd;
import dev.linnet.tensor.Box;
import dev.linnet.tensor.DType;
import dev.linnet.tensor.Scope;
import dev.linnet.tensor.Tensor;
import dev.linnet.train.Metrics;
import dev.linnet.train.robustness.Robustness.Calibrated;
import dev.linnet.train.robustness.Robustness.Detected;
import dev.linnet.train.robustness.Robustness.Detector;
import dev.linnet.train.robustness.Robustness.Point;
import dev.linnet.train.robustness.Robustness.Side;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import java.util.stream.DoubleStream;

/** One way through all pictures, with all that is added up on it. */
final class Measurement {
  private static final long NOISE_STREAM = 44;

  /** Forward and backward pass, in forward passes. */
  private static final int GRADIENT = 3;

  /** Both scores: an answer, a gradient, an answer. */
  private static final int SCORES = 2 + GRADIENT;

  private final Probe probe;
  private final RobustnessEvaluator.Input input;
  private final RobustnessPlan plan;
  private final RobustnessEvaluator.Sets sets;
  private final RobustnessEvaluator.Watcher watcher;
  private final ImageSize size;
  private final List<Box> holes;
  private final boolean[] isFitted;
  private final PictureSet fitting;

  private final Accuracy clean = new Accuracy();
  private final MeanLoss cleanLoss = new MeanLoss();
  private final List<Accuracy> center = new ArrayList<>();
  private final List<Accuracy> border = new ArrayList<>();
  private final List<PairError> mixup = new ArrayList<>();
  private final List<PairError> cutmix = new ArrayList<>();
  private final List<Accuracy> attacked = new ArrayList<>();
  private final Sided before = new Sided();
  private final Sided after = new Sided();
  private final Scores inside = new Scores();
  private final Map<Foreign.View, Scores> views = new EnumMap<>(Foreign.View.class);
  private final long begin = System.nanoTime();
  private final long work;
  private long done;
  private String doing = "";

  Measurement(
      Probe probe,
      RobustnessEvaluator.Input input,
      RobustnessPlan plan,
      RobustnessEvaluator.Sets sets,
      RobustnessEvaluator.Watcher watcher) {
    this.probe = probe;
    this.input = input;
    this.plan = plan;
    this.sets = sets;
    this.watcher = watcher;
    this.size = input.reading().size();
    this.holes = Occlusion.holes(size, plan.holes());
    PictureSet test = sets.test();
    this.isFitted =
        sets.validation().isPresent()
            ? new boolean[test.size()]
            : Selection.half(test.size(), plan.seed());
    this.fitting = sets.validation().orElseGet(() -> Selection.where(test, isFitted));
    for (int i = 0; i < holes.size(); i++) {
      center.add(new Accuracy());
      border.add(new Accuracy());
      cutmix.add(new PairError());
    }
    for (int i = 0; i <= plan.ratios(); i++) {
      mixup.add(new PairError());
    }
    plan.epsilons().forEach(epsilon -> attacked.add(new Accuracy()));
    for (Foreign.View view : Foreign.View.values()) {
      views.put(view, new Scores());
    }
    this.work = fitting.size() + test.size() * workOfPicture() + foreignWork();
  }

  /** Forward passes of a picture that is measured. */
  private long workOfPicture() {
    long covered = 2L * holes.size();
    long mixed = plan.ratios() + 1L + holes.size();
    long attacks = (long) GRADIENT + plan.epsilons().size();
    return covered + mixed + attacks + SCORES * (1L + views.size());
  }

  private long foreignWork() {
    long images = (long) Foreign.Noise.values().length * sets.test().size();
    for (RobustnessEvaluator.Sets.Named named : sets.foreign()) {
      images += Math.min(named.set().size(), sets.test().size());
    }
    return SCORES * images;
  }

  Robustness run() {
    doing = "temperature";
    double temperature = temperature();
    measureTest(temperature);
    List<Detected> detections = new ArrayList<>();
    for (Foreign.Noise noise : Foreign.Noise.values()) {
      detections.addAll(detected(noise.text(), noise(noise)));
    }
    for (Foreign.View view : Foreign.View.values()) {
      detections.addAll(detected(view.text(), views.getOrDefault(view, new Scores())));
    }
    for (RobustnessEvaluator.Sets.Named named : sets.foreign()) {
      detections.addAll(detected(named.name(), foreign(named)));
    }
    double seconds = (System.nanoTime() - begin) / 1e9;
    return new Robustness(
        new Metrics(
            100 * clean.top(1), 100 * clean.top(5), cleanLoss.mean(), clean.images(), seconds),
        points(holes.stream().mapToDouble(Box::height), center),
        points(holes.stream().mapToDouble(Box::height), border),
        pairs(ratios(), mixup),
        pairs(holes.stream().mapToDouble(box -> InBetween.ratio(size, box)), cutmix),
        points(plan.epsilons().stream().mapToDouble(e -> e), attacked),
        new Calibrated(
            temperature,
            fitting.size(),
            sets.validation().isPresent() ? "the validation split" : "half of the pictures",
            before.images(),
            before.side(),
            after.side()),
        detections);
  }

  // ------------------------------------------------------------------ the pictures

  private double temperature() {
    TemperatureScaling scaling = new TemperatureScaling();
    try (PictureLoader loader = input.loader(fitting, input.bad(fitting));
        Loader.Pass pass = loader.pass(0, 0)) {
      while (pass.hasNext()) {
        Scope.run(
            "temperature",
            () -> {
              Batch batch = pass.next();
              if (batch.size() > 0) {
                Tensor levels = levels(batch);
                scaling.add(answers(levels, targets(batch), 1));
              }
            });
      }
    }
    return scaling.temperature();
  }

  private void measureTest(double temperature) {
    PictureSet test = sets.test();
    PictureSet partners = Selection.partners(test, plan.seed());
    BadPictures bad = input.bad(test);
    try (PictureLoader loader = input.loader(test, bad);
        PictureLoader partnerLoader = input.loader(partners, bad);
        Loader.Pass pass = loader.pass(0, 0);
        Loader.Pass partnerPass = partnerLoader.pass(0, 0)) {
      while (pass.hasNext()) {
        Scope.run(
            "robustness",
            () -> {
              Batch batch = pass.next();
              Batch partner = partnerPass.next();
              if (batch.size() > 0) {
                measure(batch, partner, temperature);
              }
            });
      }
    }
    if (clean.images() == 0 || mixup.get(0).images() == 0 || before.images() == 0) {
      throw new LinnetException(
          "robustness: none of the "
              + test.size()
              + " pictures can be read; linnet data check says why");
    }
  }

  private void measure(Batch batch, Batch partner, double temperature) {
    doing = "picture %d of %d".formatted(batch.index(batch.size() - 1) + 1, sets.test().size());
    Tensor levels = levels(batch);
    Tensor targets = targets(batch);
    Predictions plain = scored(levels, targets, inside);
    clean.add(plain);
    cleanLoss.add(plain);
    calibrate(batch, plain, temperature);
    Tensor normalized = probe.input(levels);
    for (int i = 0; i < holes.size(); i++) {
      Box hole = holes.get(i);
      add(center.get(i), targets, () -> Occlusion.center(normalized, hole));
      add(border.get(i), targets, () -> Occlusion.border(normalized, hole));
    }
    attack(levels, targets);
    mix(batch, partner);
    views.forEach((view, scores) -> inScope(() -> scored(view.of(levels), targets, scores)));
  }

  private void calibrate(Batch batch, Predictions plain, double temperature) {
    int[] measured = new int[batch.size()];
    int count = 0;
    for (int i = 0; i < batch.size(); i++) {
      if (!isFitted[batch.index(i)]) {
        measured[count++] = i;
      }
    }
    if (count > 0) {
      Predictions other = plain.rows(Arrays.copyOf(measured, count));
      before.add(other);
      after.add(other.withTemperature(temperature));
    }
  }

  private void attack(Tensor levels, Tensor targets) {
    inScope(
        () -> {
          Tensor gradient = probe.gradient(levels, targets, 1);
          worked(levels, GRADIENT);
          for (int i = 0; i < attacked.size(); i++) {
            double epsilon = plan.epsilons().get(i);
            add(
                attacked.get(i),
                targets,
                () -> probe.input(Fgsm.perturb(levels, gradient, epsilon)));
          }
        });
  }

  /** Pairs of which both pictures could be read. */
  private void mix(Batch batch, Batch partner) {
    List<Integer> first = new ArrayList<>();
    List<Integer> second = new ArrayList<>();
    for (int i = 0, j = 0; i < batch.size(); i++) {
      while (j < partner.size() && partner.index(j) < batch.index(i)) {
        j++;
      }
      if (j < partner.size() && partner.index(j) == batch.index(i)) {
        first.add(i);
        second.add(j);
      }
    }
    if (first.isEmpty()) {
      return;
    }
    Tensor a = probe.input(rows(levels(batch), first));
    Tensor b = probe.input(rows(levels(partner), second));
    Tensor targets = rows(targets(batch), first);
    int[] others =
        Arrays.stream(rows(targets(partner), second).toLongs()).mapToInt(c -> (int) c).toArray();
    for (int i = 0; i <= plan.ratios(); i++) {
      double ratio = (double) i / plan.ratios();
      addPair(mixup.get(i), targets, others, () -> InBetween.mixup(a, b, ratio));
    }
    for (int i = 0; i < holes.size(); i++) {
      Box hole = holes.get(i);
      addPair(cutmix.get(i), targets, others, () -> InBetween.cutmix(a, b, hole));
    }
  }

  private Tensor rows(Tensor of, List<Integer> rows) {
    return of.rows(Tensor.of(rows.stream().mapToLong(row -> row).toArray()).to(probe.device()));
  }

  private Scores noise(Foreign.Noise noise) {
    doing = noise.text();
    Scores scores = new Scores();
    int all = sets.test().size();
    RandomState random = RandomState.of(plan.seed()).at(NOISE_STREAM, noise.stream());
    int channels = input.reading().normalization().channels();
    for (int from = 0; from < all; from += input.batch()) {
      int images = Math.min(input.batch(), all - from);
      RandomState own = random.at(from);
      inScope(
          () -> {
            Tensor levels = noise.draw(own, images, channels, size).to(probe.device());
            scored(levels, Tensor.of(new long[images]).to(probe.device()), scores);
          });
    }
    return scores;
  }

  private Scores foreign(RobustnessEvaluator.Sets.Named named) {
    doing = named.name();
    PictureSet set = PictureSubset.ofAll(named.set(), sets.test().size(), plan.seed());
    Scores scores = new Scores();
    try (PictureLoader loader = input.loader(set, input.bad(set));
        Loader.Pass pass = loader.pass(0, 0)) {
      while (pass.hasNext()) {
        inScope(
            () -> {
              Batch batch = pass.next();
              if (batch.size() > 0) {
                Tensor none = Tensor.of(new long[batch.size()]).to(probe.device());
                scored(levels(batch), none, scores);
              }
            });
      }
    }
    if (scores.images() == 0) {
      throw new LinnetException(
          "--ood %s: none of its pictures can be read; linnet data check %s says why"
              .formatted(named.name(), named.name()));
    }
    return scores;
  }

  // ------------------------------------------------------------------ passes

  private Tensor levels(Batch batch) {
    return batch.images().to(probe.device()).to(DType.FLOAT32).channelsLast();
  }

  private Tensor targets(Batch batch) {
    return batch.targets().to(probe.device());
  }

  private Predictions answers(Tensor levels, Tensor targets, int cost) {
    Predictions answers = probe.answers(probe.input(levels), targets);
    worked(levels, cost);
    return answers;
  }

  /** The plain answers; adds both scores of each picture. */
  private Predictions scored(Tensor levels, Tensor targets, Scores scores) {
    Predictions plain = answers(levels, targets, 1);
    inScope(
        () -> {
          long[] own = new long[plain.size()];
          for (int i = 0; i < own.length; i++) {
            own[i] = Math.max(0, plain.predicted(i));
          }
          double temperature = plan.odin().temperature();
          Tensor gradient = probe.gradient(levels, Tensor.of(own).to(probe.device()), temperature);
          worked(levels, GRADIENT);
          Predictions perturbed = answers(plan.odin().perturb(levels, gradient), targets, 1);
          scores.add(plain, perturbed.withTemperature(temperature));
        });
    return plain;
  }

  private void add(Metric metric, Tensor targets, Supplier<Tensor> normalized) {
    inScope(
        () -> {
          Tensor x = Autograd.off(normalized);
          metric.add(probe.answers(x, targets));
          worked(x, 1);
        });
  }

  private void addPair(
      PairError metric, Tensor targets, int[] others, Supplier<Tensor> normalized) {
    inScope(
        () -> {
          Tensor x = Autograd.off(normalized);
          metric.add(probe.answers(x, targets), others);
          worked(x, 1);
        });
  }

  private static void inScope(Runnable work) {
    Scope.run("variant", work);
  }

  private void worked(Tensor images, int cost) {
    done += images.dim(0) * cost;
    double seconds = (System.nanoTime() - begin) / 1e9;
    double share = Math.min(1, (double) done / work);
    watcher.measured(doing, share, seconds * (1 / share - 1));
  }

  // ------------------------------------------------------------------ sums

  private DoubleStream ratios() {
    return DoubleStream.iterate(0, i -> i <= plan.ratios(), i -> i + 1).map(i -> i / plan.ratios());
  }

  private static List<Point> points(DoubleStream at, List<Accuracy> accuracies) {
    double[] places = at.toArray();
    List<Point> points = new ArrayList<>();
    for (int i = 0; i < places.length; i++) {
      points.add(new Point(places[i], error(accuracies.get(i))));
    }
    return points;
  }

  /** Wrong pictures by all, so that one of a hundred is 0.01 and not 1 − 0.99. */
  private static double error(Accuracy accuracy) {
    double right = Math.rint(accuracy.top(1) * accuracy.images());
    return (accuracy.images() - right) / accuracy.images();
  }

  private static List<Point> pairs(DoubleStream at, List<PairError> errors) {
    double[] places = at.toArray();
    List<Point> points = new ArrayList<>();
    for (int i = 0; i < places.length; i++) {
      points.add(new Point(places[i], errors.get(i).error()));
    }
    return points;
  }

  private List<Detected> detected(String data, Scores out) {
    List<Detected> found = new ArrayList<>();
    for (Detector detector : Detector.values()) {
      found.add(
          new Detected(
              data, detector, out.images(), Separation.of(inside.of(detector), out.of(detector))));
    }
    return found;
  }

  /** Calibration and loss of the same answers. */
  private static final class Sided {
    private final Calibration calibration = new Calibration();
    private final MeanLoss loss = new MeanLoss();

    void add(Predictions answers) {
      calibration.add(answers);
      loss.add(answers);
    }

    long images() {
      return loss.images();
    }

    Side side() {
      return new Side(calibration.error(), loss.mean(), calibration.bins());
    }
  }

  /** The two scores of each picture. */
  private static final class Scores {
    private final Map<Detector, DoubleStream.Builder> scores = new EnumMap<>(Detector.class);
    private final Map<Detector, double[]> built = new EnumMap<>(Detector.class);
    private long images;

    Scores() {
      for (Detector detector : Detector.values()) {
        scores.put(detector, DoubleStream.builder());
      }
    }

    void add(Predictions plain, Predictions odin) {
      for (int i = 0; i < plain.size(); i++) {
        add(Detector.SOFTMAX, plain.confidence(i));
        add(Detector.ODIN, odin.confidence(i));
      }
      images += plain.size();
    }

    private void add(Detector detector, double score) {
      DoubleStream.Builder builder = scores.get(detector);
      if (builder != null) {
        builder.add(score);
      }
    }

    double[] of(Detector detector) {
      return built.computeIfAbsent(
          detector, d -> scores.getOrDefault(d, DoubleStream.builder()).build().toArray());
    }

    long images() {
      return images;
    }
  }
}
