package dev.linnet.image;

import dev.linnet.base.LinnetException;
import org.jspecify.annotations.Nullable;

/**
 * A picture that cannot be read: {@code cat.jpg: the JPEG is cut short (48213 bytes)}. One line
 * that begins with the file's name.
 */
public final class BadPictureException extends LinnetException {
  private static final long serialVersionUID = 1L;

  private final String name;

  /**
   * @param name the file's name as the user knows it
   * @param reason what is wrong, and how to mend it where that can be said
   */
  public BadPictureException(String name, String reason) {
    this(name, reason, null);
  }

  /**
   * @param name the file's name as the user knows it
   * @param reason what is wrong, and how to mend it where that can be said
   * @param cause what was caught
   */
  public BadPictureException(String name, String reason, @Nullable Throwable cause) {
    super(name + ": " + reason, cause);
    this.name = name;
  }

  /** The file's name. */
  public String name() {
    return name;
  }
}
