package dev.linnet;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The map of the house: which room (package below dev.linnet) may use which, read from the table of
 * CONTRIBUTING.md. {@code x+} is x and what it may use.
 */
record House(Map<String, Set<String>> mayUse) {
  private static final Pattern ROW =
      Pattern.compile("\\|((?:\\s*`\\w+`,?)+)\\s*\\|[^|]*\\|([^|]*)\\|");
  private static final Pattern ROOM = Pattern.compile("`(\\w+)`");

  House {
    mayUse = Map.copyOf(mayUse);
  }

  /** Reads the rows of the first table whose head says "Room". */
  static House read(String markdown) {
    int head = markdown.indexOf("| Room");
    if (head < 0) {
      throw new IllegalArgumentException("no table with the head \"| Room\"");
    }
    Map<String, List<String>> rows = new LinkedHashMap<>();
    markdown
        .substring(head)
        .lines()
        .skip(2)
        .takeWhile(line -> line.startsWith("|"))
        .forEach(
            line -> {
              Matcher row = ROW.matcher(line);
              if (!row.matches()) {
                throw new IllegalArgumentException("not \"| `room` | what | may use |\": " + line);
              }
              List<String> targets =
                  Pattern.compile(",")
                      .splitAsStream(row.group(2))
                      .map(String::strip)
                      .filter(s -> !s.isEmpty())
                      .toList();
              ROOM.matcher(row.group(1))
                  .results()
                  .forEach(room -> rows.put(room.group(1), targets));
            });
    Map<String, Set<String>> closed = new LinkedHashMap<>();
    rows.forEach((room, targets) -> closed.put(room, close(room, targets, rows)));
    return new House(closed);
  }

  private static Set<String> close(
      String room, List<String> targets, Map<String, List<String>> rows) {
    Set<String> allowed = new TreeSet<>();
    Set<String> expanded = new TreeSet<>();
    Deque<String> open = new ArrayDeque<>(targets);
    while (!open.isEmpty()) {
      String target = open.remove();
      String name = target.endsWith("+") ? target.substring(0, target.length() - 1) : target;
      List<String> further = rows.get(name);
      if (further == null) {
        throw new IllegalArgumentException(room + " may use " + name + ", which has no row");
      }
      allowed.add(name);
      if (target.endsWith("+") && expanded.add(name)) {
        open.addAll(further);
      }
    }
    return allowed;
  }

  /** The rooms that can reach themselves. */
  List<String> cycles() {
    List<String> found = new ArrayList<>();
    for (String room : new TreeSet<>(mayUse.keySet())) {
      Set<String> seen = new TreeSet<>();
      Deque<String> open = new ArrayDeque<>(mayUse.getOrDefault(room, Set.of()));
      while (!open.isEmpty()) {
        String next = open.remove();
        if (seen.add(next)) {
          open.addAll(mayUse.getOrDefault(next, Set.of()));
        }
      }
      if (seen.contains(room)) {
        found.add(room);
      }
    }
    return found;
  }

  /** Whether a class in one room may use a class in another. */
  boolean allows(String from, String to) {
    return from.equals(to) || mayUse.getOrDefault(from, Set.of()).contains(to);
  }
}
