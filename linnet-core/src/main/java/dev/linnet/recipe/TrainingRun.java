package dev.linnet.recipe;

import dev.linnet.base.AtomicFile;
import dev.linnet.base.LinnetException;
import dev.linnet.base.RandomState;
import dev.linnet.data.BadPictures;
import dev.linnet.data.Loader;
import dev.linnet.data.Normalization;
import dev.linnet.data.Part;
import dev.linnet.data.PictureCache;
import dev.linnet.data.PictureLoader;
import dev.linnet.data.PictureLoader.Order;
import dev.linnet.data.PictureLoader.Reading;
import dev.linnet.data.PictureSet;
import dev.linnet.data.PictureSubset;
import dev.linnet.data.Split;
import dev.linnet.explain.NetworkReport;
import dev.linnet.image.ContactSheet;
import dev.linnet.models.Classifier;
import dev.linnet.models.HeadOnly;
import dev.linnet.models.Output;
import dev.linnet.models.Preprocessing;
import dev.linnet.models.Zoo;
import dev.linnet.nn.NormAct;
import dev.linnet.optim.Optimizer;
import dev.linnet.optim.Schedule;
import dev.linnet.report.Section;
import dev.linnet.tensor.DType;
import dev.linnet.tensor.Device;
import dev.linnet.tensor.Engine;
import dev.linnet.tensor.Fusion;
import dev.linnet.tensor.LoadYield;
import dev.linnet.tensor.ProcessGroup;
import dev.linnet.tensor.Scope;
import dev.linnet.train.Averaging;
import dev.linnet.train.Environment;
import dev.linnet.train.EpochMetrics;
import dev.linnet.train.Evaluator;
import dev.linnet.train.FeatureTable;
import dev.linnet.train.LearningRateCurve;
import dev.linnet.train.LearningRateFinder;
import dev.linnet.train.MetricsLog;
import dev.linnet.train.Objective;
import dev.linnet.train.RunFolder;
import dev.linnet.train.Summary;
import dev.linnet.train.TestTimeViews;
import dev.linnet.train.TrainOptions;
import dev.linnet.train.Trainer;
import dev.linnet.train.TrainingListener;
import dev.linnet.train.TrainingResult;
import dev.linnet.train.Unfreezing;
import dev.linnet.train.probe.LinearProbe;
import dev.linnet.tricks.SelfDistillation;
import dev.linnet.weights.Fit;
import dev.linnet.weights.Pretrained;
import dev.linnet.weights.WeightsFolder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;

/**
 * Does what an {@link Experiment} planned, and writes the run's folder.
 *
 * <p>For one thread; {@link #requestStop} may be called from any. The caller closes it.
 */
public final class TrainingRun implements AutoCloseable {
  /** Training pictures that TensorBoard shows. */
  private static final int FIRST_PICTURES = 16;

  /** Stream of the seed for first weights. */
  private static final long WEIGHTS_STREAM = 21;

  /** Stream of the seed for a new head on weights from elsewhere. */
  private static final long HEAD_STREAM = 22;

  /** Stream of the seed for what the terms of a teacher train. */
  private static final long LESSON_STREAM = 23;

  /** Stream of the seed for the folds of a linear probe. */
  private static final long PROBE_STREAM = 24;

  /** Pictures that a linear probe sees at most. */
  private static final int MOST_PROBED = 10_000;

  /** Below it, for what the objective itself trains. */
  private static final long OBJECTIVE_STREAM = 1;

  private final Experiment experiment;
  private final ProcessGroup group;
  private final RunFolder folder;
  private final Consumer<String> warnings;
  private final Classifier model;
  private final Optimizer optimizer;
  private final Objective objective;
  private final Optional<Averaging> averaging;
  private final Optional<FeatureCache> features;
  private final List<TrainingListener> listeners = new ArrayList<>();
  private final List<Loader> loaders = new ArrayList<>();
  private final Normalization normalization;
  private final Preprocessing preprocessing;
  private final BadPictures bad;
  private final MetricsLog log;
  private final Environment environment;
  private final PictureCache cache;
  private final PictureSet training;
  private final Optional<PictureSet> validation;
  private final Trainer trainer;
  private final LearningRateFinder finder;

