package dev.linnet.base;

/**
 * A value outside its range: {@code cutmix.alpha: got 0.0; must be in (0, 10]}.
 *
 * <p>Its parts are kept, so that a reader of files can add the line where the value stood.
 */
public final class InvalidValueException extends LinnetException {
  private static final long serialVersionUID = 1L;

  private final String what;
  private final String got;
  private final String allowed;

  InvalidValueException(String what, Object got, String allowed) {
    super(what + ": got " + got + "; must be " + allowed);
    this.what = what;
    this.got = String.valueOf(got);
    this.allowed = allowed;
  }

  /** The name of the value, such as {@code cutmix.alpha}. */
  public String what() {
    return what;
  }

  /** The value as text. */
  public String got() {
    return got;
  }

  /** The range in words, such as {@code in (0, 10]}. */
  public String allowed() {
    return allowed;
  }
}
