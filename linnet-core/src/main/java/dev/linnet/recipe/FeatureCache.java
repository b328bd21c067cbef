package dev.linnet.recipe;

import dev.linnet.base.AtomicFile;
import dev.linnet.base.LinnetException;
import dev.linnet.base.Sha256;
import dev.linnet.data.BadPictures;
import dev.linnet.data.FeatureLoader;
import dev.linnet.data.Loader;
import dev.linnet.data.PictureLoader;
import dev.linnet.data.PictureLoader.Order;
import dev.linnet.data.PictureLoader.Reading;
import dev.linnet.data.PictureSet;
import dev.linnet.image.RandomHorizontalFlip;
import dev.linnet.image.Sequence;
import dev.linnet.models.Classifier;
import dev.linnet.models.HeadOnly;
import dev.linnet.models.Output;
import dev.linnet.nn.Parameter;
import dev.linnet.optim.GradientCentralization;
import dev.linnet.tensor.DType;
import dev.linnet.tensor.Device;
import dev.linnet.tensor.Scope;
import dev.linnet.tensor.Tensor;
import dev.linnet.train.Evaluator;
import dev.linnet.train.FeatureExtractor;
import dev.linnet.train.FeatureTable;
import dev.linnet.tricks.Sam;
import dev.linnet.weights.SafeTensors;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.BitSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.function.Supplier;

/**
 * Features of a run's pictures where the head alone is trained: computed once, and kept in a file
 * for the next run that wants the same. A file is known by weights, preprocessing and data; one of
 * others, or a broken one, is made anew. Data are known by {@link PictureSet#fingerprint}, which
 * sees names and lengths: who changes a picture's file but not its length deletes the cache.
 *
 * <p>For one thread.
 */
final class FeatureCache {
  private static final String KEY = "key";
  private static final int BATCH = 32;

  /** Tricks that see neither pictures nor layers below the head. */
  private static final Set<Class<? extends Record>> HARMLESS =
      Set.of(LabelSmoothing.class, ZeroGamma.class, Sam.class, GradientCentralization.class);

  private final Path folder;
  private final Classifier model;
  private final Device device;
  private final DType dtype;
  private final Surroundings around;

  /**
   * Who is told.
   *
   * @param bad what becomes of broken pictures
   * @param notes hears where a file is made anew
   * @param watcher hears how far it is
   */
  record Surroundings(BadPictures bad, Consumer<String> notes, Evaluator.Watcher watcher) {}

  /**
   * @param folder where the files are
   * @param model with the weights
   */
  FeatureCache(Path folder, Classifier model, Device device, DType dtype, Surroundings around) {
    this.folder = folder;
    this.model = model;
    this.device = device;
    this.dtype = dtype;
    this.around = around;
  }

  /**
   * Whether a run trains nothing but the head, on features that are the same in every epoch, but
   * for mirror images.
   */
  static boolean serves(Recipe recipe, Classifier model) {
    return recipe.cacheFeatures()
        && recipe.train().equals(TrainedLayers.HEAD)
        && HeadOnly.fits(model)
        && model.output() == Output.LOGITS // whose features are those before the head
        && (recipe.augment() instanceof AugmentRecipe.None
            || recipe.augment() instanceof AugmentRecipe.Flip)
        && recipe.loss().views() == 1
        && recipe.tricks().list().stream().allMatch(trick -> HARMLESS.contains(trick.getClass()));
  }

  /** The chance of mirror images, where a run is served. */
  static double flip(Recipe recipe) {
    return recipe.augment() instanceof AugmentRecipe.Flip flip ? flip.flip() : 0;
  }

  /**
   * A loader of features in the place of one of pictures.
   *
   * @param reading of the evaluation
   * @param options as of the loader of pictures
   * @param flip chance of mirror images, in [0, 1]
   */
  Loader loader(PictureSet set, Reading reading, PictureLoader.Options options, double flip) {
    Supplier<FeatureLoader.Features> source = () -> features(set, reading, options, flip > 0);
    return new FeatureLoader(set, options, flip, source);
  }

  private FeatureLoader.Features features(
      PictureSet set, Reading reading, PictureLoader.Options options, boolean mirrored) {
    FeatureTable plain = table(set, reading, options.workers(), "plain");
    BitSet readable = new BitSet(set.size());
    for (int row = 0; row < plain.rows(); row++) {
      readable.set(plain.index(row));
    }
    Scope scope = Scope.open("features");
    try {
      Tensor rows = spread(plain, set.size());
      if (mirrored) {
        FeatureTable other = table(set, mirrored(reading), options.workers(), "mirrored");
        rows = Tensor.cat(List.of(rows, spread(other, set.size())), 0);
      }
      return new FeatureLoader.Features(rows.unscoped(), readable);
    } finally {
      scope.close();
    }
  }