  /**
   * What came of a run.
   *
   * @param folder where it is
   * @param result how the training went
   * @param test what the saved weights gave on the test pictures, or else on those of validation
   * @param summary as it is saved
   * @param badPictures broken pictures that were skipped
   */
  public record Outcome(
      RunFolder folder,
      TrainingResult result,
      Optional<Evaluator.Report> test,
      Summary summary,
      int badPictures) {}

  /**
   * Makes everything that the training needs.
   *
   * @param folder of the run, made already
   * @param command the command line, or what the program was asked
   * @param warnings hears of broken pictures, and of features that are made anew
   */
  public TrainingRun(
      Experiment experiment, RunFolder folder, List<String> command, Consumer<String> warnings) {
    this(experiment, folder, command, warnings, ProcessGroup.single());
  }

  /**
   * Makes what one of several processes needs. The first one writes the folder; the others read it
   * where the run goes on.
   *
   * @param warnings hears of broken pictures that this process read; of what is the same in all
   *     processes it hears in the first one
   * @param group that has agreed on {@link Experiment#identity}; the caller closes it
   */
  public TrainingRun(
      Experiment experiment,
      RunFolder folder,
      List<String> command,
      Consumer<String> warnings,
      ProcessGroup group) {
    this.experiment = experiment;
    this.folder = folder;
    this.warnings = group.isFirst() ? warnings : same -> {};
    this.group = group;
    Recipe recipe = experiment.recipe();
    Engine.setThreads(recipe.threads().value());
    this.environment = environment(command);
    if (!Files.exists(folder.recipe())) {
      describe(); // at once, so that a run that is killed can be resumed
    }
    ShardUse.over(group.size(), recipe, experiment.data().train(), experiment.data().where())
        .ifPresent(this.warnings);
    this.cache = Ingredients.cache(recipe, experiment.cache(), group.size());
    this.training =
        Ingredients.trained(recipe, cache.keep(experiment.data().train(), "training pictures"));
    this.validation =
        experiment.data().choosing().map(set -> cache.keep(set, "validation pictures"));
    this.normalization = Ingredients.normalization(recipe, training, this::wanted);
    this.preprocessing = Ingredients.preprocessing(recipe, normalization);
    this.bad =
        new BadPictures(
            new BadPictures.Limit(recipe.maxBad().share(), recipe.maxBad().count()),
            training.size() + validation.map(PictureSet::size).orElse(0),
            warnings);
    this.model =
        Zoo.create(
            recipe.model().value(),
            Ingredients.modelOptions(recipe, experiment.classes().size(), recipe.color().value()),
            experiment.device(),
            RandomState.of(recipe.seed()).at(WEIGHTS_STREAM));
    experiment.origin().ifPresent(this::startFrom);
    if (group.isFirst()) {
      WeightsFolder.describe(
          folder.path(), model, classNames(), preprocessing, Ingredients.evaluationSize(recipe));
    }
    experiment.origin().ifPresent(this::startHead);
    Unfreezing unfreezing = Ingredients.unfreezing(recipe);
    unfreezing.freezeRest(model);
    model.keep(recipe.memory());
    this.features = FeatureCache.serves(recipe, model) ? Optional.of(cache()) : Optional.empty();
    Loader train = trainingLoader(recipe);
    long updatesPerEpoch =
        Math.max(1, Trainer.updatesPerEpoch(train.batches(), recipe.accumulate()));
    this.averaging = Ingredients.averaging(recipe, model, updatesPerEpoch);
    this.objective = objective(recipe);
    this.optimizer =
        Ingredients.optimizer(recipe, model, experiment.updates(), objective.parameters());
    this.log = new MetricsLog(folder, model);
    Trainer.Parts parts = parts(train, Ingredients.schedule(recipe, updatesPerEpoch));
    this.trainer = new Trainer(parts, options(recipe), group, recipe.parallel().spread());
    this.finder = new LearningRateFinder(parts, options(recipe));
    if (group.isFirst()) {
      trainer.listen(log);
      trainer.listen(new FirstPictures());
    }
    if (recipe.engine().yields()) {
      LoadYield yield = new LoadYield(recipe.threads().value());
      trainer.listen(
          new TrainingListener() {
            @Override
            public void stepped(Step step) {
              yield.settle();
            }
          });
    }
  }

