package dev.linnet.recipe;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/** Collects what is wrong with a recipe, so that all of it can be said at once. */
final class Problems {
  private static final int MOST = 100;

  private record Problem(Where where, String line) {}

  private final List<Problem> found = new ArrayList<>();
  private final List<String> sources = new ArrayList<>();

  /** Adds a line; a repeated one counts once. */
  void add(Where where, String line) {
    Problem problem = new Problem(where, line);
    if (found.size() < MOST && !found.contains(problem)) {
      found.add(problem);
    }
    if (!sources.contains(where.source())) {
      sources.add(where.source());
    }
  }

  /** Adds {@code what: got … (where); must be …}. */
  void mustBe(String what, Tree got, String must) {
    add(got.where(), what + ": got " + got.got() + " (" + got.where() + "); must be " + must);
  }

  /**
   * Throws if there is any problem.
   *
   * @throws RecipeException with all of them, those of one file in the order of its lines
   */
  void throwIfAny() {
    if (!found.isEmpty()) {
      Comparator<Problem> bySource =
          Comparator.comparingInt(problem -> sources.indexOf(problem.where().source()));
      throw new RecipeException(
          found.stream()
              .sorted(bySource.thenComparingInt(problem -> problem.where().line()))
              .map(Problem::line)
              .toList());
    }
  }
}
