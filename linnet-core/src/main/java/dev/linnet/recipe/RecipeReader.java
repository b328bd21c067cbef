package dev.linnet.recipe;

import dev.linnet.base.AtomicFile;
import dev.linnet.base.Nearest;
import dev.linnet.models.Classifier;
import dev.linnet.models.Parts;
import dev.linnet.models.Zoo;
import dev.linnet.models.ZooModel;
import dev.linnet.optim.ParameterGroups;
import dev.linnet.recipe.Tree.Entries;
import dev.linnet.recipe.Tree.Entry;
import dev.linnet.recipe.Tree.Items;
import dev.linnet.recipe.Tree.Leaf;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Reads recipes: a preset or a YAML file, what it extends, and the options of the command line, all
 * through the same checks. Everything that is wrong is said at once, each with its place.
 *
 * <p>Later layers win, key by key: the preset {@code plain}, the recipe that is extended, the
 * recipe, top-level options, {@code --set}. Another {@code name} (of an optimizer, a schedule, an
 * augmentation) begins anew with that choice's defaults; another schedule keeps learning rate and
 * warm-up.
 *
 * <p>Immutable; any thread.
 */
public final class RecipeReader {
  private static final String EXTENDS = "extends";
  private static final Where ASKED = new Where("command line", 0);

  private RecipeReader() {}

  /** A reader. */
  public static RecipeReader create() {
    return new RecipeReader();
  }

  /**
   * Reads a preset or a file.
   *
   * @param nameOrFile a preset's name, or the path of a YAML file
   * @throws RecipeException with all that is wrong
   */
  public LoadedRecipe read(String nameOrFile) {
    return read(nameOrFile, Map.of(), List.of());
  }

  /**
   * A recipe that is put together of several layers, such as a row of a study.
   *
   * @param base a preset's name, or the path of a YAML file
   * @param common laid over the base
   * @param options values of top-level options by key, laid over those
   * @param sets values of {@code --set}, in their order, laid over those
   * @param parts laid over all that, in their order
   */
  public record Layers(
      String base,
      RecipePart common,
      Map<String, String> options,
      List<String> sets,
      List<RecipePart> parts) {
    public Layers {
      options = Collections.unmodifiableMap(new LinkedHashMap<>(options));
      sets = List.copyOf(sets);
      parts = List.copyOf(parts);
    }
  }

  /**
   * Reads several recipes at once.
   *
   * @throws RecipeException with all that is wrong with any of them, each problem once
   */
  public List<LoadedRecipe> readAll(List<Layers> recipes) {
    Problems problems = new Problems();
    List<Optional<LoadedRecipe>> read = recipes.stream().map(r -> read(r, problems)).toList();
    problems.throwIfAny();
    return read.stream().map(Optional::orElseThrow).toList();
  }

  /**
   * Reads a preset or a file and lays the options of a command line over it.
   *
   * @param nameOrFile a preset's name, or the path of a YAML file
   * @param options values of top-level options by key, such as {@code epochs} to {@code 8}
   * @param sets values of {@code --set}, such as {@code optimizer.momentum=0.95}, in their order
   * @throws RecipeException with all that is wrong
   */
  public LoadedRecipe read(String nameOrFile, Map<String, String> options, List<String> sets) {
    return readAll(List.of(new Layers(nameOrFile, RecipePart.EMPTY, options, sets, List.of())))
        .get(0);
  }

  /** Reads one recipe; empty only where there are problems. */
  private static Optional<LoadedRecipe> read(Layers layers, Problems problems) {
    Entries ground = Presets.ground();
    Entries sum = ground;
    Optional<Opened> opened = open(layers.base(), problems);
    if (opened.isPresent()) {
      Entries file = opened.get().entries();
      Optional<Entries> parent = parent(opened.get(), problems);
      if (parent.isPresent()) {
        sum = lay(sum, parent.get(), ground);
      }
      sum = lay(sum, file.without(EXTENDS), ground);
    }
    sum = lay(sum, layers.common().entries(), ground);
    for (Map.Entry<String, String> option : layers.options().entrySet()) {
      Where where = new Where("--" + option.getKey().replace('_', '-'), 0);
      Leaf value = new Leaf(option.getValue(), false, where);
      sum = lay(sum, entries(option.getKey(), value), ground);
    }
    for (String set : layers.sets()) {
      Optional<Entries> layer = parseSet(set, problems);
      if (layer.isPresent()) {
        sum = lay(sum, layer.get(), ground);
      }
    }
    for (RecipePart part : layers.parts()) {
      sum = lay(sum, part.entries(), ground);
    }
    Recipe recipe = (Recipe) Presets.FORM.read(sum, "", Recipes.plain(), problems);
    if (recipe != null) {
      checkModel(recipe, sum, problems);
      checkGroups(recipe, sum, problems);
      checkRate(recipe, sum, ground, problems);
      for (Contradictions.Found found : Contradictions.in(recipe)) {
        Where where = place(sum, found.key());
        problems.add(where, found.line(" (" + where + ")"));
      }
    }
    return recipe == null ? Optional.empty() : Optional.of(new LoadedRecipe(recipe, sources(sum)));
  }

