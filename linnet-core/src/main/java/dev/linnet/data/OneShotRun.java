package dev.linnet.data;

import dev.linnet.base.AtomicFile;
import dev.linnet.base.LinnetException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;

/**
 * A run of one-shot classification: some pictures, one of each class, by which others are to be
 * told (Lake et al., Science 2015). Omniglot brings twenty.
 *
 * @param name of its folder
 * @param known one picture of each class
 * @param asked pictures of the same classes
 */
public record OneShotRun(String name, PictureSet known, PictureSet asked) {
  private static final String LABELS = "class_labels.txt";
  private static final long MOST = 1 << 20;

  /**
   * Reads all runs below a folder or in an archive: those with a file {@code class_labels.txt},
   * whose lines name a picture and that of its class.
   *
   * @throws LinnetException if there is none, or a file is broken or names what is not there
   */
  public static List<OneShotRun> read(Path place) {
    Tree tree = tree(place);
    Map<String, Integer> files = new HashMap<>();
    for (int i = 0; i < tree.count(); i++) {
      files.put(tree.path(i), i);
    }
    List<OneShotRun> runs = new ArrayList<>();
    for (int i = 0; i < tree.count(); i++) {
      String path = tree.path(i);
      if (path.endsWith("/" + LABELS)) {
        runs.add(run(tree, files, i, path.substring(0, path.lastIndexOf('/'))));
      }
    }
    if (runs.isEmpty()) {
      throw new LinnetException(
          place
              + ": has no one-shot run; each is a folder with a "
              + LABELS
              + ", whose lines name a picture and that of its class");
    }
    runs.sort(Comparator.comparing(OneShotRun::name));
    return List.copyOf(runs);
  }

  private static Tree tree(Path place) {
    try {
      if (Files.isDirectory(place)) {
        return FilesTree.below(place, Disk.REAL);
      }
      if (!Files.exists(place)) {
        throw new LinnetException(
            place + ": no such folder or archive; name one with one-shot runs");
      }
      return ZipReader.isZip(place)
          ? ZipReader.read(place, Disk.REAL)
          : TarReader.read(place, Disk.REAL);
    } catch (IOException e) {
      throw new LinnetException(
          "%s: cannot be read (%s)".formatted(place, AtomicFile.reason(e)), e);
    }
  }

  private static OneShotRun run(Tree tree, Map<String, Integer> files, int labels, String folder) {
    String base = folder.substring(0, folder.lastIndexOf('/') + 1);
    Map<String, String> answers = new LinkedHashMap<>();
    int number = 0;
    for (String line : NamedFiles.lines(tree, labels, MOST)) {
      number++;
      String[] words = line.split("\\s+", -1);
      if (words.length != 2) {
        throw broken(tree, labels, number, "has not two paths: a picture and that of its class");
      }
      for (String word : words) {
        if (!files.containsKey(base + word)) {
          throw broken(tree, labels, number, "names " + word + ", which is not there");
        }
      }
      if (answers.put(words[0], words[1]) != null) {
        throw broken(tree, labels, number, "names " + words[0] + " a second time");
      }
    }
    List<String> classes = List.copyOf(new TreeSet<>(answers.values()));
    if (classes.size() < 2) {
      throw new LinnetException(tree.where(labels) + ": names fewer than two classes");
    }
    FileStore store = new FileStore(tree);
    int[] known = classes.stream().mapToInt(c -> file(files, base + c)).toArray();
    int[] own = new int[known.length];
    for (int c = 0; c < own.length; c++) {
      own[c] = c;
    }
    int[] asked = answers.keySet().stream().mapToInt(p -> file(files, base + p)).toArray();
    int[] right = answers.values().stream().mapToInt(classes::indexOf).toArray();
    return new OneShotRun(
        folder.substring(base.length()),
        new StoredSet(store, known, own, classes),
        new StoredSet(store, asked, right, classes));
  }

  private static int file(Map<String, Integer> files, String path) {
    Integer file = files.get(path);
    if (file == null) {
      throw new IllegalStateException(path + " was checked before");
    }
    return file;
  }

  private static LinnetException broken(Tree tree, int labels, int line, String why) {
    return new LinnetException(
        "%s: line %d %s; see the runs of Omniglot".formatted(tree.where(labels), line, why));
  }
}
