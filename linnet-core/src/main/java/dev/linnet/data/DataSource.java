package dev.linnet.data;

import dev.linnet.base.LinnetException;
import dev.linnet.base.Sha256;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * A data set that was opened: its classes and its splits. Opened by {@link DataSources#open}.
 *
 * <p>Immutable; any thread. Nothing stays open, so there is nothing to close.
 */
public final class DataSource {
  private final String name;
  private final Recognized found;
  private final Map<Split, StoredSet> sets = new EnumMap<>(Split.class);
  private final DrawnIndices drawn;
  private final Holdout holdout;
  private final List<String> warnings;

  private DataSource(String name, Recognized found, DataOptions options) {
    this.name = name;
    this.found = found;
    this.holdout = options.holdout();
    if (options.boxes() == Boxes.CROP && !found.hasBoxes()) {
      throw new LinnetException(
          "boxes: got crop, but %s has no boxes (%s); must be none, or data with boxes (Pascal VOC,"
                  .formatted(found.where(), found.layout())
              + " COCO)");
    }
    List<String> said = new ArrayList<>(found.warnings());
    warnLonely(said);
    this.drawn =
        options.drawn().isEmpty() ? draw(options, said) : again(options.drawn(), found, name);
    take();
    this.warnings = List.copyOf(said);
  }

  /** Applies limit and hold-out to what was found. */
  static DataSource of(String name, Recognized found, DataOptions options) {
    return new DataSource(name, found, options);
  }

  /** What the user named: the name of the catalog or the path. */
  public String name() {
    return name;
  }

  /** The place where it was found, for messages. */
  public String where() {
    return found.where();
  }

  /** What it was recognized as, such as {@code class folders in splits}. */
  public String layout() {
    return found.layout();
  }

  /** Names of the classes; a label is a position in this list. */
  public List<String> classes() {
    return found.classes();
  }

  /** A split, where there is one. */
  public Optional<PictureSet> set(Split split) {
    return Optional.ofNullable(sets.get(split));
  }

  /**
   * The pictures to train on.
   *
   * @throws LinnetException if there is no {@code train}, or one class only
   */
  public PictureSet train() {
    StoredSet train = sets.get(Split.TRAIN);
    if (train == null) {
      throw new LinnetException(
          "%s: has no train split (it has %s); to train on it, name the folder of its classes"
              .formatted(
                  where(), String.join(" and ", sets.keySet().stream().map(Split::key).toList())));
    }
    int[] counts = train.counts();
    int filled = (int) IntStream.of(counts).filter(count -> count > 0).count();
    if (filled < 2) {
      throw new LinnetException(
          "%s: only one class (\"%s\"); a classifier needs two or more, each a folder of its own"
              .formatted(where(), classes().get(train.label(0))));
    }
    return train;
  }

  /** What chooses the best weights: {@code val}, but nothing where nothing is to be held out. */
  public Optional<PictureSet> choosing() {
    return holdout.kind() == Holdout.Kind.NONE ? Optional.empty() : set(Split.VAL);
  }

  /**
   * What is evaluated: {@code test}, else {@code val}, else all pictures of a data set that has no
   * splits.
   *
   * @throws LinnetException if there is a {@code train} only
   */
  public PictureSet evaluated() {
    StoredSet set = sets.getOrDefault(Split.TEST, sets.get(Split.VAL));
    if (set != null) {
      return set;
    }
    StoredSet train = sets.get(Split.TRAIN);
    if (found.isSplit() || train == null) {
      throw new LinnetException(
          where()
              + ": has neither test nor val; to evaluate on what was trained on, say --split"
              + " train");
    }
    return train;
  }

  /**
   * A split by name.
   *
   * @throws LinnetException if the data set has none; names those that there are
   */
  public PictureSet need(Split split) {
    StoredSet set = sets.get(split);
    if (set == null) {
      throw new LinnetException(
          "%s: has no split %s; must be %s"
              .formatted(
                  where(),
                  split.key(),
                  String.join(" or ", sets.keySet().stream().map(Split::key).toList())));
    }
    return set;
  }

  /** Which pictures the splits took, where a split was drawn or limited. */
  public DrawnIndices drawn() {
    return drawn;
  }

  /** SHA-256 of the fingerprints of all splits, in hexadecimal. */
  public String fingerprint() {
    MessageDigest digest = Sha256.digest();
    sets.forEach(
        (split, set) ->
            digest.update(
                (split.key() + " " + set.fingerprint() + "\n").getBytes(StandardCharsets.UTF_8)));
    return HexFormat.of().formatHex(digest.digest());
  }

  /** What was noticed while it was opened, one line each; to be shown once. */
  public List<String> warnings() {
    return warnings;
  }

  /** The splits, each under its name; for the rest of this room. */
  Map<Split, StoredSet> stored() {
    return sets;
  }

  /** The tree's own splits, before anything was drawn. */
  Recognized found() {
    return found;
  }

  private DrawnIndices draw(DataOptions options, List<String> said) {
    Map<Split, StoredSet> pools = found.pools();
    Map<Split, int[]> taken = new EnumMap<>(Split.class);
    boolean limited = options.limit() != DataOptions.ALL;
    pools.forEach(
        (split, pool) ->
            taken.put(
                split,
                limited ? Draw.limit(pool, options.limit(), options.seed()) : Draw.all(pool)));
    StoredSet train = pools.get(Split.TRAIN);
    int[] ofTrain = taken.get(Split.TRAIN);
    double fraction = options.holdout().fraction(pools.containsKey(Split.TEST));
    boolean held = train != null && ofTrain != null && !pools.containsKey(Split.VAL);
    if (held && fraction > 0 && train != null && ofTrain != null) {
      int[] val = Draw.holdOut(train, ofTrain, fraction, options.holdout().unit(), options.seed());
      if (val.length == 0) {
        said.add(where() + nothingHeldOut(options.holdout()));
      } else {
        taken.put(Split.VAL, val);
        taken.put(Split.TRAIN, Draw.without(ofTrain, val));
      }
    } else if (!held && options.holdout().kind() == Holdout.Kind.FRACTION) {
      said.add(where() + ": has a val of its own, so nothing is held out of train");
    }
    Map<Split, DrawnIndices.Part> parts = new EnumMap<>(Split.class);
    taken.forEach(
        (split, positions) -> {
          Split poolName = pools.containsKey(split) ? split : Split.TRAIN;
          StoredSet pool = pools.get(poolName);
          if (pool != null && (split != poolName || positions.length < pool.size())) {
            parts.put(
                split, new DrawnIndices.Part(poolName, pool.size(), pool.fingerprint(), positions));
          }
        });
    return DrawnIndices.of(options.seed(), parts);
  }

  private static String nothingHeldOut(Holdout holdout) {
    return switch (holdout.unit()) {
      case PICTURES, AUTO -> ": no class has two pictures, so none is held out";
      case CLASSES -> ": has fewer than four classes, so none is held out";
    };
  }

  private static DrawnIndices again(DrawnIndices drawn, Recognized found, String name) {
    drawn
        .parts()
        .forEach(
            (split, part) -> {
              StoredSet pool = found.pools().get(part.pool);
              if (pool == null
                  || pool.size() != part.poolSize
                  || !pool.fingerprint().equals(part.poolFingerprint)) {
                throw new LinnetException(
                    ("%s: is not the data set that the split was drawn from (%s has %d pictures,"
                            + " %s); name the same data, or start a new run")
                        .formatted(
                            name,
                            part.pool.key(),
                            pool == null ? 0 : pool.size(),
                            pool != null && pool.size() == part.poolSize
                                ? "but others"
                                : "then " + part.poolSize));
              }
            });
    return drawn;
  }

  private void take() {
    sets.putAll(found.pools());
    drawn
        .parts()
        .forEach(
            (split, part) -> {
              StoredSet pool = found.pools().get(part.pool);
              if (pool != null) {
                sets.put(split, pool.select(part.positions()));
              }
            });
  }

  private void warnLonely(List<String> said) {
    StoredSet train = found.pools().get(Split.TRAIN);
    if (train == null) {
      return;
    }
    int[] counts = train.counts();
    List<String> lonely =
        IntStream.range(0, counts.length)
            .filter(label -> counts[label] == 1)
            .mapToObj(label -> '"' + classes().get(label) + '"')
            .toList();
    if (!lonely.isEmpty()) {
      said.add(
          "%s: %s one picture only, which stays in train: %s"
              .formatted(
                  where(),
                  lonely.size() == 1 ? "a class has" : lonely.size() + " classes have",
                  ClassFolders.some(lonely)));
    }
  }
}
