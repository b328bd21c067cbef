package dev.linnet.base;

import java.util.Optional;
import java.util.function.Predicate;

/**
 * A value that is given, or {@code auto}: chosen when more is known, such as the data, the machine
 * or the network.
 *
 * @param given the value, or empty for {@code auto}
 */
public record OrAuto<T>(Optional<T> given) {

  /** The value is given. */
  public static <T> OrAuto<T> of(T value) {
    return new OrAuto<>(Optional.of(value));
  }

  /** The value is to be chosen. */
  public static <T> OrAuto<T> auto() {
    return new OrAuto<>(Optional.empty());
  }

  /** Whether the value is still to be chosen. */
  public boolean isAuto() {
    return given.isEmpty();
  }

  /**
   * Returns the value.
   *
   * @throws IllegalStateException if it is {@code auto}
   */
  public T value() {
    return given.orElseThrow(
        () -> new IllegalStateException("the value is auto; it must be chosen first"));
  }

  /** Returns the value, or what is given here where it is {@code auto}. */
  public T orElse(T chosen) {
    return given.orElse(chosen);
  }

  /** Whether the value is {@code auto} or fulfils the condition. */
  public boolean isAutoOr(Predicate<? super T> condition) {
    return given.isEmpty() || condition.test(given.get());
  }

  /** The value as a recipe writes it. */
  @Override
  public String toString() {
    return given.map(String::valueOf).orElse("auto");
  }
}
