package dev.linnet.recipe;

import java.util.Optional;
import java.util.function.Predicate;

/**
 * A value that is given, or absent by decision: {@code none} for a plain value, {@code false} for a
 * part that can be switched off.
 *
 * @param given the value, or empty for none
 */
public record OrNone<T>(Optional<T> given) {

  /** The value is given. */
  public static <T> OrNone<T> of(T value) {
    return new OrNone<>(Optional.of(value));
  }

  /** There is none. */
  public static <T> OrNone<T> none() {
    return new OrNone<>(Optional.empty());
  }

  /** Whether there is none. */
  public boolean isNone() {
    return given.isEmpty();
  }

  /**
   * Returns the value.
   *
   * @throws IllegalStateException if there is none
   */
  public T value() {
    return given.orElseThrow(() -> new IllegalStateException("there is none; ask isNone first"));
  }

  /** Whether there is none or the value fulfils the condition. */
  boolean isNoneOr(Predicate<? super T> condition) {
    return given.isEmpty() || condition.test(given.get());
  }

  /** The value as a recipe writes it. */
  @Override
  public String toString() {
    return given
        .map(value -> value instanceof Double d ? Scalars.text(d) : String.valueOf(value))
        .orElse("none");
  }
}
