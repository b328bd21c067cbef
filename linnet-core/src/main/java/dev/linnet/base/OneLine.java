package dev.linnet.base;

/** Texts that come from files, made fit for a line on a terminal. */
public final class OneLine {
  private OneLine() {}

  /**
   * A text with a question mark for each line break, control character, and character that turns
   * the direction of the text around.
   */
  public static String of(String text) {
    StringBuilder plain = new StringBuilder();
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      plain.append(isPrintable(c) ? c : '?');
    }
    return plain.toString();
  }

  private static boolean isPrintable(char c) {
    int type = Character.getType(c);
    return type != Character.CONTROL
        && type != Character.FORMAT
        && type != Character.LINE_SEPARATOR
        && type != Character.PARAGRAPH_SEPARATOR;
  }
}
