package dev.linnet.base;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/**
 * The known names that a mistyped one may have meant, for the end of an error line.
 *
 * <p>Names are compared without case, {@code -}, {@code _}, {@code .} and spaces, by the optimal
 * string alignment distance (Damerau–Levenshtein in which no part is edited twice), so that {@code
 * ResNet-50}, {@code resent50} and {@code resnet5} all find {@code resnet50}.
 */
public final class Nearest {
  private static final int MOST = 3;
  private static final int LONGEST = 100;

  private Nearest() {}

  /**
   * Returns the known names nearest to the given one: those a third of its length or less away, at
   * most three, the nearest first; where there is none, those that begin with it.
   *
   * @param name what the user wrote
   * @param known the names that there are; their order decides between equally near ones
   */
  public static List<String> to(String name, Collection<String> known) {
    String plain = plain(name);
    if (plain.isEmpty() || plain.length() > LONGEST) {
      return List.of();
    }
    record Candidate(String name, int distance) {}
    int farthest = Math.max(1, plain.length() / 3);
    List<Candidate> near = new ArrayList<>();
    for (String candidate : known) {
      String other = plain(candidate);
      if (Math.abs(other.length() - plain.length()) <= farthest) {
        int distance = distance(plain, other);
        if (distance <= farthest && distance < Math.max(plain.length(), other.length())) {
          near.add(new Candidate(candidate, distance));
        }
      }
    }
    if (near.isEmpty() && plain.length() >= MOST) {
      return known.stream().filter(k -> plain(k).startsWith(plain)).limit(MOST).toList();
    }
    near.sort(Comparator.comparingInt(Candidate::distance));
    int best = near.isEmpty() ? 0 : near.get(0).distance();
    return near.stream()
        .filter(candidate -> candidate.distance() <= best + 1)
        .limit(MOST)
        .map(Candidate::name)
        .toList();
  }

  /**
   * Returns {@code did you mean "resnet50"?}, or with several {@code did you mean "a", "b" or
   * "c"?}; where nothing is near, the given words instead.
   *
   * @param otherwise what to say where nothing is near, such as {@code see "linnet models"}
   */
  public static String didYouMean(String name, Collection<String> known, String otherwise) {
    List<String> names = to(name, known);
    if (names.isEmpty()) {
      return otherwise;
    }
    List<String> quoted = names.stream().map(n -> '"' + n + '"').toList();
    int last = quoted.size() - 1;
    if (last == 0) {
      return "did you mean " + quoted.get(0) + "?";
    }
    return quoted.subList(0, last).stream().collect(Collectors.joining(", ", "did you mean ", ""))
        + " or "
        + quoted.get(last)
        + "?";
  }

  /**
   * Returns the fewest insertions, deletions, substitutions and swaps of neighbors that turn one
   * text into the other, no part being edited twice (Boytsov, 2011, §2.2.2).
   */
  static int distance(String a, String b) {
    int[][] rows = new int[3][b.length() + 1];
    for (int j = 0; j <= b.length(); j++) {
      rows[0][j] = j;
    }
    for (int i = 1; i <= a.length(); i++) {
      int[] row = rows[i % 3];
      int[] above = rows[(i + 2) % 3];
      int[] twoAbove = rows[(i + 1) % 3];
      row[0] = i;
      for (int j = 1; j <= b.length(); j++) {
        boolean same = a.charAt(i - 1) == b.charAt(j - 1);
        int best = Math.min(above[j - 1] + (same ? 0 : 1), Math.min(above[j], row[j - 1]) + 1);
        if (i > 1
            && j > 1
            && a.charAt(i - 1) == b.charAt(j - 2)
            && a.charAt(i - 2) == b.charAt(j - 1)) {
          best = Math.min(best, twoAbove[j - 2] + 1);
        }
        row[j] = best;
      }
    }
    return rows[a.length() % 3][b.length()];
  }

  private static String plain(String name) {
    StringBuilder plain = new StringBuilder(name.length());
    for (int i = 0; i < name.length(); i++) {
      if ("-_. ".indexOf(name.charAt(i)) < 0) {
        plain.append(name.charAt(i));
      }
    }
    return plain.toString().toLowerCase(Locale.ROOT);
  }
}
