package dev.linnet.recipe;

import dev.linnet.base.LinnetException;
import java.util.List;

/** What is wrong with a recipe: every problem that was found, one a line. */
public final class RecipeException extends LinnetException {
  private static final long serialVersionUID = 1L;

  @SuppressWarnings("serial") // a list of strings made by List.copyOf
  private final List<String> problems;

  RecipeException(List<String> problems) {
    super(problems);
    this.problems = List.copyOf(problems);
  }

  /** One line each: what, got, where, allowed, how to mend it. */
  public List<String> problems() {
    return problems;
  }
}
