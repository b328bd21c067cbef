package dev.linnet.recipe;

import static java.util.Objects.requireNonNull;

import dev.linnet.base.LinnetException;
import dev.linnet.data.BadPictures;
import dev.linnet.data.BoxedSet;
import dev.linnet.data.ClassRule;
import dev.linnet.data.OneShotRun;
import dev.linnet.data.PictureLoader;
import dev.linnet.data.PictureSet;
import dev.linnet.explain.Embedding;
import dev.linnet.explain.Explainer;
import dev.linnet.explain.LocalizationEvaluator;
import dev.linnet.explain.NetworkReport;
import dev.linnet.image.Orientation;
import dev.linnet.models.Classifier;
import dev.linnet.models.InputSize;
import dev.linnet.models.Output;
import dev.linnet.models.Preprocessing;
import dev.linnet.report.Notes;
import dev.linnet.report.RunReport;
import dev.linnet.report.Section;
import dev.linnet.tensor.Compiled;
import dev.linnet.tensor.DType;
import dev.linnet.tensor.Device;
import dev.linnet.train.Evaluator;
import dev.linnet.train.FeatureExtractor;
import dev.linnet.train.FeatureTable;
import dev.linnet.train.OneShot;
import dev.linnet.train.Predictor;
import dev.linnet.train.RunFolder;
import dev.linnet.train.TestTimeAugmentation;
import dev.linnet.train.TestTimeViews;
import dev.linnet.train.robustness.Robustness;
import dev.linnet.train.robustness.RobustnessEvaluator;
import dev.linnet.train.robustness.RobustnessPlan;
import dev.linnet.weights.Hub;
import dev.linnet.weights.Pretrained;
import dev.linnet.weights.WeightsFolder;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * A network with its weights, opened from what the user names: a run's folder, a folder of weights,
 * one of the hub, or a name of the zoo with a file. The caller closes it, or the predictor made of
 * it.
 *
 * @param pretrained network, classes and preprocessing
 * @param orientation whether EXIF turns pictures: as in the run's recipe; ignored with weights from
 *     elsewhere, as timm does
 * @param maxPixels pixels above which a picture is refused by its header
 * @param recipe of the run, where it is one
 */
