package dev.linnet.base;

import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * A failure that the user can mend: a path that does not exist, a value out of range, a broken
 * file.
 *
 * <p>The message is one line that says what, what was got, where, what is allowed and how to mend
 * it; whatever a file put into it has {@link OneLine no control characters}. Misuse of the API by a
 * programmer is an {@link IllegalArgumentException} or {@link IllegalStateException} instead.
 */
public class LinnetException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /**
   * @param message one line: what, got, where, allowed, how to mend it
   */
  public LinnetException(String message) {
    super(OneLine.of(message));
  }

  /**
   * Several failures at once.
   *
   * @param messages one line each
   */
  protected LinnetException(List<String> messages) {
    super(messages.stream().map(OneLine::of).collect(Collectors.joining("\n")));
  }

  /**
   * @param message one line: what, got, where, allowed, how to mend it
   * @param cause what was caught; shown with {@code --debug} only
   */
  public LinnetException(String message, @Nullable Throwable cause) {
    super(OneLine.of(message), cause);
  }
}
