package dev.linnet.weights;

/** Names that a file claims, made fit for a line on a terminal. */
final class Quote {
  private static final int MOST = 100;

  private Quote() {}

  /** A name without line breaks and control characters, of at most 100 characters. */
  static String name(String name) {
    StringBuilder plain = new StringBuilder();
    for (int i = 0; i < name.length() && i < MOST; i++) {
      char c = name.charAt(i);
      plain.append(isPrintable(c) ? c : '?');
    }
    return name.length() > MOST ? plain.append('…').toString() : plain.toString();
  }

  /** No control characters, and none that turn the direction of the text around. */
  private static boolean isPrintable(char c) {
    int type = Character.getType(c);
    return type != Character.CONTROL
        && type != Character.FORMAT
        && type != Character.LINE_SEPARATOR
        && type != Character.PARAGRAPH_SEPARATOR;
  }
}
