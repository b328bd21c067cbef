package dev.linnet.explain;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.linnet.base.AtomicFile;
import dev.linnet.base.Check;
import dev.linnet.base.LinnetException;
import dev.linnet.base.Sha256;
import dev.linnet.train.Evaluator;
import dev.linnet.train.FeatureTable;
import dev.linnet.weights.SafeTensors;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Features of a set's pictures in a folder, at length 1, and which of them are nearest to others by
 * the cosine. Up to {@link #GRAPH_FROM} pictures all are compared, exactly; from there on those
 * that a graph finds near ({@code VectorGraph}).
 *
 * <p>An index is known by facts, such as the layer: one of others, or a broken one, is made anew.
 * Close it; any thread may ask.
 */
public final class FeatureIndex implements AutoCloseable {
  /** Pictures from which on a graph is made. */
  public static final int GRAPH_FROM = 50_000;

  /** Rows that a graph is asked for at least, whose best are the answer. */
  private static final int CANDIDATES = 1_000;

  private static final String FILE = "index.safetensors";
  private static final String GRAPH = "graph";
  private static final String ROWS = "rows";

  private final @Nullable FeatureTable table;
  private final @Nullable VectorGraph graph;

  private FeatureIndex(@Nullable FeatureTable table, @Nullable VectorGraph graph) {
    this.table = table;
    this.graph = graph;
  }

  /**
   * A picture that is near.
   *
   * @param index its position in the set
   * @param cosine of the two pictures' features, in [−1, 1]
   */
  public record Hit(int index, double cosine) {}

  /**
   * Where an index is and what it is of.
   *
   * @param folder of it alone
   * @param facts that its features depend on, by what they are called
   * @param pictures of the set
   * @param graphFrom pictures from which on there is a graph
   * @param notes hears why something is made anew
   * @param watcher hears how far a graph is
   */
  public record Place(
      Path folder,
      Map<String, String> facts,
      int pictures,
      int graphFrom,
      Consumer<String> notes,
      Evaluator.Watcher watcher) {
    public Place {
      facts = Map.copyOf(facts);
    }

    /** Of the usual size. */
    public Place(
        Path folder,
        Map<String, String> facts,
        int pictures,
        Consumer<String> notes,
        Evaluator.Watcher watcher) {
      this(folder, facts, pictures, GRAPH_FROM, notes, watcher);
    }

    private Path file() {
      return folder.resolve(FILE);
    }

    private Path graph() {
      return folder.resolve(GRAPH);
    }

    /** All facts as one SHA-256. */
    private String key() {
      byte[] text = new TreeMap<>(facts).toString().getBytes(UTF_8);
      return HexFormat.of().formatHex(Sha256.digest().digest(text));
    }
  }

  // ------------------------------------------------------------------ files

  /**
   * Refuses a folder that holds anything but an index.
   *
   * @throws LinnetException if it does, or is a file
   */
  public static void check(Path folder) {
    if (!Files.exists(folder, LinkOption.NOFOLLOW_LINKS)) {
      return;
    }
    if (!Files.isDirectory(folder)) {
      throw new LinnetException(folder + ": is a file; an index is a folder, name a new one");
    }
    try (Stream<Path> files = Files.list(folder)) {
      Optional<Path> other = files.filter(file -> !isOurs(file)).sorted().findFirst();
      if (other.isPresent()) {
        throw new LinnetException(
            "%s: holds %s and is no index; name a new folder, or that of an index"
                .formatted(folder, other.get().getFileName()));
      }
    } catch (IOException e) {
      throw new LinnetException(folder + ": cannot be read (" + AtomicFile.reason(e) + ")", e);
    }
  }

  private static boolean isOurs(Path file) {
    String name = String.valueOf(file.getFileName());
    return name.equals(FILE) || name.equals(GRAPH) || name.startsWith("." + FILE + ".");
  }

  /**
   * Opens the index of a folder.
   *
   * @return empty if there is none; or one of other facts, or a broken one, which is said
   */
  public static Optional<FeatureIndex> open(Place place) {
    if (!Files.exists(place.file())) {
      return Optional.empty();
    }
    try {
      return Optional.of(read(place));
    } catch (OtherException | OutOfMemoryError e) {
      String why =
          e instanceof OtherException other ? String.valueOf(other.getMessage()) : "is damaged";
      place.notes().accept(place.folder() + ": " + why + "; made anew");
      return Optional.empty();
    }
  }

  private static FeatureIndex read(Place place) throws OtherException {
    Map<String, String> metadata;
    try (SafeTensors tensors = SafeTensors.open(place.file())) {
      metadata = tensors.metadata();
    } catch (LinnetException broken) {
      throw new OtherException("is damaged");
    }
    List<String> others =
        new TreeMap<>(place.facts())
            .entrySet().stream()
                .filter(fact -> !fact.getValue().equals(metadata.get(fact.getKey())))
                .map(Map.Entry::getKey)
                .toList();
    if (!others.isEmpty()) {
      throw new OtherException("is an index with other " + String.join(", ", others));
    }
    if (isLarge(metadata, place)) {
      Optional<VectorGraph> graph = VectorGraph.open(place.graph(), place.key(), place.pictures());
      if (graph.isPresent()) {
        return new FeatureIndex(null, graph.get());
      }
      FeatureTable table = table(place);
      place.notes().accept(place.graph() + ": is missing or damaged; made anew from the features");
      return new FeatureIndex(null, graph(place, table));
    }
    return new FeatureIndex(table(place), null);
  }

  private static boolean isLarge(Map<String, String> metadata, Place place) {
    String rows = metadata.getOrDefault(ROWS, "");
    return rows.matches("\\d{1,9}") && Integer.parseInt(rows) >= place.graphFrom();
  }

  private static FeatureTable table(Place place) throws OtherException {
    try {
      FeatureTable table = FeatureTable.load(place.file());
      Rows.checkFinite(table);
      boolean fits = table.rows() > 0;
      for (int row = 0; row < table.rows(); row++) {
        fits &= table.index(row) >= 0 && table.index(row) < place.pictures();
      }
      if (fits) {
        return table;
      }
    } catch (LinnetException broken) {
      throw new OtherException("is damaged");
    }
    throw new OtherException("is damaged");
  }

  /**
   * Makes the index of features in the place of one that is there. What is there stays until the
   * features are written; a graph that was not finished is made of them when it is opened.
   *
   * @param table features of any length; rows without a direction (0, or not finite) are left out,
   *     which is said
   * @throws LinnetException if no row is left, or the disk is full
   */
  public static FeatureIndex create(Place place, FeatureTable table) {
    int[] directed = IntStream.range(0, table.rows()).filter(r -> isDirected(table, r)).toArray();
    if (directed.length == 0) {
      throw new LinnetException(
          "features: got 0 or NaN alone; must have a direction; choose another layer, or other"
              + " weights");
    }
    if (directed.length < table.rows()) {
      place
          .notes()
          .accept(
              "%d of %d pictures have features of 0 or NaN alone; left out"
                  .formatted(table.rows() - directed.length, table.rows()));
    }
    boolean all = directed.length == table.rows();
    FeatureTable unit = Rows.normalized(all ? table : table.select(directed));
    Map<String, String> metadata = new LinkedHashMap<>(place.facts());
    metadata.put(ROWS, String.valueOf(unit.rows()));
    try {
      Files.createDirectories(place.folder());
    } catch (IOException e) {
      throw new LinnetException(
          place.folder() + ": cannot be made (" + AtomicFile.reason(e) + ")", e);
    }
    unit.save(place.file(), metadata);
    return unit.rows() < place.graphFrom()
        ? new FeatureIndex(unit, null)
        : new FeatureIndex(null, graph(place, unit));
  }

  private static VectorGraph graph(Place place, FeatureTable unit) {
    VectorGraph.build(place.graph(), place.key(), unit, place.watcher());
    return VectorGraph.open(place.graph(), place.key(), place.pictures())
        .orElseThrow(
            () -> new LinnetException(place.graph() + ": cannot be read after it was written"));
  }

  /** Whether the cosine with a row means anything. */
  public static boolean isDirected(FeatureTable table, int row) {
    double squares = 0;
    for (int column = 0; column < table.width(); column++) {
      squares += (double) table.value(row, column) * table.value(row, column);
    }
    return squares > 0 && Double.isFinite(squares);
  }

  // ------------------------------------------------------------------ neighbors

  /** The number of pictures. */
  public int pictures() {
    return graph == null ? features().rows() : graph.rows();
  }

  /** Numbers a picture. */
  public int width() {
    return graph == null ? features().width() : graph.width();
  }

  /** Whether a graph is asked, which may miss some of the nearest. */
  boolean hasGraph() {
    return graph != null;
  }

  /**
   * The nearest pictures of each row, the nearest first.
   *
   * @param queries of the same width, each with a direction
   * @param k how many, in [1, pictures]
   */
  public List<List<Hit>> nearest(FeatureTable queries, int k) {
    Check.that(k >= 1 && k <= pictures(), "k", k, "in [1, " + pictures() + "]");
    FeatureTable unit = Rows.normalized(queries);
    List<List<Hit>> all = new ArrayList<>();
    if (graph == null) {
      Neighbors near = Neighbors.of(features(), unit, k);
      for (int query = 0; query < unit.rows(); query++) {
        all.add(hits(features(), near, query));
      }
      return all;
    }
    VectorGraph asked = graph;
    int candidates = Math.max(CANDIDATES, 10 * k);
    return IntStream.range(0, unit.rows())
        .parallel()
        .mapToObj(query -> asked.nearest(unit.row(query), candidates, k))
        .toList();
  }

  private static List<Hit> hits(FeatureTable table, Neighbors near, int query) {
    Hit[] hits = new Hit[near.count()];
    // Of two vectors of length 1: |x − y|² = 2 − 2 cos.
    Arrays.setAll(
        hits,
        rank -> new Hit(table.index(near.row(query, rank)), 1 - near.square(query, rank) / 2));
    return List.of(hits);
  }

  private FeatureTable features() {
    if (table == null) {
      throw new IllegalStateException("has a graph");
    }
    return table;
  }

  /** Closes the graph's files. Closing twice is harmless. */
  @Override
  public void close() {
    if (graph != null) {
      graph.close();
    }
  }

  /** Why an index is not used. */
  private static final class OtherException extends Exception {
    private static final long serialVersionUID = 1L;

    OtherException(String why) {
      super(why);
    }
  }
}
