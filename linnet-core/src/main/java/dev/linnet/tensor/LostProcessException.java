package dev.linnet.tensor;

import dev.linnet.base.LinnetException;
import org.jspecify.annotations.Nullable;

/** Another process of a {@link ProcessGroup} has ended, or no longer answers. */
public final class LostProcessException extends LinnetException {
  private static final long serialVersionUID = 1L;

  LostProcessException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }
}
