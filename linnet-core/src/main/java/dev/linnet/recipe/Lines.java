package dev.linnet.recipe;

/** Foreign text made fit for one line of a message. */
final class Lines {
  private static final int LONGEST = 100;

  private Lines() {}

  /** The text without control characters, cut after 100 characters. */
  static String oneLine(String text) {
    StringBuilder line = new StringBuilder();
    int end = Math.min(text.length(), LONGEST);
    for (int i = 0; i < end; i++) {
      char c = text.charAt(i);
      line.append(isPlain(c) ? c : ' ');
    }
    return text.length() > LONGEST ? line.append('…').toString() : line.toString();
  }

  /** The dotted name of a key in a section; the section's name is empty at the top. */
  static String path(String section, String key) {
    return section.isEmpty() ? oneLine(key) : section + "." + oneLine(key);
  }

  /** Whether every character can stand in a path or a name. */
  static boolean isPlain(String text) {
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      boolean paired =
          Character.isHighSurrogate(c)
              && i + 1 < text.length()
              && Character.isLowSurrogate(text.charAt(i + 1));
      if (paired) {
        i++;
      } else if (!isPlain(c) || Character.isSurrogate(c)) {
        return false;
      }
    }
    return true;
  }

  private static boolean isPlain(char c) {
    return !Character.isISOControl(c) && c != '\u2028' && c != '\u2029' && c != '\uFEFF';
  }
}
