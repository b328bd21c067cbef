package dev.linnet.recipe;

import java.util.LinkedHashSet;
import java.util.Set;

/** Collects what is wrong with a recipe, so that all of it can be said at once. */
final class Problems {
  private static final int MOST = 100;

  private final Set<String> lines = new LinkedHashSet<>();

  /** Adds a line; a repeated one counts once. */
  void add(String line) {
    if (lines.size() < MOST) {
      lines.add(line);
    }
  }

  /** Adds {@code what: got … (where); must be …}. */
  void mustBe(String what, Tree got, String must) {
    add(what + ": got " + got.got() + " (" + got.where() + "); must be " + must);
  }

  /**
   * Throws if there is any problem.
   *
   * @throws RecipeException with all of them
   */
  void throwIfAny() {
    if (!lines.isEmpty()) {
      throw new RecipeException(lines.stream().toList());
    }
  }
}
