package dev.linnet.cli;

import dev.linnet.base.AtomicFile;
import dev.linnet.base.Check;
import dev.linnet.base.LinnetException;
import dev.linnet.data.BadPictures;
import dev.linnet.data.Boxes;
import dev.linnet.data.DataOptions;
import dev.linnet.data.DataSource;
import dev.linnet.data.DataSources;
import dev.linnet.data.DrawnIndices;
import dev.linnet.data.Holdout;
import dev.linnet.data.PictureSet;
import dev.linnet.data.PictureSubset;
import dev.linnet.data.Places;
import dev.linnet.data.Split;
import dev.linnet.recipe.Recipe;
import dev.linnet.recipe.SavedModel;
import dev.linnet.tensor.Device;
import dev.linnet.train.RunFolder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Which pictures a verb gives to a network, and how many at once. */
final class PicturesArgument {
  private static final int USUAL_BATCH = 32;

  @Option(
      names = "--data",
      paramLabel = "DATA",
      description = "a folder, a file or a name; default: the run's own data")
  private @Nullable String data;

  @Option(
      names = "--boxes",
      paramLabel = "BOXES",
      description =
          "crop: each box of Pascal VOC or COCO is a picture with its class; default: as in the"
              + " run's training where the data are its own, else none")
  private @Nullable Boxes boxes;

  @Option(names = "--split", paramLabel = "SPLIT", description = "train, val or test")
  private @Nullable Split split;

  @Option(names = "--limit", paramLabel = "N", description = "pictures a class at most")
  private @Nullable Integer limit;

  @Option(names = "--batch", paramLabel = "N", description = "pictures at once; default 32")
  private int batch = USUAL_BATCH;

  @Option(names = "--workers", paramLabel = "N", description = "threads that read pictures")
  private @Nullable Integer workers;

  /** Refuses what no verb can do anything with. */
  void check() {
    Check.that(batch >= 1, "--batch", batch, "at least 1");
    if (boxes != null) {
      Check.that(boxes != Boxes.KEEP, "--boxes", "keep", "none or crop");
    }
    if (limit != null) {
      Check.that(limit >= 1, "--limit", limit, "at least 1");
    }
  }

  /** Whether {@code --data} names some. */
  boolean isGiven() {
    return data != null;
  }

  /**
   * The pictures: the split that was asked for, else those that an evaluation would take.
   *
   * @param verb whose {@code --data} is missing where the run does not know its data
   */
  PictureSet open(Session session, SavedModel saved, ModelArgument model, String verb) {
    return open(session, saved, model, DataSource::evaluated, verb);
  }

  /** The pictures: the split that was asked for, else those of the training, else all. */
  PictureSet openTrained(Session session, SavedModel saved, ModelArgument model, String verb) {
    return open(
        session,
        saved,
        model,
        source -> source.set(Split.TRAIN).orElseGet(source::evaluated),
        verb);
  }

  private PictureSet open(
      Session session,
      SavedModel saved,
      ModelArgument model,
      Function<DataSource, PictureSet> usual,
      String verb) {
    DataSource source = source(session, saved, model, data, boxes, verb);
    source.warnings().forEach(session.output()::warn);
    PictureSet set = split == null ? usual.apply(source) : source.need(split);
    return limit == null ? set : PictureSubset.ofEachClass(set, limit, seed(session));
  }

  /**
   * The run's own data with the splits that it drew, or others.
   *
   * @param data what {@code --data} names, or null for the run's own
   * @param boxes what {@code --boxes} names, or null for as in the run
   * @param verb that needs them
   */
  static DataSource source(
      Session session,
      SavedModel saved,
      ModelArgument model,
      @Nullable String data,
      @Nullable Boxes boxes,
      String verb) {
    return source(session, saved, model, data, boxes, DataOptions.ALL, verb);
  }

  /** Whole pictures with all their boxes; at most so many a class. */
  static DataSource boxed(
      Session session,
      SavedModel saved,
      ModelArgument model,
      @Nullable String data,
      int limit,
      String verb) {
    return source(session, saved, model, data, Boxes.KEEP, limit, verb);
  }

  private static DataSource source(
      Session session,
      SavedModel saved,
      ModelArgument model,
      @Nullable String data,
      @Nullable Boxes boxes,
      int limit,
      String verb) {
    Optional<String> own = saved.recipe().flatMap(recipe -> recipe.data().given());
    if (data == null && own.isEmpty()) {
      throw new AskedWrongly(
          "\"linnet %s\" needs --data: %s is no run that knows its data"
              .formatted(verb, model.name()));
    }
    String name = data == null ? own.orElseThrow() : data;
    DataOptions options =
        DataOptions.of(Places.of(session.shell().environment()))
            .withHoldout(Holdout.NONE)
            .withLimit(limit)
            .withClasses(saved.classRule())
            .withSeed(seed(session))
            .withCutShards(saved.recipe().map(recipe -> recipe.maxBad().shards()).orElse(0))
            .withDownloads(new DownloadProgress(session.output()));
    boolean isOwn = own.isPresent() && isSame(name, own.get());
    Boxes usual = isOwn ? saved.recipe().map(Recipe::boxes).orElse(Boxes.NONE) : Boxes.NONE;
    Boxes asked = boxes == null ? usual : boxes;
    // Other boxes are other pictures than were drawn.
    boolean drawn = isOwn && asked == usual;
    DataOptions boxed = options.withBoxes(asked);
    DataSource source =
        DataSources.open(name, drawn ? boxed.withDrawn(drawn(model.name())) : boxed);
    session.output().eraseProgress();
    return source;
  }

  SavedModel.Computing computing(Session session, Device device, SavedModel saved) {
    return new SavedModel.Computing(
        device,
        ModelArgument.type(session, saved),
        batch,
        workers == null ? session.workers() : workers);
  }

  /** How many broken pictures are borne, as in the run's recipe. */
  static BadPictures bad(Session session, SavedModel saved, int pictures) {
    BadPictures.Limit limit =
        saved
            .recipe()
            .map(recipe -> new BadPictures.Limit(recipe.maxBad().share(), recipe.maxBad().count()))
            .orElse(BadPictures.Limit.DEFAULT);
    return new BadPictures(limit, pictures, session.output()::warn);
  }

  private static long seed(Session session) {
    return session.common().seed == null ? 0 : session.common().seed;
  }

  /** A path in a run's recipe is absolute. */
  private static boolean isSame(String name, String own) {
    return name.equals(own)
        || (Files.exists(Path.of(name))
            && Path.of(name).toAbsolutePath().normalize().toString().equals(own));
  }

  /** What the run drew: its limit and its validation pictures. */
  private static DrawnIndices drawn(String run) {
    Path file = new RunFolder(Path.of(run)).splits();
    try {
      return Files.exists(file)
          ? DrawnIndices.fromJson(Files.readString(file), file.toString())
          : DrawnIndices.NONE;
    } catch (IOException e) {
      throw new LinnetException(file + ": cannot be read (" + AtomicFile.reason(e) + ")", e);
    }
  }
}