  private static Entries lay(Entries low, Entries high, Entries ground) {
    return (Entries) Presets.FORM.merge(low, high, ground);
  }

  /** A recipe's mapping, and where what it extends is looked for. */
  private record Opened(String name, Entries entries, @Nullable Path folder) {}

  private static Optional<Opened> open(String nameOrFile, Problems problems) {
    if (Presets.NAMES.contains(nameOrFile)) {
      return Optional.of(new Opened("preset " + nameOrFile, Presets.tree(nameOrFile), null));
    }
    Path file;
    try {
      file = Path.of(nameOrFile);
    } catch (InvalidPathException e) {
      problems.add(
          ASKED, "recipe: got \"" + Lines.oneLine(nameOrFile) + "\"; must be a preset or a file");
      return Optional.empty();
    }
    if (!Files.exists(file)) {
      problems.add(
          ASKED,
          "recipe: got \""
              + Lines.oneLine(nameOrFile)
              + "\"; no file and no preset has this name; "
              + Nearest.didYouMean(
                  nameOrFile, Presets.NAMES, "presets: " + String.join(", ", Presets.NAMES)));
      return Optional.empty();
    }
    return open(nameOrFile, file, problems);
  }

  private static Optional<Opened> open(String name, Path file, Problems problems) {
    String source = Lines.oneLine(name);
    if (Files.isDirectory(file)) {
      problems.add(
          new Where(source, 0),
          source + ": is a folder; a recipe is a file, such as " + source + "/recipe.yaml");
      return Optional.empty();
    }
    try (InputStream in = Files.newInputStream(file)) {
      return YamlFile.read(source, in, problems)
          .map(entries -> new Opened(source, entries, file.toAbsolutePath().getParent()));
    } catch (IOException e) {
      problems.add(
          new Where(source, 0),
          source
              + ": cannot be read ("
              + (e instanceof AccessDeniedException ? "no permission" : AtomicFile.reason(e))
              + ")");
      return Optional.empty();
    }
  }

  /** What a recipe extends: one other, which may itself extend {@code plain} only. */
  private static Optional<Entries> parent(Opened child, Problems problems) {
    Tree named = child.entries().get(EXTENDS);
    if (named == null) {
      return Optional.empty();
    }
    if (!(named instanceof Leaf name) || !Lines.isPlain(name.text()) || name.text().isBlank()) {
      problems.mustBe(EXTENDS, named, "the name of a preset or of a file");
      return Optional.empty();
    }
    Optional<Opened> parent = find(name, child, problems);
    if (parent.isEmpty()) {
      return Optional.empty();
    }
    Tree above = parent.get().entries().get(EXTENDS);
    if (above != null && !(above instanceof Leaf leaf && leaf.text().equals(Presets.PLAIN))) {
      problems.add(
          named.where(),
          EXTENDS
              + ": got "
              + named.got()
              + " ("
              + named.where()
              + "), which itself extends "
              + above.got()
              + " ("
              + above.where()
              + "); a recipe builds on one other, so copy what is needed into one of them");
    }
    return Optional.of(parent.get().entries().without(EXTENDS));
  }

  private static Optional<Opened> find(Leaf name, Opened child, Problems problems) {
    Path folder = child.folder();
    if (Presets.NAMES.contains(name.text()) || folder == null) {
      return open(name.text(), problems);
    }
    try {
      Path file = folder.resolve(name.text());
      if (Files.isRegularFile(file)) {
        String shown = Path.of(child.name()).resolveSibling(name.text()).toString();
        return open(shown, file, problems);
      }
    } catch (InvalidPathException e) {
      // said below: no file has such a name
    }
    problems.add(
        name.where(),
        EXTENDS
            + ": got "
            + name.got()
            + " ("
            + name.where()
            + "); no file beside it and no preset has this name; "
            + Nearest.didYouMean(
                name.text(), Presets.NAMES, "presets: " + String.join(", ", Presets.NAMES)));
    return Optional.empty();
  }