  /**
   * Shows TensorBoard the first training pictures as they are learnt, when the first epoch is over.
   */
  private final class FirstPictures implements TrainingListener {
    @Override
    public void epochEnded(EpochMetrics epoch) {
      if (epoch.epoch() > 1) {
        return;
      }
      try {
        List<ContactSheet.Entry> entries =
            TrainingPreview.of(experiment, FIRST_PICTURES, warning -> {});
        if (!entries.isEmpty()) {
          log.picture(epoch.update(), "train/pictures", ContactSheet.DEFAULT.draw(entries));
        }
      } catch (LinnetException e) {
        warnings.accept("the training pictures for TensorBoard: " + e.getMessage());
      }
    }
  }

  /** What the weights to start from want; a run that goes on has it in its own folder. */
  private Preprocessing wanted() {
    return experiment
        .origin()
        .map(Origin::config)
        .orElseGet(() -> WeightsFolder.config(folder.path()))
        .preprocessing();
  }

  /** Those of the outputs; the numbers of an embedding have no names. */
  private List<String> classNames() {
    return switch (model.output()) {
      case LOGITS -> experiment.classes();
      case EMBEDDING -> List.of();
    };
  }

  /**
   * Takes over the weights; the head only where it knows the same classes. Another one starts at
   * zero, so that what is trained below it gets no random gradients at first: Kolesnikov et al.,
   * ECCV 2020, arXiv:1912.11370, §3.3.
   */
  private void startFrom(Origin origin) {
    WeightsFolder.loadInto(origin.source(), model, Fit.ADAPT);
    if (!origin.knows(experiment.recipe(), experiment.classes())) {
      if (origin.config().options().classes() == model.classes()) { // else it is new already
        model.resetHead(
            model.classes(), RandomState.of(experiment.recipe().seed()).at(HEAD_STREAM));
      }
      if (model.output() == Output.LOGITS) { // rows of zeros would have no direction
        model.zeroHead();
      }
    }
  }

  /** The head of a linear probe of the features as they are, where that is asked for. */
  private void startHead(Origin origin) {
    Recipe recipe = experiment.recipe();
    if (recipe.headStart() == HeadStart.ZERO
        || recipe.task() == Task.SIMILARITY // which has no head of classes to fit
        || origin.knows(recipe, experiment.classes())) {
      return;
    }
    if (!HeadOnly.fits(model)) {
      warnings.accept(
          "head_start: the head of "
              + recipe.model().value()
              + " is no linear layer on one row of features; it starts at zero, not with a probe");
      return;
    }
    RandomState random = RandomState.of(recipe.seed()).at(PROBE_STREAM);
    FeatureTable table =
        cache()
            .table(
                PictureSubset.drawn(training, MOST_PROBED, random),
                Ingredients.evaluation(trainingSide(recipe), normalization),
                recipe.workers().value(),
                recipe.augment().mirrors());
    LinearProbe probe = LinearProbe.of(table, experiment.classes().size(), random);
    model.setHead(probe.weight(), probe.bias());
  }

