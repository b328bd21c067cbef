package dev.linnet.base;

/** Checks of values, for the compact constructors of records. */
public final class Check {
  private Check() {}

  /**
   * Refuses a value that is not allowed.
   *
   * @param allowed whether the value is allowed
   * @param what the value's name as the user writes it, such as {@code cutmix.alpha}
   * @param got the value
   * @param must the range in words, such as {@code in (0, 10]}; read after "must be"
   * @throws InvalidValueException with the line {@code what: got …; must be …}
   */
  public static void that(boolean allowed, String what, Object got, String must) {
    if (!allowed) {
      throw new InvalidValueException(what, got, must);
    }
  }
}
