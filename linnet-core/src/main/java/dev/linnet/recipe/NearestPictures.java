package dev.linnet.recipe;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.linnet.base.LinnetException;
import dev.linnet.base.Sha256;
import dev.linnet.data.BadPictures;
import dev.linnet.data.PictureLoader;
import dev.linnet.data.PictureSet;
import dev.linnet.explain.FeatureIndex;
import dev.linnet.explain.Similar;
import dev.linnet.image.BadPictureException;
import dev.linnet.image.DecodeOptions;
import dev.linnet.models.Classifier;
import dev.linnet.train.Evaluator;
import dev.linnet.train.FeatureTable;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;

/**
 * Finds the pictures of a set that are most like others for a network, by an index that is kept on
 * disk. It is known by weights, preprocessing, layer, pictures and arithmetic; one of others, or a
 * broken one, is made anew. Pictures are known by {@link PictureSet#fingerprint}, which sees names
 * and lengths: who changes a picture's file but not its length deletes the index.
 *
 * <p>For one thread. Close it; the network stays the caller's.
 */
public final class NearestPictures implements AutoCloseable {
  private final SavedModel saved;
  private final PictureSet set;
  private final String layer;
  private final SavedModel.Computing how;
  private final Path folder;
  private final FeatureIndex index;

  private NearestPictures(
      SavedModel saved, PictureSet set, Wanted wanted, Path folder, FeatureIndex index) {
    this.saved = saved;
    this.set = set;
    this.layer = wanted.layer();
    this.how = wanted.how();
    this.folder = folder;
    this.index = index;
  }

  /**
   * What is compared, and where that is kept.
   *
   * @param layer full name of a module, or {@link dev.linnet.train.FeatureExtractor#POOLED}
   * @param how features are computed
   * @param place gives the folder for an index of a name, which is another for each network, set of
   *     pictures and layer
   */
  public record Wanted(String layer, SavedModel.Computing how, UnaryOperator<Path> place) {}

  /**
   * Who is told.
   *
   * @param bad what becomes of broken pictures
   * @param notes hears why an index is made anew
   * @param watcher hears how far it is
   */
  public record Around(BadPictures bad, Consumer<String> notes, Evaluator.Watcher watcher) {}

  /**
   * Opens the index of a set's pictures, or makes it.
   *
   * @throws LinnetException if the folder holds something else, there is no such layer, or no
   *     picture can be read
   */
  public static NearestPictures open(
      SavedModel saved, PictureSet set, Wanted wanted, Around around) {
    Map<String, String> facts = facts(saved, set, wanted);
    Path name = Path.of(saved.pretrained().model().architecture() + "-" + key(facts));
    Path folder = wanted.place().apply(name);
    FeatureIndex.check(folder);
    FeatureIndex.Place place =
        new FeatureIndex.Place(folder, facts, set.size(), around.notes(), around.watcher());
    Optional<FeatureIndex> found = FeatureIndex.open(place);
    FeatureIndex index =
        found.isPresent()
            ? found.get()
            : FeatureIndex.create(
                place,
                saved
                    .embed(set, wanted.layer(), wanted.how(), around.bad(), around.watcher())
                    .table());
    return new NearestPictures(saved, set, wanted, folder, index);
  }

  private static Map<String, String> facts(SavedModel saved, PictureSet set, Wanted wanted) {
    PictureLoader.Reading reading = saved.reading();
    List<Object> preprocessing =
        List.of(reading.decode(), reading.transform(), reading.size(), reading.normalization());
    return Map.of(
        "weights", weights(saved.pretrained().model()),
        "preprocessing", preprocessing.toString(),
        "layer", wanted.layer(),
        "pictures", set.fingerprint(),
        "arithmetic", wanted.how().dtype() + " on " + wanted.how().device().kind());
  }

  private static String weights(Classifier model) {
    MessageDigest digest = Sha256.digest();
    digest.update(model.architecture().getBytes(UTF_8));
    FeatureCache.digest(model, name -> true, digest);
    return HexFormat.of().formatHex(digest.digest());
  }

  private static String key(Map<String, String> facts) {
    byte[] text = new TreeMap<>(facts).toString().getBytes(UTF_8);
    return HexFormat.of().formatHex(Sha256.digest().digest(text)).substring(0, 16);
  }

  /** Where the index is. */
  public Path folder() {
    return folder;
  }

  /** The number of pictures among which is looked. */
  public int pictures() {
    return index.pictures();
  }

  /** Numbers a picture. */
  public int width() {
    return index.width();
  }

  /**
   * The pictures most like others. A picture of the set (the same name at the end of its path, the
   * same pixels) is left out of its own neighbors.
   *
   * @param queries pictures of any kind; broken ones have no answer
   * @param k how many at most, in [1, {@link #pictures}]
   * @throws LinnetException if the features of one have no direction
   */
  public List<Similar> nearest(
      PictureSet queries, int k, BadPictures bad, Evaluator.Watcher watcher) {
    FeatureTable table = saved.features(queries, layer, how, bad, watcher);
    List<Similar> found = new ArrayList<>();
    if (table.rows() == 0) {
      return found;
    }
    for (int row = 0; row < table.rows(); row++) {
      if (!FeatureIndex.isDirected(table, row)) {
        throw new LinnetException(
            "%s: has features of 0 or NaN alone, which are like no others; choose another layer"
                .formatted(queries.name(table.index(row))));
      }
    }
    List<List<FeatureIndex.Hit>> hits = index.nearest(table, Math.min(k + 1, index.pictures()));
    for (int row = 0; row < table.rows(); row++) {
      found.add(similar(queries, table.index(row), hits.get(row), k));
    }
    return found;
  }

  private Similar similar(PictureSet queries, int query, List<FeatureIndex.Hit> hits, int k) {
    Optional<String> itself = Optional.empty();
    List<Similar.Near> near = new ArrayList<>();
    for (FeatureIndex.Hit hit : hits) {
      String name = set.name(hit.index());
      if (itself.isEmpty() && isSame(queries, query, hit.index())) {
        itself = Optional.of(name);
      } else if (near.size() < k) {
        String className = set.classes().get(set.label(hit.index()));
        near.add(new Similar.Near(hit.index(), name, className, 1 - hit.cosine()));
      }
    }
    return new Similar(query, queries.name(query), itself, near);
  }

  private boolean isSame(PictureSet queries, int query, int index) {
    String path =
        Path.of(queries.name(query)).toAbsolutePath().normalize().toString().replace('\\', '/');
    String name = set.name(index);
    if (!path.equals(name) && !path.endsWith("/" + name)) {
      return false;
    }
    try {
      return Arrays.equals(
          queries.read(query, DecodeOptions.DEFAULT).pixels(),
          set.read(index, DecodeOptions.DEFAULT).pixels());
    } catch (BadPictureException gone) {
      return false;
    }
  }

  /** Closes the index. Closing twice is harmless. */
  @Override
  public void close() {
    index.close();
  }
}