  /** Writes down what the run depends on. */
  private void describe() {
    if (!group.isFirst()) {
      return;
    }
    AtomicFile.write(folder.recipe(), RecipeWriter.write(experiment.chosen().loaded()));
    AtomicFile.write(folder.splits(), experiment.data().drawn().toJson());
    AtomicFile.write(folder.environment(), environment.toJson());
  }

  /** What was chosen for this run beside its recipe, and why, in sentences. */
  public List<String> notes() {
    return cache.notes();
  }

  private Objective objective(Recipe recipe) {
    RandomState random = RandomState.of(recipe.seed()).at(LESSON_STREAM);
    Objective taught =
        experiment
            .teachers()
            .taught(
                Ingredients.objective(
                    recipe, training, experiment.device(), random.at(OBJECTIVE_STREAM)),
                model,
                experiment.classes(),
                normalization,
                experiment.device(),
                random);
    Optional<SelfDistillation> own = recipe.tricks().find(SelfDistillation.class);
    if (own.isEmpty() || averaging.isEmpty()) {
      return taught;
    }
    Classifier twin =
        Zoo.find(recipe.model().value())
            .declare(
                Ingredients.modelOptions(
                    recipe, experiment.classes().size(), recipe.color().value()));
    return Teachers.selfTaught(taught, own.get(), twin, averaging.get().average(), normalization);
  }

  private Trainer.Parts parts(Loader train, Schedule schedule) {
    Optional<Loader> val = validation.map(this::evaluationLoader);
    Classifier trained = features.isPresent() ? new HeadOnly(model) : model;
    return new Trainer.Parts(
        trained, objective, optimizer, schedule, averaging, train, val, new Store());
  }

  private FeatureCache cache() {
    return new FeatureCache(
        experiment.cache().resolve("features"),
        model,
        experiment.device(),
        experiment.recipe().dtype().value(),
        new FeatureCache.Surroundings(
            bad,
            warnings,
            (done, all) -> listeners.forEach(listener -> listener.evaluating(done, all))));
  }

  private TrainOptions options(Recipe recipe) {
    return new TrainOptions(
        recipe.epochs().value(),
        recipe.accumulate(),
        experiment.device(),
        recipe.dtype().value(),
        recipe.seed(),
        Ingredients.gradientRules(recipe, model),
        recipe.earlyStopping().isNone()
            ? Optional.empty()
            : Optional.of(
                new TrainOptions.EarlyStopping(
                    recipe.earlyStopping().value().patience(),
                    recipe.earlyStopping().value().minDelta())),
        Duration.ofSeconds(recipe.checkpoint().everySeconds()),
        recipe.tricks().ofBatches(),
        Ingredients.descent(recipe),
        recipe.tricks().ofFeatures(),
        features.isPresent() ? Unfreezing.NONE_FROZEN : Ingredients.unfreezing(recipe),
        identity(recipe));
  }

  /** What a run to resume must share. */
  private Map<String, String> identity(Recipe recipe) {
    Map<String, String> identity = new LinkedHashMap<>();
    identity.put("model", recipe.model().value());
    identity.put("data", experiment.data().fingerprint());
    experiment.teachers().identity().ifPresent(sha256 -> identity.put("teacher", sha256));
    return identity;
  }

  /** The network, for tests. */
  Classifier model() {
    return model;
  }

  /** Adds what watches the training. */
  public void listen(TrainingListener listener) {
    listeners.add(listener);
    trainer.listen(listener);
  }

  /** Asks to finish the running update, save and return. From any thread. */
  public void requestStop() {
    trainer.requestStop();
    finder.requestStop();
  }

  /** Tries learning rates before the training; everything is as it was afterwards. */
  public LearningRateCurve tryRates(LearningRateFinder.Range range) {
    return finder.run(range);
  }

