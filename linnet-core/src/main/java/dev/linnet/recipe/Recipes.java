package dev.linnet.recipe;

import dev.linnet.base.internal.FileHeader;
import dev.linnet.recipe.Tree.Entries;
import dev.linnet.recipe.Tree.Entry;
import dev.linnet.recipe.Tree.Items;
import dev.linnet.recipe.Tree.Leaf;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.BiConsumer;
import java.util.stream.Collectors;

/** The recipes in the jar, and the difference of two recipes. */
public final class Recipes {
  private Recipes() {}

  /**
   * A recipe in the jar, by what its file opens with.
   *
   * @param name what {@code --recipe} takes
   * @param summary one line
   * @param source paper or code that it follows
   * @param command what gave the expected figure
   * @param expected the figure, or "not measured"
   * @param time how long it took, or "not measured"
   */
  public record Preset(
      String name, String summary, String source, String command, String expected, String time) {}

  /**
   * One key with different values.
   *
   * @param key dotted, such as {@code optimizer.momentum}
   * @param left its value as YAML, empty where it has none
   * @param right likewise
   */
  public record Difference(String key, String left, String right) {}

  /**
   * A key that is an option on the command line.
   *
   * @param key in YAML, such as {@code max_pixels}
   * @param flag such as {@code --max-pixels}
   * @param expects what it takes, such as {@code a whole number or auto}
   * @param about what it does, in one line
   */
  public record Option(String key, String flag, String expects, String about) {}

  /** The keys that are options: those at the top that take one word or number. */
  public static List<Option> options() {
    List<Option> options = new ArrayList<>();
    Presets.FORM
        .fields()
        .forEach(
            (key, field) -> {
              if (field.form().isSingle()) {
                String flag = "--" + key.replace('_', '-');
                options.add(new Option(key, flag, field.form().must(), field.about()));
              }
            });
    return options;
  }

  /** The recipes in the jar. */
  public static List<Preset> presets() {
    return Presets.NAMES.stream().map(Recipes::preset).toList();
  }

  /** The recipe that every other builds on; it holds the defaults. */
  public static Recipe plain() {
    Problems problems = new Problems();
    Record recipe = Presets.FORM.read(Presets.ground(), "", null, problems);
    problems.throwIfAny();
    if (recipe == null) {
      throw new IllegalStateException("the preset plain is not complete");
    }
    return (Recipe) recipe;
  }

  /** The keys in which two recipes differ, in the order of a recipe. */
  public static List<Difference> diff(Recipe left, Recipe right) {
    Map<String, String> lefts = flat(left);
    Map<String, String> rights = flat(right);
    Set<String> keys = new LinkedHashSet<>(lefts.keySet());
    keys.addAll(rights.keySet());
    List<Difference> differences = new ArrayList<>();
    for (String top : Presets.FORM.fields().keySet()) {
      for (String key : keys) {
        boolean within = key.equals(top) || key.startsWith(top + ".");
        String a = lefts.getOrDefault(key, "");
        String b = rights.getOrDefault(key, "");
        boolean emptied = (a + b).equals("{}"); // its keys have lines of their own
        if (within && !a.equals(b) && !emptied) {
          differences.add(new Difference(key, a, b));
        }
      }
    }
    return differences;
  }

  /** Every key with its value as YAML. */
  static Map<String, String> flat(Recipe recipe) {
    Map<String, String> flat = new LinkedHashMap<>();
    flatten("", Presets.FORM.write(recipe), (path, tree) -> flat.put(path, text(tree)));
    return flat;
  }

  /** Visits everything but mappings with keys, with its dotted name. */
  static void flatten(String path, Tree tree, BiConsumer<String, Tree> visit) {
    if (!(tree instanceof Entries entries) || entries.entries().isEmpty()) {
      visit.accept(path, tree);
      return;
    }
    for (Map.Entry<String, Entry> entry : entries.entries().entrySet()) {
      flatten(Lines.path(path, entry.getKey()), entry.getValue().value(), visit);
    }
  }

  /** A value as YAML on one line. */
  static String text(Tree tree) {
    if (tree instanceof Leaf leaf) {
      return RecipeWriter.scalar(leaf);
    }
    if (tree instanceof Items list) {
      return list.items().stream().map(Recipes::text).collect(Collectors.joining(", ", "[", "]"));
    }
    return ((Entries) tree)
        .entries().entrySet().stream()
            .map(entry -> RecipeWriter.key(entry.getKey()) + ": " + text(entry.getValue().value()))
            .collect(Collectors.joining(", ", "{", "}"));
  }

  private static Preset preset(String name) {
    FileHeader header = FileHeader.of(name + ".yaml", Presets.text(name));
    return new Preset(
        name,
        header.summary(),
        header.get("Source"),
        header.get("Command"),
        header.get("Expected"),
        header.get("Time"));
  }
}
