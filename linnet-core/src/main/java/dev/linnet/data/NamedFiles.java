package dev.linnet.data;

import dev.linnet.base.AtomicFile;
import dev.linnet.base.LinnetException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.IntStream;

/** Files that a format knows by their names. */
final class NamedFiles {
  private static final long MOST = 1L << 30;

  private NamedFiles() {}

  /**
   * The one of some folders, each with a slash behind it; empty for the root.
   *
   * @throws LinnetException if there are several
   */
  static String only(Tree tree, SortedSet<String> folders, String format) {
    if (folders.size() > 1) {
      throw new LinnetException(
          "%s: holds several data sets of %s (%s); name one of them%s"
              .formatted(
                  tree.where(),
                  format,
                  ClassFolders.some(
                      folders.stream()
                          .map(f -> f.isEmpty() ? "." : f.substring(0, f.length() - 1))
                          .toList()),
                  tree instanceof PackedTree ? ", which needs it unpacked" : ""));
    }
    return folders.first();
  }

  /** The file of a path. */
  static OptionalInt find(Tree tree, String path) {
    return IntStream.range(0, tree.count()).filter(i -> tree.path(i).equals(path)).findFirst();
  }

  /**
   * All of a file.
   *
   * @param most bytes that such a file may have
   * @throws LinnetException if it has more, or cannot be read
   */
  static byte[] bytes(Tree tree, int file, long most) {
    if (tree.length(file) > most) {
      throw new LinnetException(
          "%s: has %d bytes; must be at most %d"
              .formatted(tree.where(file), tree.length(file), most));
    }
    try {
      return tree.read(file);
    } catch (OutOfMemoryError e) {
      throw new LinnetException(
          "%s: has %d bytes, for which the heap has no room"
              .formatted(tree.where(file), tree.length(file)),
          e);
    } catch (IOException e) {
      throw new LinnetException(
          "%s: cannot be read (%s)".formatted(tree.where(file), AtomicFile.reason(e)), e);
    }
  }

  /** The lines of a file, without empty ones. */
  static List<String> lines(Tree tree, int file, long most) {
    return new String(bytes(tree, file, most), StandardCharsets.UTF_8)
        .lines()
        .map(String::strip)
        .filter(line -> !line.isEmpty())
        .toList();
  }

  /**
   * The files at the root of a tree or one folder below whose names match and are not those of
   * pictures, by name; of equal names the first.
   */
  static Map<String, Integer> of(Tree tree, Pattern pattern) {
    Map<String, Integer> found = new TreeMap<>();
    for (int i = 0; i < tree.count(); i++) {
      String path = tree.path(i);
      int slash = path.lastIndexOf('/');
      if (!ClassFolders.hasPictureEnding(path) && slash == path.indexOf('/')) {
        String name = path.substring(slash + 1);
        if (pattern.matcher(name).matches()) {
          found.putIfAbsent(name, i);
        }
      }
    }
    return found;
  }

  /**
   * Refuses files that lie in several folders.
   *
   * @throws LinnetException naming the folders
   */
  static void inOneFolder(Tree tree, Collection<Integer> files, String format) {
    TreeSet<String> folders = new TreeSet<>();
    for (int file : files) {
      String path = tree.path(file);
      folders.add(path.substring(0, path.lastIndexOf('/') + 1));
    }
    if (folders.size() > 1) {
      throw new LinnetException(
          "%s: %s files in several folders (%s); name one of them"
              .formatted(
                  tree.where(),
                  format,
                  String.join(", ", folders.stream().map(f -> f.isEmpty() ? "." : f).toList())));
    }
  }

  /** The lines of the first of the files that the tree has, without empty ones; else none. */
  static List<String> lines(Tree tree, List<String> names) {
    for (String name : names) {
      for (int file : of(tree, Pattern.compile(Pattern.quote(name))).values()) {
        return lines(tree, file, MOST);
      }
    }
    return List.of();
  }
}