  /**
   * Trains from the start, or goes on from the saved state where there is one and resuming is asked
   * for, then measures the saved weights and writes summary and report.
   *
   * @throws dev.linnet.train.DivergedException if the loss is no longer a number
   */
  public Outcome train(Start start) {
    if (start == Start.RESUME && folder.hasCheckpoint()) {
      trainer.resume();
    }
    describe();
    TrainingResult result = isPlain() ? Fusion.off(trainer::train) : trainer.train();
    log.close();
    Optional<RunPage.Measured> measured = Optional.empty();
    if (result.end() != TrainingResult.End.INTERRUPTED) {
      measured = measure();
    }
    Optional<Evaluator.Report> test = measured.map(RunPage.Measured::report);
    Summary summary =
        new Summary(
            result, test.map(Evaluator.Report::metrics), Optional.empty(), experiment.cost());
    if (group.isFirst() && result.end() != TrainingResult.End.INTERRUPTED) {
      AtomicFile.write(folder.summary(), summary.toJson());
      writePage(result, measured);
    }
    return new Outcome(folder, result, test, summary, bad.count());
  }

  private boolean isPlain() {
    return experiment.recipe().engine().fused() == Recipe.Engine.Fused.OFF;
  }

  /** What goes wrong here costs no more than the page. */
  private void writePage(TrainingResult result, Optional<RunPage.Measured> measured) {
    try {
      String title = String.valueOf(folder.path().getFileName());
      new RunPage(experiment, result, environment)
          .page(title, measured, measured.map(this::learnt).orElse(List.of()), folder.path())
          .write(folder.report());
    } catch (RuntimeException failed) {
      warnings.accept("report.html: not written, all else is: " + failed.getMessage());
    }
  }

  /** What can be shown of it at once; none where that fails. */
  private List<Section> learnt(RunPage.Measured measured) {
    Recipe recipe = experiment.recipe();
    try {
      return NetworkReport.DEFAULT.glance(
          new Pretrained(model, classNames(), preprocessing),
          measured.set(),
          Ingredients.evaluation(recipe, normalization),
          experiment.device(),
          recipe.dtype().value());
    } catch (RuntimeException failed) {
      warnings.accept("report.html: without what the network learnt: " + failed.getMessage());
      return List.of();
    }
  }

  /** Whether a run begins or goes on. */
  public enum Start {
    NEW,
    RESUME
  }

  /** The saved weights on the test pictures, in the type of the training. */
  private Optional<RunPage.Measured> measure() {
    Optional<PictureSet> test = experiment.data().set(Split.TEST);
    Optional<PictureSet> set = test.or(() -> validation);
    if (set.isEmpty()) {
      return Optional.empty();
    }
    if (group.isFirst()) {
      WeightsFolder.loadInto(folder.path(), model);
    }
    Scope.run(
        "weights of the first process",
        () -> model.state().values().forEach(p -> group.broadcast(p.value().detach())));
    DType dtype = experiment.recipe().dtype().value();
    Recipe recipe = experiment.recipe();
    TestTimeViews views =
        TestTimeViews.of(
            recipe.evaluation().tta().value(), Ingredients.evaluation(recipe, normalization));
    Evaluator evaluator = new Evaluator(model, experiment.device(), dtype).with(views).over(group);
    PictureLoader loader = loader(set.get(), views.reading(), Order.SEQUENTIAL);
    String split = test.isPresent() ? "test" : "validation";
    return Optional.of(
        new RunPage.Measured(split, set.get(), evaluator.run(loader, (done, all) -> {})));
  }

  private Loader trainingLoader(Recipe recipe) {
    if (features.isPresent()) {
      Reading reading = Ingredients.evaluation(trainingSide(recipe), normalization);
      PictureLoader.Options options = options(recipe, Order.SHUFFLED);
      return added(features.get().loader(training, reading, options, FeatureCache.flip(recipe)));
    }
    int stride = Ingredients.stride(model);
    PictureLoader loader =
        new PictureLoader(
            training,
            Ingredients.training(recipe, training, normalization),
            epoch ->
                Ingredients.training(
                    recipe.withSize(Ingredients.trainingSize(recipe, epoch, stride)),
                    training,
                    normalization),
            options(recipe, Order.SHUFFLED),
            bad);
    return added(loader);
  }

