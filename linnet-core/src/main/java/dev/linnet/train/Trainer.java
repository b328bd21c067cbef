package dev.linnet.train;

import dev.linnet.base.LinnetException;
import dev.linnet.base.RandomState;
import dev.linnet.data.Batch;
import dev.linnet.data.Loader;
import dev.linnet.models.Classifier;
import dev.linnet.nn.Parameter;
import dev.linnet.optim.GradientRule;
import dev.linnet.optim.Optimizer;
import dev.linnet.optim.Schedule;
import dev.linnet.tensor.Autocast;
import dev.linnet.tensor.Autograd;
import dev.linnet.tensor.BatchNorm;
import dev.linnet.tensor.DType;
import dev.linnet.tensor.Foreach;
import dev.linnet.tensor.GradientSum;
import dev.linnet.tensor.ProcessGroup;
import dev.linnet.tensor.Scope;
import dev.linnet.tensor.Tensor;
import dev.linnet.train.TrainingResult.End;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BiPredicate;

/**
 * Trains a classifier: the one loop of the house.
 *
 * <p>Every random draw is keyed by (seed, epoch, index) or (seed, update), so a run is a function
 * of its seed, and one that was stopped and resumed gives the same bytes as one that was not.
 * Native memory of a step is freed at its end.
 *
 * <p>Several processes share out each batch. Weights, their average, the optimizer's state and
 * running statistics are the same in all of them after every update; the first one saves and tells
 * for all, so that a run goes on with any number of them. What batch tricks draw is the same
 * everywhere, over the pictures of each process; dropout draws anew in each.
 *
 * <p>For one thread; {@link #requestStop} may be called from any.
 */
public final class Trainer {
  /** Streams of the seed that are not the data's. */
  private static final long FORWARD_STREAM = 1;

  private static final long TRICK_STREAM = 2;
  private static final long ESTIMATE_STREAM = 3;
  private static final long FEATURE_STREAM = 4;

  private final Parts parts;
  private final TrainOptions options;
  private final RandomState random;
  private final Descent.Weights weights;
  private final Optional<FeaturePass.Source> features;
  private final List<TrainingListener> listeners = new ArrayList<>();
  private final AtomicBoolean stop = new AtomicBoolean();
  private final Progress progress = new Progress();
  private final ProcessGroup group;
  private final Spread spread;
  private final SharedUpdates shared;
  private long lastSave;

  /**
   * How the processes of a training work together.
   *
   * @param type {@link DType#FLOAT32} as they are, {@link DType#BFLOAT16} with half the bytes
   * @param bucketBytes of what is sent at once, at least 1
   * @param norms whose pictures batch norm takes its statistics from
   */
  public record Spread(DType type, long bucketBytes, Norms norms) {
    /** As they are, in the buckets that PyTorch takes too; each process for itself. */
    public static final Spread DEFAULT =
        new Spread(DType.FLOAT32, GradientSum.BUCKET_BYTES, Norms.OWN);
  }

  /** Whose pictures batch norm takes its statistics from. */
  public enum Norms {
    /** Those of each process; running statistics are the means over all. */
    OWN,
    /** Those of all processes, as if they were one. */
    SHARED
  }

  /**
   * What a training is made of. The trainer closes none of it.
   *
   * @param model materialized on the device
   * @param objective what is minimized
   * @param optimizer of the model's parameters
   * @param schedule learning rate of each update
   * @param averaging average of the weights, which is evaluated and saved in their place
   * @param training the pictures to train on
   * @param validation the pictures that choose the best weights
   * @param store where weights and state are saved
   */
  public record Parts(
      Classifier model,
      Objective objective,
      Optimizer optimizer,
      Schedule schedule,
      Optional<Averaging> averaging,
      Loader training,
      Optional<Loader> validation,
      Store store) {}

  /** Where a training saves its weights and its state. */
  public interface Store {
    /** Saves the model's weights as the best so far. */
    void saveWeights(Classifier model);

    /** The file of the full state. */
    Path checkpoint();
  }

  /** A trainer at update 0. */
  public Trainer(Parts parts, TrainOptions options) {
    this(parts, options, ProcessGroup.single(), Spread.DEFAULT);
  }

  /**
   * One of several trainers, each in a process of its own; those of the others are made of the same
   * parts but for the loaders, which give each its part of every batch.
   */
  public Trainer(Parts parts, TrainOptions options, ProcessGroup group, Spread spread) {
    this.parts = parts;
    this.options = options;
    this.group = group;
    this.spread = spread;
    this.random = RandomState.of(options.seed());
    this.weights = weights(parts);
    this.shared = new SharedUpdates(group, spread, weights);
    this.features = options.featureTrick().map(t -> new FeaturePass.Source(parts.model(), t));
  }