  private static Optional<Entries> parseSet(String set, Problems problems) {
    int equals = set.indexOf('=');
    String path = equals < 0 ? set : set.substring(0, equals);
    List<String> keys = List.of(path.split("\\.", -1));
    if (equals < 0 || keys.contains("")) {
      problems.add(
          ASKED,
          "--set: got \""
              + Lines.oneLine(set)
              + "\"; must be a key and its value, such as optimizer.momentum=0.95");
      return Optional.empty();
    }
    String option = "--set " + Lines.oneLine(path);
    String text = set.substring(equals + 1);
    boolean yaml = text.startsWith("{") || text.startsWith("[");
    Optional<Tree> value =
        yaml
            ? YamlFile.readOption(option, text, problems)
            : Optional.of(new Leaf(text, false, new Where(option, 0)));
    if (keys.size() > YamlFile.MAX_DEPTH) {
      problems.add(
          new Where(option, 0),
          option + ": is nested more than " + YamlFile.MAX_DEPTH + " levels deep");
      return Optional.empty();
    }
    return value.map(
        tree -> {
          Tree inner = tree;
          for (int i = keys.size() - 1; i > 0; i--) {
            inner = entries(keys.get(i), inner);
          }
          return entries(keys.get(0), inner);
        });
  }

  private static Entries entries(String key, Tree value) {
    return new Entries(Map.of(key, new Entry(value.where(), value)), value.where());
  }

  private static void checkModel(Recipe recipe, Entries sum, Problems problems) {
    Tree model = sum.get("model");
    if (recipe.model().isAuto() || model == null) {
      return;
    }
    String name = recipe.model().value();
    if (!Zoo.contains(name)) {
      problems.add(
          model.where(),
          "model: got "
              + model.got()
              + " ("
              + model.where()
              + "); no network has this name; "
              + Nearest.didYouMean(name, Zoo.names(), "\"linnet models\" lists them"));
      return;
    }
    ZooModel zoo = Zoo.find(name);
    for (Parts.Part part : recipe.modelOptions().parts().changed()) {
      Tree option =
          sum.get("model_options") instanceof Entries options ? options.get(part.toString()) : null;
      if (option != null && !zoo.parts().contains(part)) {
        problems.add(
            option.where(),
            "model_options."
                + part
                + ": got "
                + option.got()
                + " ("
                + option.where()
                + "); "
                + zoo.lacks());
      }
    }
  }

  /** Groups that do not say which parameters they have, or have none in the network. */
  private static void checkGroups(Recipe recipe, Entries sum, Problems problems) {
    List<ParameterRules.Group> groups = recipe.optimizer().parameters().groups();
    if (groups.isEmpty()
        || !(sum.get("optimizer") instanceof Entries optimizer)
        || !(optimizer.get("groups") instanceof Items written)
        || written.items().size() != groups.size()) {
      return;
    }
    boolean known = !recipe.model().isAuto() && Zoo.contains(recipe.model().value());
    ZooModel zoo = Zoo.find(known ? recipe.model().value() : Zoo.names().get(0));
    try (Classifier model = zoo.declare(zoo.options())) {
      for (int i = 0; i < groups.size(); i++) {
        Tree group = written.items().get(i);
        Tree match = group instanceof Entries entries ? entries.get("match") : null;
        String path = "optimizer.groups[" + i + "].match";
        if (match == null) {
          problems.add(
              group.where(),
              path + ": is missing (" + group.where() + "); which parameters, such as \"^layer4\"");
        } else if (known) {
          ParameterGroups.problem(Ingredients.rule(groups.get(i)), model)
              .ifPresent(
                  problem ->
                      problems.add(
                          match.where(),
                          path + ": got " + match.got() + " (" + match.where() + "); " + problem));
        }
      }
    }
  }

  /** The rate of {@code plain} is SGD's; another optimizer would diverge with it. */
  private static void checkRate(Recipe recipe, Entries sum, Entries ground, Problems problems) {
    Tree rate = sum.get("schedule") instanceof Entries schedule ? schedule.get("lr") : null;
    Tree plain = ground.get("schedule") instanceof Entries schedule ? schedule.get("lr") : null;
    Tree optimizer = sum.get("optimizer");
    if (rate != null
        && plain != null
        && optimizer != null
        && rate.where().equals(plain.where())
        && !(recipe.optimizer() instanceof OptimizerRecipe.Sgd)) {
      problems.add(
          optimizer.where(),
          "schedule.lr: got "
              + rate.got()
              + " ("
              + rate.where()
              + "), which is meant for SGD; must be given with another optimizer ("
              + optimizer.where()
              + "), such as schedule.lr: "
              + Scalars.text(recipe.optimizer().usualLr()));
    }
  }

  /** Where a key was written, or what stands round it. */
  private static Where place(Entries sum, String key) {
    Tree found = sum;
    for (String step : key.split("\\.", -1)) {
      Tree inner = found instanceof Entries map ? map.get(step) : null;
      if (inner == null) {
        break;
      }
      found = inner;
    }
    return found.where();
  }

  private static Map<String, String> sources(Entries sum) {
    Map<String, String> sources = new LinkedHashMap<>();
    Recipes.flatten("", sum, (path, tree) -> sources.put(path, tree.where().toString()));
    return sources;
  }
}
