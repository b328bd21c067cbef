package dev.linnet.cli;

import dev.linnet.base.LinnetException;

/** The command makes no sense as it was given: exit code 2. */
final class AskedWrongly extends LinnetException {
  private static final long serialVersionUID = 1L;

  AskedWrongly(String message) {
    super(message);
  }
}
