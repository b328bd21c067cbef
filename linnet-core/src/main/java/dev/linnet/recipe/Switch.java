package dev.linnet.recipe;

import dev.linnet.recipe.Tree.Entries;
import dev.linnet.recipe.Tree.Leaf;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A part that can be off: {@code false}, {@code true} for its defaults, or a mapping. */
final class Switch extends Form {
  private final Section section;

  Switch(Section section) {
    this.section = section;
  }

  Section section() {
    return section;
  }

  @Override
  List<String> expected() {
    List<String> expected = new ArrayList<>(List.of("true", "false"));
    expected.addAll(section.expected());
    return expected;
  }

  @Override
  @Nullable Object read(Tree tree, String path, @Nullable Object fallback, Problems problems) {
    if (tree instanceof Leaf leaf && leaf.is("false")) {
      return OrNone.none();
    }
    if (tree instanceof Entries || (tree instanceof Leaf leaf && leaf.is("true"))) {
      Entries entries = tree instanceof Entries map ? map : new Entries(Map.of(), tree.where());
      Object standIn = fallback == null ? null : ((OrNone<?>) fallback).given().orElse(null);
      Record value = section.read(entries, path, standIn, problems);
      return value == null ? fallback : OrNone.of(value);
    }
    return refuse(tree, path, fallback, problems);
  }

  /** {@code true} over a mapping leaves the mapping: the part is on, as it was. */
  @Override
  Tree merge(Tree low, Tree high, @Nullable Tree ground) {
    if (high instanceof Leaf leaf && leaf.is("true") && low instanceof Entries) {
      return low;
    }
    return section.merge(low, high, ground);
  }

  @Override
  Tree write(Object value) {
    OrNone<?> part = (OrNone<?>) value;
    return part.isNone() ? Scalars.leaf("false") : section.write(part.value());
  }
}