  /** Evaluation at the size of training, which may be another. */
  private static Recipe trainingSide(Recipe recipe) {
    return recipe.with("evaluation", recipe.evaluation().withSize(recipe.size().value()));
  }

  private Loader evaluationLoader(PictureSet set) {
    Recipe recipe = experiment.recipe();
    Reading reading = Ingredients.evaluation(recipe, normalization);
    return features.isPresent()
        ? added(features.get().loader(set, reading, options(recipe, Order.SEQUENTIAL), 0))
        : loader(set, reading, Order.SEQUENTIAL);
  }

  private <L extends Loader> L added(L loader) {
    loaders.add(loader);
    return loader;
  }

  private PictureLoader loader(PictureSet set, PictureLoader.Reading reading, Order order) {
    return added(new PictureLoader(set, reading, options(experiment.recipe(), order), bad));
  }

  /** Each process reads its part; for who is nearest to whom each needs all. */
  private PictureLoader.Options options(Recipe recipe, Order order) {
    PictureLoader.Options options = Ingredients.loader(recipe, order);
    boolean whole = order == Order.SEQUENTIAL && model.output() == Output.EMBEDDING;
    return whole ? options : options.withPart(new Part(group.rank(), group.size()));
  }

  /** Whose fused kernels train; they are not loaded for a network that has nothing for them. */
  private String fused() {
    if (isPlain()) {
      return "off";
    }
    Recipe recipe = experiment.recipe();
    AtomicBoolean norms = new AtomicBoolean();
    try (Classifier declared =
        Zoo.find(recipe.model().value())
            .declare(
                Ingredients.modelOptions(
                    recipe, experiment.classes().size(), recipe.color().value()))) {
      declared.walk((name, module) -> norms.compareAndSet(false, module instanceof NormAct));
    }
    if (!norms.get()) {
      return "none";
    }
    if (Fusion.provider().isEmpty() && experiment.device().kind() == Device.Kind.CPU) {
      warnings.accept(
          "no fused kernels, "
              + Fusion.reason()
              + "; the training takes longer, its results are the same"
              + " (\"engine: {fused: off}\" takes this line away)");
    }
    return Fusion.provider().orElse("none");
  }

  private Environment environment(List<String> command) {
    Recipe recipe = experiment.recipe();
    Map<String, Object> facts = new LinkedHashMap<>();
    facts.put("device", experiment.device().toString());
    facts.put("dtype", recipe.dtype().value().toString());
    facts.put("threads", recipe.threads().value());
    facts.put("processes", group.size());
    facts.put("fused", fused());
    facts.put("seed", recipe.seed());
    facts.put("data", experiment.data().where());
    facts.put("data_sha256", experiment.data().fingerprint());
    experiment
        .origin()
        .ifPresent(
            origin -> {
              facts.put("from", String.valueOf(origin.source()));
              facts.put("from_sha256", origin.sha256());
            });
    experiment.teachers().identity().ifPresent(sha256 -> facts.put("teacher_sha256", sha256));
    return Environment.of(command, facts);
  }

  /** Frees the network, the optimizer's state, and the threads that read. Closing twice is fine. */
  @Override
  public void close() {
    log.close();
    loaders.forEach(Loader::close);
    cache.close();
    objective.close();
    averaging.ifPresent(a -> a.average().close());
    optimizer.close();
    model.close();
  }

  private final class Store implements Trainer.Store {
    @Override
    public void saveWeights(Classifier best) {
      if (!group.isFirst()) {
        return;
      }
      WeightsFolder.save(
          folder.path(),
          model, // whose weights the best shares, where it is a head alone
          classNames(),
          preprocessing,
          Ingredients.evaluationSize(experiment.recipe()));
    }

    @Override
    public Path checkpoint() {
      return folder.checkpoint();
    }
  }
}