  private static Reading mirrored(Reading reading) {
    return new Reading(
        reading.decode(),
        new Sequence(List.of(reading.transform(), new RandomHorizontalFlip(1))),
        reading.size(),
        reading.normalization());
  }

  /** A row for each position of the set; those of broken pictures are 0. */
  private static Tensor spread(FeatureTable table, int size) {
    if (table.rows() == size) {
      return table.toTensor();
    }
    float[] all = new float[Math.multiplyExact(size, table.width())];
    for (int row = 0; row < table.rows(); row++) {
      System.arraycopy(table.row(row), 0, all, table.index(row) * table.width(), table.width());
    }
    return Tensor.of(all, size, table.width());
  }

  /**
   * The features of a set, those of the mirror images last where they are wanted.
   *
   * @param reading of the evaluation
   * @param workers threads that read
   */
  FeatureTable table(PictureSet set, Reading reading, int workers, boolean mirrored) {
    FeatureTable plain = table(set, reading, workers, "plain");
    return mirrored ? plain.and(table(set, mirrored(reading), workers, "mirrored")) : plain;
  }

  // ------------------------------------------------------------------ the files

  private FeatureTable table(PictureSet set, Reading reading, int workers, String side) {
    String data = set.fingerprint();
    Path file =
        folder.resolve(
            "%s-%s-%s.safetensors".formatted(model.architecture(), data.substring(0, 16), side));
    String key = key(data, reading);
    if (Files.exists(file)) {
      Optional<FeatureTable> found = read(file, key).filter(table -> isOf(set, table));
      if (found.isPresent()) {
        return found.get();
      }
      around
          .notes()
          .accept(file + ": holds no features of these weights and this preprocessing; made anew");
    }
    FeatureTable made = compute(set, reading, workers);
    save(made, file, key);
    return made;
  }

  /** A cache that cannot be written costs time, not the run. */
  private void save(FeatureTable made, Path file, String key) {
    try {
      Files.createDirectories(folder);
      made.save(file, Map.of(KEY, key, "layer", FeatureExtractor.POOLED));
    } catch (IOException e) {
      around.notes().accept(file + ": cannot be written (" + AtomicFile.reason(e) + ")");
    } catch (LinnetException e) {
      around.notes().accept(e.getMessage());
    }
  }

  /** Empty where the file has another key, or is broken. */
  private static Optional<FeatureTable> read(Path file, String key) {
    try (SafeTensors tensors = SafeTensors.open(file)) {
      if (!tensors.metadata().getOrDefault(KEY, "").equals(key)) {
        return Optional.empty();
      }
    } catch (LinnetException broken) {
      return Optional.empty();
    }
    try {
      return Optional.of(FeatureTable.load(file));
    } catch (LinnetException broken) {
      return Optional.empty();
    }
  }

  /** Whether every row is of a picture of the set, and of its class: the file may be anything. */
  private static boolean isOf(PictureSet set, FeatureTable table) {
    for (int row = 0; row < table.rows(); row++) {
      int index = table.index(row);
      if (index < 0 || index >= set.size() || table.target(row) != set.label(index)) {
        return false;
      }
    }
    return table.rows() > 0;
  }

  /** The network is in the mode that it was in afterwards: it is asked for in the first epoch. */
  private FeatureTable compute(PictureSet set, Reading reading, int workers) {
    boolean wasTraining = model.isTraining();
    PictureLoader.Options options = new PictureLoader.Options(BATCH, Order.SEQUENTIAL, 0, workers);
    try (PictureLoader loader = new PictureLoader(set, reading, options, around.bad())) {
      return new FeatureExtractor(model, device, dtype)
          .run(loader, around.watcher())
          .values()
          .iterator()
          .next();
    } finally {
      if (wasTraining) {
        model.train();
      }
    }
  }

  /** What the features depend on, as one SHA-256. */
  private String key(String data, Reading reading) {
    MessageDigest digest = Sha256.digest();
    List<Object> facts =
        List.of(
            1, // the version of this format
            model.architecture(),
            data,
            reading.decode(),
            reading.transform(),
            reading.size(),
            reading.normalization(),
            dtype,
            device.kind());
    digest.update(facts.toString().getBytes(StandardCharsets.UTF_8));
    digest(model, name -> !name.startsWith(model.headName() + "."), digest);
    return HexFormat.of().formatHex(digest.digest());
  }

  /** Takes weights and statistics into a hash: those of some names. */
  static void digest(Classifier model, Predicate<String> names, MessageDigest digest) {
    Map<String, Parameter> state = model.state();
    Scope.run(
        "key",
        () ->
            state.forEach(
                (name, p) -> {
                  if (names.test(name)) {
                    digest.update(name.getBytes(StandardCharsets.UTF_8));
                    p.value().detach().<RuntimeException>readBytes(digest::update);
                  }
                }));
  }
}
