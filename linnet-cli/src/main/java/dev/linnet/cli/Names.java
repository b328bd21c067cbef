package dev.linnet.cli;

import dev.linnet.models.Zoo;
import dev.linnet.recipe.Recipes;
import dev.linnet.search.Studies;
import java.util.Iterator;

/** Names that the completion scripts know; looked up when such a script is made. */
final class Names {
  private Names() {}

  /** The networks. */
  static final class OfModels implements Iterable<String> {
    @Override
    public Iterator<String> iterator() {
      return Zoo.names().iterator();
    }
  }

  /** The studies that come with Linnet. */
  static final class OfStudies implements Iterable<String> {
    @Override
    public Iterator<String> iterator() {
      return Studies.names().iterator();
    }
  }

  /** The recipes that come with Linnet. */
  static final class OfRecipes implements Iterable<String> {
    @Override
    public Iterator<String> iterator() {
      return Recipes.presets().stream().map(Recipes.Preset::name).iterator();
    }
  }

  /** What {@code train --strategy} takes. */
  static final class OfStrategies implements Iterable<String> {
    @Override
    public Iterator<String> iterator() {
      return Transfer.names().iterator();
    }
  }
}
