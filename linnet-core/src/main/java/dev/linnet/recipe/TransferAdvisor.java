package dev.linnet.recipe;

import static java.util.Objects.requireNonNull;

import dev.linnet.base.RandomState;
import dev.linnet.data.BadPictures;
import dev.linnet.data.Normalization;
import dev.linnet.data.PictureCache;
import dev.linnet.data.PictureLoader;
import dev.linnet.data.PictureLoader.Order;
import dev.linnet.data.PictureSet;
import dev.linnet.data.PictureSubset;
import dev.linnet.data.Split;
import dev.linnet.models.Classifier;
import dev.linnet.models.FeatureLevel;
import dev.linnet.recipe.TransferAdvice.Baseline;
import dev.linnet.recipe.TransferAdvice.Level;
import dev.linnet.recipe.TransferAdvice.Similarity;
import dev.linnet.recipe.TransferAdvice.Size;
import dev.linnet.tensor.Engine;
import dev.linnet.train.Evaluator;
import dev.linnet.train.FeatureExtractor;
import dev.linnet.train.FeatureTable;
import dev.linnet.train.probe.LinearProbe;
import dev.linnet.train.probe.LogMe;
import dev.linnet.train.probe.NeighborProbe;
import dev.linnet.weights.Pretrained;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * Advises how to go on from weights: measures how well frozen features of each depth separate the
 * classes, and how many pictures there are.
 *
 * <p>The quadrants are those of Yosinski et al., NeurIPS 2014, arXiv:1411.1792, and of the lecture
 * notes of CS231n: with few pictures like those of the weights, a new head is enough and all else
 * would overfit; otherwise the layers below must change too. Data are different where features
 * before the last have the larger evidence ({@link LogMe}), because the last are then made for
 * something else; accuracies of probes are shown beside, but are often 100 % at several depths.
 */
public final class TransferAdvisor {
  /** Training pictures from which a data set is large. */
  static final int LARGE = 1000;

  /** By how much LogME of an earlier level must be better for the data to be different. */
  static final double MARGIN = 0.05;

  private static final int MOST = 2000;
  private static final int NEIGHBORS = 5;
  private static final int BATCH = 32;
  private static final long STREAM = 25;

  private TransferAdvisor() {}

  /**
   * Measures and advises.
   *
   * @param experiment that starts from weights
   * @param warnings hears of broken pictures
   * @param watcher hears how far it is
   * @throws IllegalStateException if the experiment starts from scratch
   */
  public static TransferAdvice advise(
      Experiment experiment, Consumer<String> warnings, Evaluator.Watcher watcher) {
    Recipe recipe = experiment.recipe();
    Origin origin =
        experiment.origin().orElseThrow(() -> new IllegalStateException("there are no weights"));
    Engine.setThreads(recipe.threads().value());
    RandomState random = RandomState.of(recipe.seed()).at(STREAM);
    PictureSet training = experiment.data().train();
    int classes = experiment.classes().size();
    try (PictureCache cache = Ingredients.cache(recipe, experiment.cache(), 1);
        Pretrained loaded = origin.load(experiment.device())) {
      PictureSet some =
          PictureSubset.drawn(cache.keep(training, "training pictures"), MOST, random);
      Classifier model = loaded.model();
      List<String> layers =
          new ArrayList<>(model.levels().stream().map(FeatureLevel::module).toList());
      layers.add(FeatureExtractor.POOLED);
      Map<String, FeatureTable> tables =
          features(experiment, model, layers, some, warnings, watcher);
      List<Level> levels = new ArrayList<>();
      LinearProbe probe = null;
      for (Map.Entry<String, FeatureTable> level : tables.entrySet()) {
        FeatureTable table = level.getValue();
        probe = LinearProbe.of(table, classes, random);
        double evidence = LogMe.score(table, classes);
        levels.add(new Level(level.getKey(), table.width(), probe.validated(), evidence));
      }
      FeatureTable last = requireNonNull(tables.get(FeatureExtractor.POOLED));
      double neighbors = NeighborProbe.leaveOneOut(last, classes, NEIGHBORS);
      Optional<Baseline> baseline =
          baseline(experiment, model, last, requireNonNull(probe), warnings, watcher);
      return decide(levels, neighbors, baseline, training.size());
    }
  }

