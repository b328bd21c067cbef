package dev.linnet.data;

import dev.linnet.base.LinnetException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Names of many files in one, as shells write them: {@code train-{000..146}.tar}, {@code
 * {train,val}-{0..9}.tar}.
 */
final class Braces {
  private static final int MOST = 1_000_000;
  private static final Pattern BRACE = Pattern.compile("\\{([^{}]*)\\}");
  private static final Pattern RANGE = Pattern.compile("(\\d{1,9})\\.\\.(\\d{1,9})");

  private Braces() {}

  /** Whether a text has a brace that stands for several. */
  static boolean isIn(String text) {
    Matcher brace = BRACE.matcher(text);
    return brace.find() && !choices(brace.group(1)).isEmpty();
  }

  /**
   * All names that a text stands for, in its order.
   *
   * @throws LinnetException if they are more than a million
   */
  static List<String> expand(String text) {
    List<String> done = new ArrayList<>();
    expand("", text, done, text);
    return done;
  }

  private static void expand(String before, String rest, List<String> done, String text) {
    Matcher brace = BRACE.matcher(rest);
    if (!brace.find()) {
      if (done.size() == MOST) {
        throw new LinnetException(
            text + ": stands for more than " + MOST + " files; name a folder, or fewer");
      }
      done.add(before + rest);
      return;
    }
    List<String> choices = choices(brace.group(1));
    String head = before + rest.substring(0, brace.start());
    String tail = rest.substring(brace.end());
    if (choices.isEmpty()) {
      expand(head + brace.group(), tail, done, text);
    }
    choices.forEach(choice -> expand(head + choice, tail, done, text));
  }

  /** What a brace stands for; nothing where it is none. */
  private static List<String> choices(String inside) {
    Matcher range = RANGE.matcher(inside);
    if (range.matches()) {
      int first = Integer.parseInt(range.group(1));
      int last = Integer.parseInt(range.group(2));
      int width = range.group(1).startsWith("0") ? range.group(1).length() : 1;
      List<String> numbers = new ArrayList<>();
      for (int i = first; i <= last && numbers.size() <= MOST; i++) {
        numbers.add(String.format(Locale.ROOT, "%0" + width + "d", i));
      }
      return numbers;
    }
    return inside.contains(",") ? List.of(inside.split(",", -1)) : List.of();
  }
}