public record SavedModel(
    Pretrained pretrained, Orientation orientation, long maxPixels, Optional<Recipe> recipe)
    implements AutoCloseable {

  /**
   * Opens a run's folder, a folder of weights, or one of the hub ({@code
   * hf://OWNER/NAME[@REVISION]}), which is fetched first where the cache lacks it.
   *
   * @throws LinnetException if it is none of these, cannot be fetched, or its files are broken
   */
  public static SavedModel open(String name, Hub hub, Device device) {
    return of(Origin.of(name, hub), device);
  }

  /**
   * Opens a run's folder or a folder of weights.
   *
   * @throws LinnetException if it is neither, or its files are broken
   */
  public static SavedModel open(Path folder, Device device) {
    return of(Origin.of(folder), device);
  }

  /**
   * Opens a bare file of weights.
   *
   * @param architecture a name of the zoo
   */
  public static SavedModel open(String architecture, Path weights, Device device) {
    return of(Origin.of(architecture, weights), device);
  }

  /**
   * The files that {@link #open(String, Hub, Device)} reads, all in one folder: a folder with
   * copies of them opens alike, on any machine.
   *
   * @throws LinnetException if the name is none of what can be opened, or cannot be fetched
   */
  public static List<Path> files(String name, Hub hub) {
    return files(Origin.of(name, hub));
  }

  /** The files that {@link #open(String, Path, Device)} reads: the weights come first. */
  public static List<Path> files(String architecture, Path weights) {
    return files(Origin.of(architecture, weights));
  }

  private static List<Path> files(Origin origin) {
    List<Path> files = new ArrayList<>(WeightsFolder.files(origin.source()));
    if (origin.recipe().isPresent()) {
      files.add(new RunFolder(origin.source()).recipe());
    }
    return List.copyOf(files);
  }

  private static SavedModel of(Origin origin, Device device) {
    Pretrained loaded = origin.load(device);
    Optional<Integer> size = origin.recipe().flatMap(r -> r.evaluation().size().given());
    Preprocessing own = loaded.preprocessing();
    Preprocessing preprocessing =
        size.map(s -> own.withInput(InputSize.square(own.input().channels(), s))).orElse(own);
    return new SavedModel(
        new Pretrained(loaded.model(), loaded.classNames(), preprocessing),
        origin.orientation(),
        origin.maxPixels(),
        origin.recipe());
  }

  /** Another limit on the size of pictures. */
  public SavedModel withMaxPixels(long pixels) {
    return new SavedModel(pretrained, orientation, pixels, recipe);
  }

  /** A predictor, which closes the network. */
  public Predictor predictor(Device device, DType dtype) {
    return predictor(device, dtype, TestTimeAugmentation.NONE);
  }

  /** The same with test-time augmentation. */
  public Predictor predictor(Device device, DType dtype, TestTimeAugmentation augmentation) {
    checkNames("linnet embed writes its embeddings, linnet nearest finds the pictures most alike");
    return new Predictor(pretrained, orientation, maxPixels, device, dtype, augmentation);
  }

  /** Explains its answers; the network stays the caller's. */
  public Explainer explainer(Device device) {
    return new Explainer(pretrained, orientation, maxPixels, device);
  }

  /**
   * The type in which it is evaluated when none is named: that of the run's training, else fp32.
   */
  public DType usualType() {
    return recipe
        .filter(r -> !r.dtype().isAuto())
        .map(r -> r.dtype().value())
        .orElse(DType.FLOAT32);
  }

  /**
   * How an evaluation computes.
   *
   * @param batch pictures at once, at least 1
   * @param workers threads that read
   * @param augmentation views of a picture whose probabilities are averaged
   */
  public record Computing(
      Device device, DType dtype, int batch, int workers, TestTimeAugmentation augmentation) {
    /** Without test-time augmentation. */
    public Computing(Device device, DType dtype, int batch, int workers) {
      this(device, dtype, batch, workers, TestTimeAugmentation.NONE);
    }

    /** The same with test-time augmentation. */
    public Computing with(TestTimeAugmentation views) {
      return new Computing(device, dtype, batch, workers, views);
    }
  }

  /** The test-time augmentation when none is named: that of the run's recipe. */
  public TestTimeAugmentation usualAugmentation() {
    return recipe.map(r -> r.evaluation().tta().value()).orElse(TestTimeAugmentation.NONE);
  }

  /**
   * Which of the network's classes those of a data set are.
   *
   * @param data names of the data set's classes
   * @throws LinnetException if one is none of the network's, with the nearest names, or may be
   *     several
   */
  public ClassMatch match(List<String> data) {
    return ClassMatch.of(data, pretrained.classNames(), pretrained.model().classes());
  }

  /**
   * Measures the network on pictures, whose classes are matched as {@link #match} does; a network
   * for similarity on pictures of any classes.
   *
   * @throws LinnetException as {@link #match}
   */
  public Evaluator.Report evaluate(
      PictureSet pictures, Computing how, BadPictures bad, Evaluator.Watcher watcher) {
    PictureSet matched = isSimilarity() ? pictures : matched(pictures);
    PictureLoader.Options options =
        new PictureLoader.Options(how.batch(), PictureLoader.Order.SEQUENTIAL, 0, how.workers());
    TestTimeViews views = TestTimeViews.of(how.augmentation(), reading());
    Classifier model = pretrained.model();
    try (Compiled compiled = new Compiled(model::forward, how.dtype(), how.batch());
        PictureLoader loader = new PictureLoader(matched, views.reading(), options, bad)) {
      Evaluator evaluator = new Evaluator(model, how.device(), how.dtype()).with(views);
      // A run is measured as its training measured it, to the last bit.
      return (recipe.isPresent() ? evaluator : evaluator.with(compiled)).run(loader, watcher);
    }
  }

  /**
   * Measures one-shot classification.
   *
   * @throws LinnetException if a picture is broken
   */
  public OneShot oneShot(List<OneShotRun> runs, Device device, DType dtype) {
    return OneShot.of(
        pretrained.model(),
        device,
        dtype,
        Predictor.reading(pretrained.preprocessing(), orientation, maxPixels),
        runs);
  }

  /**
   * Measures what becomes of the answers when pictures are covered, mixed, attacked or foreign.
   *
   * @param sets whose classes, but not those of the foreign pictures, are matched as {@link #match}
   *     does
   * @param bad how many broken pictures are borne in each set
   * @param warnings hears one line for each broken picture
   * @throws LinnetException as {@link #match} and {@link RobustnessEvaluator#run}
   */
  public Robustness robustness(
      RobustnessEvaluator.Sets sets,
      Computing how,
      RobustnessPlan plan,
      BadPictures.Limit bad,
      Consumer<String> warnings,
      RobustnessEvaluator.Watcher watcher) {
    checkNames("linnet eval without --robustness measures it");
    RobustnessEvaluator.Input input =
        new RobustnessEvaluator.Input(reading(), how.batch(), how.workers(), bad, warnings);
    RobustnessEvaluator.Sets matched =
        new RobustnessEvaluator.Sets(
            matched(sets.test()), sets.validation().map(this::matched), sets.foreign());
    return new RobustnessEvaluator(pretrained.model(), how.device(), how.dtype(), input, plan)
        .run(matched, watcher);
  }

  /**
   * Computes what a layer puts out for pictures, which need not be of the network's classes.
   *
   * @param layer full name of a module, or {@link FeatureExtractor#POOLED}
   * @throws LinnetException if there is no such layer, with the nearest names, or no picture can be
   *     read
   */
  public Embedding embed(
      PictureSet pictures,
      String layer,
      Computing how,
      BadPictures bad,
      Evaluator.Watcher watcher) {
    FeatureTable table = features(pictures, layer, how, bad, watcher);
    if (table.rows() == 0) {
      throw new LinnetException("data: none of its pictures can be read");
    }
    List<String> names = new ArrayList<>();
    for (int row = 0; row < table.rows(); row++) {
      names.add(pictures.name(table.index(row)));
    }
    return new Embedding(table, names, pictures.classes(), layer);
  }

  /** The numbers of {@link #embed} alone; without a row where no picture can be read. */
  FeatureTable features(
      PictureSet pictures,
      String layer,
      Computing how,
      BadPictures bad,
      Evaluator.Watcher watcher) {
    PictureLoader.Options options =
        new PictureLoader.Options(how.batch(), PictureLoader.Order.SEQUENTIAL, 0, how.workers());
    FeatureExtractor extractor =
        new FeatureExtractor(pretrained.model(), how.device(), how.dtype()).of(List.of(layer));
    try (PictureLoader loader = new PictureLoader(pictures, reading(), options, bad)) {
      return requireNonNull(extractor.run(loader, watcher).get(layer));
    }
  }

  /**
   * What the network learnt, as a page.
   *
   * @param title of the page
   * @throws LinnetException if a layer does not exist or puts out no maps, or no picture can be
   *     read
   */
  public RunReport network(
      String title,
      NetworkReport report,
      PictureSet pictures,
      Computing how,
      BadPictures bad,
      Evaluator.Watcher watcher) {
    Optional<ClassMatch> match;
    try {
      match = Optional.of(match(pictures.classes()));
    } catch (LinnetException others) {
      match = Optional.empty(); // no answer can be right: what the layers put out still tells
    }
    PictureSet set = match.map(m -> MatchedSet.of(pictures, m)).orElse(pictures);
    PictureLoader.Options options =
        new PictureLoader.Options(how.batch(), PictureLoader.Order.SEQUENTIAL, 0, how.workers());
    List<Section> sections = new ArrayList<>();
    if (match.isEmpty()) {
      sections.add(
          new Notes(
              List.of(
                  "The classes of the data are none of the network's: no answer is right or"
                      + " wrong.")));
    }
    try (PictureLoader loader = new PictureLoader(set, reading(), options, bad)) {
      NetworkReport.Input input =
          new NetworkReport.Input(set, loader, reading(), match.isPresent());
      sections.addAll(report.sections(pretrained, input, how.device(), how.dtype(), watcher));
    }
    String about = "%s, %d pictures".formatted(pretrained.model().architecture(), pictures.size());
    return new RunReport(title, about, sections);
  }

  /** How its pictures are read. */
  public PictureLoader.Reading reading() {
    return Predictor.reading(pretrained.preprocessing(), orientation, maxPixels);
  }

  /**
   * What an evaluation of its heatmaps reads; classes are matched as {@link #match} does.
   *
   * @param how whose type and views are not used: a heatmap is of one view, in fp32
   * @throws LinnetException as {@link #match}
   */
  public LocalizationEvaluator.Input localized(BoxedSet set, Computing how, BadPictures bad) {
    ClassMatch match = match(set.classes());
    return new LocalizationEvaluator.Input(
        set, match.labels(), match.classes(), reading(), how.batch(), how.workers(), bad);
  }

  /** Whether its output is an embedding, by which pictures are compared. */
  public boolean isSimilarity() {
    return pretrained.model().output() == Output.EMBEDDING;
  }

  /** What the classes of a data set are for it: as in the run's training. */
  public ClassRule classRule() {
    ClassRule usual =
        isSimilarity()
            ? new ClassRule(ClassRule.Folders.TOP, ClassRule.Splits.APART)
            : ClassRule.USUAL;
    return recipe.map(Recipe::classRule).orElse(usual);
  }

  private void checkNames(String instead) {
    if (isSimilarity()) {
      throw new LinnetException(
          pretrained.model().architecture()
              + ": was trained for similarity and names no classes; "
              + instead);
    }
  }

  private PictureSet matched(PictureSet pictures) {
    return MatchedSet.of(pictures, match(pictures.classes()));
  }

  /** Frees the network. Closing twice is harmless. */
  @Override
  public void close() {
    pretrained.close();
  }
}