  /** On the test pictures, else on those that choose the best weights. */
  private static Optional<Baseline> baseline(
      Experiment experiment,
      Classifier model,
      FeatureTable known,
      LinearProbe probe,
      Consumer<String> warnings,
      Evaluator.Watcher watcher) {
    Optional<PictureSet> test = experiment.data().set(Split.TEST);
    Optional<PictureSet> asked = test.or(() -> experiment.data().choosing());
    if (asked.isEmpty()) {
      return Optional.empty();
    }
    RandomState random = RandomState.of(experiment.recipe().seed()).at(STREAM, 1);
    PictureSet some = PictureSubset.drawn(asked.get(), MOST, random);
    FeatureTable table =
        requireNonNull(
            features(experiment, model, List.of(FeatureExtractor.POOLED), some, warnings, watcher)
                .get(FeatureExtractor.POOLED));
    int classes = experiment.classes().size();
    return Optional.of(
        new Baseline(
            test.isPresent() ? Split.TEST : Split.VAL,
            probe.accuracy(table),
            NeighborProbe.accuracy(known, table, classes, NEIGHBORS)));
  }

  private static Map<String, FeatureTable> features(
      Experiment experiment,
      Classifier model,
      List<String> layers,
      PictureSet some,
      Consumer<String> warnings,
      Evaluator.Watcher watcher) {
    Recipe recipe = experiment.recipe();
    Normalization normalization =
        Ingredients.normalization(
            recipe, some, () -> experiment.origin().orElseThrow().config().preprocessing());
    BadPictures bad =
        new BadPictures(
            new BadPictures.Limit(recipe.maxBad().share(), recipe.maxBad().count()),
            some.size(),
            warnings);
    PictureLoader.Options options =
        new PictureLoader.Options(BATCH, Order.SEQUENTIAL, 0, recipe.workers().value());
    try (PictureLoader loader =
        new PictureLoader(some, Ingredients.evaluation(recipe, normalization), options, bad)) {
      return new FeatureExtractor(model, experiment.device(), recipe.dtype().value())
          .of(layers)
          .run(loader, watcher);
    }
  }

  /** The advice for what was measured. */
  static TransferAdvice decide(
      List<Level> levels, double neighbors, Optional<Baseline> baseline, int pictures) {
    Level last = levels.get(levels.size() - 1);
    Level best = last;
    for (Level level : levels) {
      best = level.logMe() > best.logMe() ? level : best;
    }
    boolean different = best.logMe() - last.logMe() > MARGIN;
    boolean large = pictures >= LARGE;
    Strategy strategy = large || different ? Strategy.ALL : Strategy.HEAD;
    return new TransferAdvice(
        levels,
        neighbors,
        baseline,
        pictures,
        large ? Size.LARGE : Size.SMALL,
        different ? Similarity.DIFFERENT : Similarity.SIMILAR,
        strategy,
        reason(best, last, different, large, pictures));
  }

  private static String reason(
      Level best, Level last, boolean different, boolean large, int pictures) {
    if (different) {
      return String.format(
          Locale.ROOT,
          "the features of %s fit the classes better than the last do (LogME %.3f beside %.3f), so"
              + " the last are made for other pictures and must change",
          best.layer(),
          best.logMe(),
          last.logMe());
    }
    if (large) {
      return String.format(
          Locale.ROOT, "%,d pictures are enough to make all layers better", pictures);
    }
    return String.format(
        Locale.ROOT,
        "no features fit the classes better than the last (LogME %.3f), and %,d pictures are too"
            + " few to make them better",
        last.logMe(),
        pictures);
  }
}