  private static Descent.Weights weights(Parts parts) {
    Map<String, Parameter> trained = new LinkedHashMap<>(parts.model().parameters());
    trained.putAll(parts.objective().parameters());
    Map<String, Parameter> buffers = new LinkedHashMap<>(parts.model().state());
    buffers.values().removeIf(p -> p.kind() == Parameter.Kind.TRAINED);
    return new Descent.Weights(trained, buffers);
  }

  /** Adds what watches the training. */
  public void listen(TrainingListener listener) {
    listeners.add(listener);
  }

  /** Asks the loop to finish the running update, save and return. From any thread. */
  public void requestStop() {
    stop.set(true);
  }

  /** Updates of an epoch; what is left of its batches by accumulation is dropped. */
  public static long updatesPerEpoch(int batches, int accumulate) {
    return batches / accumulate;
  }

  /**
   * Goes on where the saved state stands.
   *
   * @throws LinnetException if the state is broken or is of another model, data set or recipe
   */
  public void resume() {
    Checkpoint.load(parts, options, progress);
  }

  /**
   * Trains to the end, or until asked to stop.
   *
   * @throws DivergedException if the loss is no longer a number; the last checkpoint stays
   * @throws dev.linnet.tensor.LostProcessException if another process is gone
   */
  public TrainingResult train() {
    try {
      return spread.norms() == Norms.SHARED
          ? BatchNorm.over(group, this::trainEpochs)
          : trainEpochs();
    } finally {
      shared.letGo();
    }
  }

  private TrainingResult trainEpochs() {
    long updates = updatesPerEpoch();
    shared.begin(progress.update, parts.training());
    listeners.forEach(l -> l.started(progress.position(), updates * options.epochs()));
    lastSave = System.nanoTime();
    End end = End.FINISHED;
    while (progress.epoch < options.epochs() && end == End.FINISHED) {
      boolean whole = trainEpoch();
      if (!whole) {
        end = End.INTERRUPTED;
      } else if (shouldStopEarly()) {
        end = End.EARLY_STOPPED;
      } else if (group.sum(stop.get() ? 1 : 0)[0] > 0 && progress.epoch < options.epochs()) {
        end = End.INTERRUPTED;
      }
    }
    TrainingResult result =
        new TrainingResult(end, progress.rows, progress.best(), progress.update, progress.seconds);
    listeners.forEach(l -> l.ended(result));
    return result;
  }

  private long updatesPerEpoch() {
    long updates = updatesPerEpoch(parts.training().batches(), options.accumulate());
    if (updates == 0) {
      throw new LinnetException(
          "batch × accumulate: an epoch of "
              + parts.training().images()
              + " pictures has "
              + parts.training().batches()
              + " batches, fewer than the "
              + options.accumulate()
              + " of one update; choose a smaller --batch or --accumulate");
    }
    return updates;
  }

  /**
   * Updates at the schedule's rates, epoch after epoch, without events, averages and saving, until
   * the caller has enough.
   *
   * @param goOn hears the rate and the loss of each update
   * @throws DivergedException if the loss is no longer a number
   */
  void probe(BiPredicate<Double, Double> goOn) {
    int batches = Math.toIntExact(updatesPerEpoch() * options.accumulate());
    options.unfreezing().begin(parts.model(), progress.epoch);
    parts.model().train();
    boolean more = true;
    while (more) {
      try (Loader.Pass pass = parts.training().pass(progress.epoch, 0)) {
        while (more && progress.batch < batches) {
          double lr = lr(progress.update);
          more = goOn.test(lr, update(pass, lr, new int[1]));
        }
      }
      progress.epoch++;
      progress.beginEpoch();
    }
  }

