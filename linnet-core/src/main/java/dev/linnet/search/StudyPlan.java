package dev.linnet.search;

import dev.linnet.base.LinnetException;
import dev.linnet.recipe.LoadedRecipe;
import dev.linnet.recipe.OrNone;
import dev.linnet.recipe.RecipePart;
import dev.linnet.recipe.RecipeReader;
import dev.linnet.recipe.RecipeReader.Layers;
import dev.linnet.recipe.Recipes;
import dev.linnet.recipe.Task;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * A study whose rows are recipes: everything was read and checked, nothing is trained.
 *
 * @param study the file
 * @param rows what is trained, in the order of the tables
 * @param reference number of the row that the others are compared with
 */
public record StudyPlan(Study study, List<Row> rows, int reference) {
  public StudyPlan {
    rows = List.copyOf(rows);
  }

  /**
   * What is laid over the recipes of a study.
   *
   * @param options values of top-level options by key, such as {@code epochs} to {@code 8}; what a
   *     row sets wins over them
   * @param sets values of {@code --set}, in their order, likewise
   */
  public record Changes(Map<String, String> options, List<String> sets) {
    /**
     * These changes for runs that share the machine: threads and workers are each run's share of
     * the cores, unless they are given.
     *
     * @param processes how many runs train at once, at least 1
     */
    public Changes sharedBy(int processes) {
      if (processes == 1) {
        return this;
      }
      String share =
          String.valueOf(Math.max(1, Runtime.getRuntime().availableProcessors() / processes));
      Map<String, String> more = new LinkedHashMap<>(options);
      more.putIfAbsent("threads", share);
      more.putIfAbsent("workers", share);
      return new Changes(more, sets);
    }

    /** Nothing. */
    public static final Changes NONE = new Changes(Map.of(), List.of());

    public Changes {
      options = Collections.unmodifiableMap(new LinkedHashMap<>(options));
      sets = List.copyOf(sets);
    }
  }

  /**
   * One row.
   *
   * @param name in tables
   * @param folder beginning of its runs' folders
   * @param recipe complete; a folder of another run is still {@code row:NAME} in it
   * @param layers what it was put together of
   * @param needs rows whose runs must be there first, by name
   * @param card the card that its gain goes into, or none
   * @param against number of the row that the gain is over
   */
  public record Row(
      String name,
      String folder,
      LoadedRecipe recipe,
      Layers layers,
      List<String> needs,
      OrNone<String> card,
      int against) {
    public Row {
      needs = List.copyOf(needs);
    }
  }

  /**
   * Puts the rows together.
   *
   * @throws dev.linnet.recipe.RecipeException with all that is wrong with any of the recipes
   */
  public static StudyPlan of(Study study, Changes changes) {
    List<Study.Combination> all = study.combinations();
    List<Layers> layers =
        all.stream()
            .map(
                combination ->
                    new Layers(
                        study.base(),
                        study.set(),
                        changes.options(),
                        changes.sets(),
                        combination.parts().stream().map(Study.Row::set).toList()))
            .toList();
    List<LoadedRecipe> recipes = RecipeReader.create().readAll(layers);
    List<Row> rows = new ArrayList<>();
    for (int i = 0; i < all.size(); i++) {
      Study.Combination one = all.get(i);
      rows.add(
          new Row(
              one.name(),
              one.folder(),
              recipes.get(i),
              layers.get(i),
              one.needs(),
              one.card(),
              one.against()));
    }
    checkTasks(rows);
    return new StudyPlan(study, rows, study.referenceIndex());
  }

  private static void checkTasks(List<Row> rows) {
    Task task = rows.get(0).recipe().recipe().task();
    for (Row row : rows) {
      Task other = row.recipe().recipe().task();
      if (other != task) {
        throw new LinnetException(
            "row \"%s\": has task %s, and row \"%s\" task %s; the rows of a study are measured alike"
                .formatted(row.name(), name(other), rows.get(0).name(), name(task)));
      }
    }
  }

  private static String name(Task task) {
    return task.name().toLowerCase(Locale.ROOT);
  }

  /** What the rows are compared by. */
  public Measure measure() {
    return Measure.of(rows.get(0).recipe().recipe().task());
  }

  /** The name of the row that the others are compared with. */
  public String referenceName() {
    return rows.get(reference).name();
  }

  /** In which keys the recipe of a row differs from that of the reference, on one line. */
  public String changes(int row) {
    return Recipes.diff(rows.get(reference).recipe().recipe(), rows.get(row).recipe().recipe())
        .stream()
        .map(d -> d.key() + (d.right().isEmpty() ? " off" : "=" + d.right()))
        .collect(Collectors.joining(" "));
  }

  /** The row of a name. */
  Row row(String name) {
    return rows.stream().filter(row -> row.name().equals(name)).findFirst().orElseThrow();
  }

  /** The recipe of one run, with the folders of the runs that it needs. */
  LoadedRecipe recipe(Row row, long seed, StudyFolder folder) {
    LoadedRecipe recipe = row.recipe();
    if (!row.needs().isEmpty()) {
      List<RecipePart> parts =
          row.layers().parts().stream().map(part -> located(part, seed, folder)).toList();
      Layers l = row.layers();
      recipe =
          RecipeReader.create()
              .readAll(List.of(new Layers(l.base(), l.common(), l.options(), l.sets(), parts)))
              .get(0);
    }
    return recipe.with(recipe.recipe().withSeed(seed), "the study's seeds");
  }

  private RecipePart located(RecipePart part, long seed, StudyFolder folder) {
    return part.mapValues(
        value ->
            value.startsWith(Study.ROW)
                ? folder
                    .run(row(value.substring(Study.ROW.length())).folder(), seed)
                    .path()
                    .toAbsolutePath()
                    .normalize()
                    .toString()
                : value);
  }
}
