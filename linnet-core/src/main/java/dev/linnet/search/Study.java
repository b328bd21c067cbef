package dev.linnet.search;

import dev.linnet.base.Check;
import dev.linnet.base.internal.About;
import dev.linnet.recipe.OrNone;
import dev.linnet.recipe.RecipePart;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/**
 * Trainings that differ in a few keys of their recipes, each with several seeds: the content of a
 * study's file, one component a key.
 *
 * <p>A value {@code row:NAME} in a row's {@code set} stands for the folder of that row's run with
 * the same seed, such as the teacher of a distillation: {@code teacher: row:teacher}.
 *
 * @param title what it measures, in one line
 * @param source paper or code that it follows
 * @param base the recipe that every row builds on: a preset's name or a file beside the study's
 * @param set keys of the recipe that every row has
 * @param seeds at least one; no two equal
 * @param design how rows become recipes
 * @param reference the row that the others are compared with; none: the first
 * @param rows at least one; no two names that make the same folder
 */
public record Study(
    @About("what it measures, in one line") String title,
    @About("paper or code that it follows") String source,
    @About("recipe that every row builds on: a name or a file") String base,
    @About("keys of the recipe that every row has") RecipePart set,
    @About("seeds of every row") List<Long> seeds,
    @About("how rows become recipes") Design design,
    @About("row that the others are compared with") OrNone<String> reference,
    @About("what is compared") List<Row> rows) {

  /** What stands before the name of a row whose run's folder is meant. */
  static final String ROW = "row:";

  /** Name of the row of {@link Design#LEAVE_ONE_OUT} that has all that the others lack. */
  static final String ALL = "all";

  private static final String WITHOUT = "without ";

  /** How rows become recipes. */
  public enum Design {
    /** Each row has its own keys and those of all rows above it. */
    CUMULATIVE,
    /** One recipe has the keys of all rows; for each row, one has those of all others. */
    LEAVE_ONE_OUT,
    /** One recipe for each combination: of each axis one row. */
    GRID,
    /** Each row has its own keys only. */
    ONE_BY_ONE
  }

  /**
   * One row of the file.
   *
   * @param name in tables; its letters and digits name the run's folder
   * @param set keys of the recipe, laid over those of the study
   * @param card the card in {@code docs/tricks} that its gain goes into; none: in none
   * @param axis in a {@link Design#GRID}, which of its axes the row belongs to; none elsewhere
   */
  public record Row(
      @About("name in tables and of the folder") String name,
      @About("keys of the recipe") RecipePart set,
      @About("card that the gain goes into") OrNone<String> card,
      @About("axis of a grid") OrNone<String> axis) {
    /** A row without a name, for the keys that a file may leave out. */
    public static final Row DEFAULT = new Row("", RecipePart.EMPTY, OrNone.none(), OrNone.none());
  }

  /**
   * What is trained: some rows of the file put together.
   *
   * @param name in tables
   * @param parts the rows whose keys it has, in their order
   * @param card the card that its gain goes into, or none
   * @param against the number of the recipe that the gain is over: for a {@link
   *     Design#LEAVE_ONE_OUT} the one that lacks nothing, and the gain is what was lost
   */
  record Combination(String name, List<Row> parts, OrNone<String> card, int against) {
    /** The name of its folders. */
    String folder() {
      return Study.folder(name);
    }

    /** The rows whose runs it needs, by name. */
    List<String> needs() {
      return parts.stream().flatMap(part -> Study.needs(part).stream()).distinct().toList();
    }
  }

  public Study {
    seeds = List.copyOf(seeds);
    rows = List.copyOf(rows);
    Check.that(
        !seeds.isEmpty()
            && new HashSet<>(seeds).size() == seeds.size()
            && seeds.stream().allMatch(seed -> seed >= 0),
        "seeds",
        seeds,
        "different whole numbers, at least 0, such as [0, 1, 2]");
    Check.that(!rows.isEmpty(), "rows", "none", "at least one row, such as {name: baseline}");
    checkNames(rows);
    checkAxes(design, rows);
    List<Combination> all = combinations(design, rows, reference);
    Check.that(
        reference.isNone() || all.stream().anyMatch(c -> c.name().equals(reference.value())),
        "reference",
        reference,
        "the name of a row: " + String.join(", ", all.stream().map(Combination::name).toList()));
  }

  /** This study on another recipe. */
  Study withBase(String recipe) {
    return new Study(title, source, recipe, set, seeds, design, reference, rows);
  }

  private static void checkNames(List<Row> rows) {
    Map<String, String> folders = new LinkedHashMap<>();
    for (int i = 0; i < rows.size(); i++) {
      Row row = rows.get(i);
      String at = "rows[" + i + "].";
      String folder = folder(row.name());
      Check.that(
          !folder.isEmpty() && row.name().length() <= 60,
          at + "name",
          row.name().isEmpty() ? "nothing" : row.name(),
          "a name of at most 60 characters with a letter or a digit");
      String other = folders.putIfAbsent(folder, row.name());
      Check.that(
          other == null,
          at + "name",
          row.name(),
          "a name of its own; the row \"" + other + "\" has the folder " + folder + " already");
      for (String needed : needs(row)) {
        Check.that(
            rows.subList(0, i).stream().anyMatch(above -> above.name().equals(needed)),
            at + "set",
            ROW + needed,
            "the name of a row above it, behind \"" + ROW + "\"");
      }
    }
  }

  private static void checkAxes(Design design, List<Row> rows) {
    for (int i = 0; i < rows.size(); i++) {
      Row row = rows.get(i);
      boolean grid = design == Design.GRID;
      Check.that(
          row.axis().isNone() != grid,
          "rows[" + i + "].axis",
          row.axis(),
          grid
              ? "given where the design is grid; rows of one axis exclude each other"
              : "none where the design is " + name(design));
      Check.that(
          !grid || row.card().isNone(),
          "rows[" + i + "].card",
          row.card(),
          "none where the design is grid, because a gain there is no single trick's");
      Check.that(
          (design != Design.LEAVE_ONE_OUT && !grid) || needs(row).isEmpty(),
          "rows[" + i + "].set",
          ROW + String.join(", " + ROW, needs(row)),
          "without \"" + ROW + "\" where the design is " + name(design));
    }
  }

  private static String name(Design design) {
    return design.name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  /** Letters, digits and points of a name, in lower case, joined by hyphens. */
  static String folder(String name) {
    return name.toLowerCase(Locale.ROOT)
        .replaceAll("[^\\p{L}\\p{N}.]+", "-")
        .replaceAll("^[-.]+|[-.]+$", "");
  }

  private static List<String> needs(Row row) {
    return row.set().values().stream()
        .filter(value -> value.startsWith(ROW))
        .map(value -> value.substring(ROW.length()))
        .distinct()
        .toList();
  }

  /** What is trained, in the order of the tables. */
  List<Combination> combinations() {
    return combinations(design, rows, reference);
  }

  private static List<Combination> combinations(
      Design design, List<Row> rows, OrNone<String> reference) {
    return switch (design) {
      case CUMULATIVE -> cumulative(rows);
      case LEAVE_ONE_OUT -> leaveOneOut(rows);
      case GRID -> grid(rows);
      case ONE_BY_ONE -> oneByOne(rows, reference);
    };
  }

  private static List<Combination> cumulative(List<Row> rows) {
    List<Combination> all = new ArrayList<>();
    for (int i = 0; i < rows.size(); i++) {
      Row row = rows.get(i);
      all.add(new Combination(row.name(), rows.subList(0, i + 1), row.card(), Math.max(0, i - 1)));
    }
    return all;
  }

  private static List<Combination> leaveOneOut(List<Row> rows) {
    List<Combination> all = new ArrayList<>();
    all.add(new Combination(ALL, rows, OrNone.none(), 0));
    for (Row row : rows) {
      List<Row> others = rows.stream().filter(other -> !other.equals(row)).toList();
      all.add(new Combination(WITHOUT + row.name(), others, row.card(), 0));
    }
    return all;
  }

  private static List<Combination> oneByOne(List<Row> rows, OrNone<String> reference) {
    List<String> names = rows.stream().map(Row::name).toList();
    int against = reference.isNone() ? 0 : Math.max(0, names.indexOf(reference.value()));
    return rows.stream()
        .map(row -> new Combination(row.name(), List.of(row), row.card(), against))
        .toList();
  }

  private static List<Combination> grid(List<Row> rows) {
    Set<String> axes = new java.util.LinkedHashSet<>();
    rows.forEach(row -> axes.add(row.axis().toString()));
    List<List<Row>> cells = List.of(List.of());
    for (String axis : axes) {
      List<List<Row>> more = new ArrayList<>();
      for (List<Row> cell : cells) {
        for (Row row : rows) {
          if (row.axis().toString().equals(axis)) {
            List<Row> longer = new ArrayList<>(cell);
            longer.add(row);
            more.add(longer);
          }
        }
      }
      cells = more;
    }
    return cells.stream()
        .map(
            cell ->
                new Combination(
                    String.join(", ", cell.stream().map(Row::name).toList()),
                    cell,
                    OrNone.none(),
                    0))
        .toList();
  }

  /** The number of the row that the others are compared with. */
  int referenceIndex() {
    List<String> names = combinations().stream().map(Combination::name).toList();
    return reference.isNone() ? 0 : names.indexOf(reference.value());
  }
}
