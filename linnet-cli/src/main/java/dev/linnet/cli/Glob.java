package dev.linnet.cli;

import java.util.Locale;
import java.util.regex.Pattern;

/** A pattern of names: {@code *} stands for any letters, {@code ?} for one; case does not count. */
record Glob(Pattern pattern) {
  static Glob of(String text) {
    StringBuilder regex = new StringBuilder();
    for (char c : text.toLowerCase(Locale.ROOT).toCharArray()) {
      switch (c) {
        case '*' -> regex.append(".*");
        case '?' -> regex.append('.');
        default -> regex.append(Pattern.quote(String.valueOf(c)));
      }
    }
    return new Glob(Pattern.compile(regex.toString()));
  }

  boolean matches(String name) {
    return pattern.matcher(name.toLowerCase(Locale.ROOT)).matches();
  }
}