  /** False if stopped inside the epoch, with the state saved. */
  private boolean trainEpoch() {
    shared.letGo();
    options.unfreezing().begin(parts.model(), progress.epoch);
    parts.model().train();
    long perEpoch = updatesPerEpoch(parts.training().batches(), options.accumulate());
    int batches = Math.toIntExact(perEpoch * options.accumulate());
    try (Loader.Pass pass = parts.training().pass(progress.epoch, progress.batch)) {
      double waitedBefore = 0;
      while (progress.batch < batches) {
        long begin = System.nanoTime();
        double lr = lr(progress.update);
        int[] images = new int[1];
        double loss = update(pass, lr, images);
        double wait = pass.waitedSeconds() - waitedBefore;
        waitedBefore = pass.waitedSeconds();
        double seconds = (System.nanoTime() - begin) / 1e9;
        progress.epochSeconds += seconds;
        progress.waitSeconds += wait;
        progress.seconds += seconds;
        TrainingListener.Step step =
            new TrainingListener.Step(
                progress.update,
                progress.epoch + 1,
                progress.batch,
                batches,
                loss,
                lr,
                images[0],
                seconds,
                wait);
        listeners.forEach(l -> l.stepped(step));
        boolean stops = shared.stops(stop.get());
        if (progress.batch < batches && (stops || shared.saves(isSaveDue()))) {
          save();
          if (stops) {
            return false;
          }
        }
      }
    }
    endEpoch();
    return true;
  }

  private double lr(long update) {
    return schedule().lr(update);
  }

  private Schedule schedule() {
    return parts.schedule().after(progress.top1());
  }

  /** One update: the gradients of one or more batches. Gives the mean loss. */
  private double update(Loader.Pass pass, double lr, int[] images) {
    SharedUpdates.Tally own = SharedUpdates.Tally.NOTHING;
    for (int i = 0; i < options.accumulate(); i++) {
      Scope scope = Scope.open("step");
      try {
        Batch batch = pass.next();
        if (i == options.accumulate() - 1 && options.descent() == Descent.PLAIN) {
          shared.arm();
        }
        own = own.and(accumulate(batch, lr));
      } finally {
        scope.close();
      }
      progress.batch++;
    }
    SharedUpdates.Tally told =
        shared.exchange(own.asking(stop.get(), isSaveDue()), options.accumulate());
    images[0] = (int) told.pictures();
    progress.lossSum += told.loss();
    progress.hits += (long) told.hits();
    progress.seen += (long) told.pictures();
    Scope.run("update", () -> applyGradients(lr));
    progress.update++;
    return told.loss() / told.pictures();
  }

  /** The gradient of one batch; gives its sums. */
  private SharedUpdates.Tally accumulate(Batch raw, double lr) {
    Batch batch = raw.prepared(options.device());
    for (int t = 0; t < options.tricks().size(); t++) {
      RandomState drawn = random.at(TRICK_STREAM, t, progress.epoch, progress.batch);
      batch = options.tricks().get(t).drawAndApply(drawn, batch);
    }
    FeaturePass pass = featurePass(batch);
    List<Long> hits = new ArrayList<>(); // of each pass; the first is at the weights as they are
    double loss = options.descent().gradient(weights, () -> forwardAndBackward(pass, lr, hits));
    return new SharedUpdates.Tally(loss * batch.pictures(), hits.get(0), batch.pictures(), 0, 0);
  }

  /** One pass over a prepared batch; gives its mean loss. */
  private double forwardAndBackward(FeaturePass pass, double lr, List<Long> hits) {
    parts.model().reseed(forwardDraws());
    Tensor loss =
        Scope.keeping(
            "forward",
            () ->
                Autocast.run(
                    options.device(),
                    options.dtype(),
                    () -> {
                      Objective.Outcome outcome =
                          pass.run(
                              parts.model(),
                              () -> parts.objective().of(parts.model(), pass.batch()));
                      hits.add(Autograd.off(() -> hits(outcome.logits(), pass.batch())));
                      return outcome.loss();
                    }));
    double value = loss.item();
    if (!Double.isFinite(value)) {
      throw new DivergedException(value, progress.position(), lr);
    }
    double divisor = shared.divisor(pass.batch().pictures()) * options.accumulate();
    Tensor share = divisor == 1 ? loss : loss.div(divisor);
    (isScaled() ? progress.scaler.scaled(share) : share).backward();
    return value;
  }

  private RandomState forwardDraws() {
    return group.isFirst()
        ? random.at(FORWARD_STREAM, progress.epoch, progress.batch)
        : random.at(FORWARD_STREAM, progress.epoch, progress.batch, group.rank());
  }

  /** In fp16 small gradients would be lost. */
  private boolean isScaled() {
    return options.dtype() == DType.FLOAT16;
  }

  private FeaturePass featurePass(Batch batch) {
    RandomState drawn = random.at(FEATURE_STREAM, progress.epoch, progress.batch);
    return features
        .map(source -> source.draw(drawn, batch))
        .orElseGet(() -> FeaturePass.plain(batch));
  }

