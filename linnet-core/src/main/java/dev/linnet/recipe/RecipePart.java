package dev.linnet.recipe;

import dev.linnet.recipe.Tree.Entries;
import dev.linnet.recipe.Tree.Entry;
import dev.linnet.recipe.Tree.Items;
import dev.linnet.recipe.Tree.Leaf;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * Keys of a recipe as another file holds them, such as what a row of a study changes: {@code
 * {epochs: 60, tricks: {cutmix: true}}}. Its keys and values are checked when {@link RecipeReader}
 * lays it over a recipe; it keeps the places of its lines for that.
 *
 * <p>Immutable; any thread.
 */
public final class RecipePart {
  /** No key at all. */
  public static final RecipePart EMPTY =
      new RecipePart(new Entries(Map.of(), new Where("defaults", 0)));

  private final Entries entries;

  private RecipePart(Entries entries) {
    this.entries = entries;
  }

  /** The keys. */
  Entries entries() {
    return entries;
  }

  /** Whether there is no key. */
  public boolean isEmpty() {
    return entries.entries().isEmpty();
  }

  /** The words, numbers and texts in it, from top to bottom. */
  public List<String> values() {
    List<String> values = new ArrayList<>();
    Recipes.flatten("", entries, (path, tree) -> collect(tree, values));
    return values;
  }

  private static void collect(Tree tree, List<String> values) {
    if (tree instanceof Leaf leaf) {
      values.add(leaf.text());
    } else if (tree instanceof Items list) {
      list.items().forEach(item -> collect(item, values));
    }
  }

  /** This part with each word, number and text put through a function. */
  public RecipePart mapValues(UnaryOperator<String> change) {
    return new RecipePart((Entries) mapped(entries, change));
  }

  private static Tree mapped(Tree tree, UnaryOperator<String> change) {
    if (tree instanceof Leaf leaf) {
      String text = change.apply(leaf.text());
      return text.equals(leaf.text()) ? leaf : new Leaf(text, true, leaf.where());
    }
    if (tree instanceof Items list) {
      return new Items(list.items().stream().map(t -> mapped(t, change)).toList(), list.where());
    }
    Entries map = (Entries) tree;
    Map<String, Entry> entries = new LinkedHashMap<>();
    map.entries()
        .forEach(
            (key, entry) ->
                entries.put(key, new Entry(entry.key(), mapped(entry.value(), change))));
    return new Entries(entries, map.where());
  }

  /** As YAML on one line. */
  @Override
  public String toString() {
    return Recipes.text(entries);
  }

  /** Two parts are equal that are written the same, wherever they stand. */
  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof RecipePart part && part.toString().equals(toString());
  }

  @Override
  public int hashCode() {
    return toString().hashCode();
  }

  /** Any mapping: what its keys mean is seen when it is laid over a recipe. */
  static final class PartForm extends Form {
    @Override
    List<String> expected() {
      return List.of("a mapping with keys of a recipe");
    }

    @Override
    @Nullable Object read(Tree tree, String path, @Nullable Object fallback, Problems problems) {
      return tree instanceof Entries entries
          ? new RecipePart(entries)
          : refuse(tree, path, fallback, problems);
    }

    @Override
    Tree write(Object value) {
      return ((RecipePart) value).entries;
    }
  }
}
