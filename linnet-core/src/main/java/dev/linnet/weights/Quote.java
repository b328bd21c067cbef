package dev.linnet.weights;

import dev.linnet.base.OneLine;

/** Names that a file claims, made fit for a line on a terminal. */
final class Quote {
  private static final int MOST = 100;

  private Quote() {}

  /** A name without line breaks and control characters, of at most 100 characters. */
  static String name(String name) {
    return name.length() > MOST ? OneLine.of(name.substring(0, MOST)) + "…" : OneLine.of(name);
  }
}
