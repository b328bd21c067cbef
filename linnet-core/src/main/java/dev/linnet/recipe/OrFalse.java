package dev.linnet.recipe;

import dev.linnet.recipe.Tree.Leaf;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A choice that can be off: {@code false}, or what the choice takes. */
final class OrFalse extends Form {
  private static final String OFF = "false";

  private final Choice choice;

  OrFalse(Choice choice) {
    this.choice = choice;
  }

  @Override
  List<String> expected() {
    List<String> expected = new ArrayList<>(List.of(OFF));
    expected.addAll(choice.expected());
    return expected;
  }

  @Override
  @Nullable Object read(Tree tree, String path, @Nullable Object fallback, Problems problems) {
    if (isOff(tree)) {
      return OrNone.none();
    }
    Object standIn = fallback == null ? null : ((OrNone<?>) fallback).given().orElse(null);
    Object value = choice.read(tree, path, standIn, problems);
    return value == null ? fallback : OrNone.of(value);
  }

  @Override
  Tree merge(Tree low, Tree high, @Nullable Tree ground) {
    return isOff(low) || isOff(high)
        ? high
        : choice.merge(low, high, ground == null || isOff(ground) ? null : ground);
  }

  @Override
  Tree write(Object value) {
    OrNone<?> part = (OrNone<?>) value;
    return part.isNone() ? Scalars.leaf(OFF) : choice.write(part.value());
  }

  private static boolean isOff(Tree tree) {
    return tree instanceof Leaf leaf && leaf.is(OFF);
  }
}
