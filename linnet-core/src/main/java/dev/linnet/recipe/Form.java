package dev.linnet.recipe;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What may stand at one place of a recipe: how it is read, laid over another, and written.
 *
 * <p>Immutable; any thread.
 */
abstract class Form {

  /** What may be written there, each as it reads after "must be". */
  abstract List<String> expected();

  /**
   * Makes an object of what was written.
   *
   * @param path the dotted name in messages
   * @param fallback a valid object that stands in for what is wrong, so that the rest can be
   *     checked; null where there is none
   * @return the object; where problems were added, the fallback
   */
  abstract @Nullable Object read(
      Tree tree, String path, @Nullable Object fallback, Problems problems);

  /** What an object looks like when it is written. */
  abstract Tree write(Object value);

  /**
   * Lays one recipe's value over another's.
   *
   * @param ground what the preset {@code plain} has there; null where it has nothing
   */
  Tree merge(Tree low, Tree high, @Nullable Tree ground) {
    return high;
  }

  /** Whether one word or number is all that may be written there: a flag on the command line. */
  boolean isSingle() {
    return false;
  }

  /** All that may be written there, as a list in words. */
  final String must() {
    return words(expected());
  }

  /** Adds that something else must be written there. */
  final @Nullable Object refuse(
      Tree tree, String path, @Nullable Object fallback, Problems problems) {
    problems.mustBe(path, tree, must());
    return fallback;
  }

  /** {@code a, b or c}. */
  static String words(List<String> names) {
    int last = names.size() - 1;
    return last <= 0
        ? String.join("", names)
        : String.join(", ", names.subList(0, last)) + " or " + names.get(last);
  }
}
