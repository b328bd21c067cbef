package dev.linnet.recipe;

import dev.linnet.recipe.Tree.Entries;
import dev.linnet.recipe.Tree.Entry;
import dev.linnet.recipe.Tree.Leaf;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import org.snakeyaml.engine.v2.api.Dump;
import org.snakeyaml.engine.v2.api.DumpSettings;
import org.snakeyaml.engine.v2.common.ScalarStyle;

/**
 * Writes a recipe as YAML: every key, in the order of {@link Recipe}, so that it reads back equal
 * whatever the presets become.
 */
public final class RecipeWriter {
  private static final Pattern PLAIN =
      Pattern.compile("(/|\\.{1,2}/)?[A-Za-z0-9][A-Za-z0-9_./+-]*");
  private static final Set<String> WORDS = Set.of("auto", "none", "true", "false", "null");
  private static final int COMMENT_COLUMN = 44;
  private static final int WIDTH = 130;

  private RecipeWriter() {}

  /** Writes a recipe. */
  public static String write(Recipe recipe) {
    return write(LoadedRecipe.of(recipe));
  }

  /** Writes a recipe with a comment on each line that says where its values come from. */
  public static String write(LoadedRecipe loaded) {
    StringBuilder yaml = new StringBuilder();
    Entries entries = Presets.FORM.write(loaded.recipe());
    for (Map.Entry<String, Entry> named : entries.entries().entrySet()) {
      String key = named.getKey();
      Tree value = named.getValue().value();
      if (value instanceof Entries map && isBlock(key, map)) {
        yaml.append(key).append(":\n");
        map.entries()
            .forEach(
                (inner, entry) ->
                    line(yaml, "  ", inner, entry.value(), places(loaded, key + "." + inner)));
      } else {
        line(yaml, "", key, value, places(loaded, key));
      }
    }
    return yaml.toString();
  }

  /** Tricks, and what is too long for one line, have a line for each key. */
  private static boolean isBlock(String key, Entries map) {
    boolean isLong = key.length() + 2 + Recipes.text(map).length() > WIDTH;
    return !map.entries().isEmpty() && (isLong || key.equals("tricks"));
  }

  private static void line(
      StringBuilder yaml, String indent, String key, Tree value, Set<String> places) {
    String line = indent + key + ": " + Recipes.text(value);
    yaml.append(line);
    if (!places.isEmpty()) {
      yaml.append(" ".repeat(Math.max(2, COMMENT_COLUMN - line.length())));
      yaml.append("# ").append(String.join(", ", places));
    }
    yaml.append('\n');
  }

  private static Set<String> places(LoadedRecipe loaded, String key) {
    Set<String> places = new LinkedHashSet<>();
    loaded
        .sources()
        .forEach(
            (path, place) -> {
              if (path.equals(key) || path.startsWith(key + ".")) {
                places.add(place.replaceFirst("^preset (.*):[0-9]+$", "$1"));
              }
            });
    return places;
  }

  /** A key as YAML: in quotes where it could be taken for something else. */
  static String key(String name) {
    return scalar(new Leaf(name, true, Scalars.NOWHERE));
  }

  /** A scalar as YAML: in quotes where it is a text that could be taken for something else. */
  static String scalar(Leaf leaf) {
    String text = leaf.text();
    boolean plain = PLAIN.matcher(text).matches();
    if (plain && (!leaf.quoted() || !WORDS.contains(text))) {
      return text;
    }
    if (!leaf.quoted() && Scalars.isNumber(text)) {
      return text;
    }
    DumpSettings settings =
        DumpSettings.builder()
            .setDefaultScalarStyle(ScalarStyle.DOUBLE_QUOTED)
            .setSplitLines(false)
            .build();
    return new Dump(settings).dumpToString(text).strip();
  }
}