  /** Pictures in whose first view the largest logit is at their (most probable) class. */
  private static long hits(Tensor logits, Batch batch) {
    Tensor targets = batch.targets().narrow(0, 0, batch.pictures());
    Tensor classes = targets.rank() == 2 ? targets.argmax(1) : targets;
    return (long)
        logits.narrow(0, 0, batch.pictures()).argmax(1).eq(classes).to(DType.INT64).sum().item();
  }

  private void applyGradients(double lr) {
    if (!isScaled() || progress.scaler.unscale(weights.trained().values())) {
      options.gradientRules().forEach(rule -> apply(rule, lr));
      parts.optimizer().step(lr, schedule().momentum(progress.update));
      parts.averaging().ifPresent(a -> a.updated(progress.update + 1));
    }
    parts.optimizer().clearGradients();
  }

  private void apply(GradientRule rule, double lr) {
    OptionalDouble norm = rule.apply(parts.optimizer().groups());
    if (norm.isPresent() && !Double.isFinite(norm.getAsDouble())) {
      throw new DivergedException(norm.getAsDouble(), progress.position(), lr);
    }
  }

  private void endEpoch() {
    averaged(this::judge);
    EpochMetrics last = progress.rows.get(progress.rows.size() - 1);
    progress.epoch++;
    progress.beginEpoch();
    save();
    listeners.forEach(l -> l.epochEnded(last));
  }

  /** Measures the weights, and saves them if they are the best so far. */
  private void judge() {
    long begin = System.nanoTime();
    Optional<Metrics> validation = parts.validation().map(this::evaluate);
    double validationSeconds = (System.nanoTime() - begin) / 1e9;
    progress.seconds += validationSeconds;
    double lr = lr(progress.update - 1);
    EpochMetrics row = row(validation, lr, validationSeconds, false);
    progress.rows.add(row);
    boolean best = progress.best().filter(b -> b.epoch() == row.epoch()).isPresent();
    if (best) {
      EpochMetrics bestRow = row(validation, lr, validationSeconds, true);
      progress.rows.set(progress.rows.size() - 1, bestRow);
      parts.store().saveWeights(parts.model());
    }
  }

  private EpochMetrics row(
      Optional<Metrics> validation, double lr, double validationSeconds, boolean best) {
    return new EpochMetrics(
        progress.epoch + 1,
        progress.update,
        lr,
        progress.lossSum / progress.seen,
        100.0 * progress.hits / progress.seen,
        validation,
        progress.epochSeconds + validationSeconds,
        progress.seen / progress.epochSeconds,
        progress.waitSeconds / progress.epochSeconds,
        best);
  }

  private Metrics evaluate(Loader loader) {
    Evaluator evaluator = new Evaluator(parts.model(), options.device(), options.dtype());
    return evaluator
        .over(group)
        .run(loader, (done, all) -> listeners.forEach(l -> l.evaluating(done, all)))
        .metrics();
  }

  /** Runs work with the averaged weights in the model's place, once there is an average. */
  private void averaged(Runnable work) {
    Optional<Averaging> begun = parts.averaging().filter(a -> a.hasBegun(progress.update));
    if (begun.isEmpty()) {
      work.run();
      return;
    }
    begun.get().average().swapIn();
    try {
      if (begun.get().statistics() == Averaging.Statistics.ESTIMATED) {
        new BatchNormEstimate(options.device(), options.dtype())
            .run(parts.model(), parts.training(), progress.epoch, random.at(ESTIMATE_STREAM));
        group.mean(shared.statistics());
      }
      work.run();
    } finally {
      begun.get().average().swapOut();
    }
  }

  private boolean shouldStopEarly() {
    return options
        .earlyStopping()
        .filter(e -> progress.epoch < options.epochs())
        .filter(e -> progress.epochsWithoutGain(e.minDelta()) >= e.patience())
        .isPresent();
  }

  private boolean isSaveDue() {
    return System.nanoTime() - lastSave >= options.checkpointEvery().toNanos();
  }

  private void save() {
    checkWeightsAreFinite();
    lastSave = System.nanoTime();
    if (!group.isFirst()) {
      return;
    }
    Checkpoint.save(parts, options, progress);
    listeners.forEach(l -> l.checkpointed(parts.store().checkpoint(), progress.position()));
  }

  /** A finite loss may still have made weights that are none: those must not reach the disk. */
  private void checkWeightsAreFinite() {
    List<Tensor> values = new ArrayList<>();
    weights.trained().values().forEach(p -> values.add(p.value()));
    double norm = Foreach.norm(values);
    if (!Double.isFinite(norm)) {
      throw new DivergedException(norm, progress.position(), lr(Math.max(0, progress.update - 1)));
    }
  }
}
