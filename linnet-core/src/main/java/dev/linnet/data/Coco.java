package dev.linnet.data;

import dev.linnet.base.LinnetException;
import dev.linnet.base.OneLine;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * COCO: {@code annotations/instances_NAME.json} has the boxes of the pictures in {@code NAME} or
 * {@code images/NAME}; {@code train2017}, {@code val2017} and {@code test2017} are splits, as are
 * names with other years or none. All of it may lie in folders round it. Classes stand in the order
 * of their ids; boxes round crowds are left out, as training leaves them out everywhere.
 */
final class Coco {
  private static final Pattern INSTANCES =
      Pattern.compile("((?:[^/]+/)*)annotations/instances_([^/]+)\\.json");
  private static final Pattern YEAR = Pattern.compile("_?\\d+$");
  private static final long LARGEST = 1L << 30;

  private final Tree tree;
  private final List<String> warnings = new ArrayList<>();
  private final Map<String, Integer> pictures = new HashMap<>();
  private String folder = "";

  private Coco(Tree tree) {
    this.tree = tree;
    warnings.addAll(tree.warnings());
  }

  /** Whether a tree has instances of COCO. */
  static boolean isIn(Tree tree) {
    for (int i = 0; i < tree.count(); i++) {
      if (tree.path(i).endsWith(".json") && INSTANCES.matcher(tree.path(i)).matches()) {
        return true;
      }
    }
    return false;
  }

  /**
   * Reads the files of all splits.
   *
   * @throws LinnetException if a file is broken, or files disagree about the classes
   */
  static BoxedData read(Tree tree) {
    return new Coco(tree).read();
  }

  private BoxedData read() {
    Map<String, Integer> files = files();
    for (int i = 0; i < tree.count(); i++) {
      if (ClassFolders.hasPictureEnding(tree.path(i))) {
        pictures.put(tree.path(i), i);
      }
    }
    boolean isSplit = files.size() > 1 || split(files.keySet().iterator().next()).isPresent();
    Map<Split, String> named = named(files, isSplit);
    Map<Split, List<MarkedPicture>> splits = new EnumMap<>(Split.class);
    Map<Long, String> categories = new TreeMap<>();
    ProblemList problems = new ProblemList();
    for (Map.Entry<Split, String> entry : named.entrySet()) {
      String name = entry.getValue();
      int file = files.getOrDefault(name, 0);
      CocoFile read =
          CocoFile.read(NamedFiles.bytes(tree, file, LARGEST), tree.path(file), problems);
      if (problems.isEmpty() && !categories.isEmpty() && !categories.equals(read.categories())) {
        problems.add(tree.path(file) + " has other categories than the other files");
      }
      categories.putAll(read.categories());
      List<MarkedPicture> found = marked(read, name, tree.path(file));
      if (!found.isEmpty()) {
        splits.put(entry.getKey(), found);
      }
      warnCrowds(read.crowds(), tree.path(file));
    }
    problems.refuse(tree.where());
    return new BoxedData("COCO", tree, List.copyOf(categories.values()), splits, isSplit, warnings);
  }

  /** The files of instances by the names that stand in theirs. */
  private Map<String, Integer> files() {
    Map<String, Integer> files = new TreeMap<>();
    TreeSet<String> folders = new TreeSet<>();
    for (int i = 0; i < tree.count(); i++) {
      Matcher instances = INSTANCES.matcher(tree.path(i));
      if (instances.matches()) {
        folders.add(instances.group(1));
        files.put(instances.group(2), i);
      }
    }
    folder = NamedFiles.only(tree, folders, "COCO");
    return files;
  }

  private Map<Split, String> named(Map<String, Integer> files, boolean isSplit) {
    Map<Split, String> named = new EnumMap<>(Split.class);
    for (String name : files.keySet()) {
      Optional<Split> split = isSplit ? split(name) : Optional.of(Split.TRAIN);
      if (split.isEmpty()) {
        warnings.add(
            "%s: instances_%s.json is left out; it is neither train, val nor test"
                .formatted(tree.where(), name));
        continue;
      }
      String before = named.putIfAbsent(split.get(), name);
      if (before != null) {
        throw new LinnetException(
            "%s: has both instances_%s.json and instances_%s.json; keep one of them"
                .formatted(tree.where(), before, name));
      }
    }
    if (named.isEmpty()) {
      throw new LinnetException(
          "%s: none of its files of instances is named train, val or test (%s)"
              .formatted(tree.where(), ClassFolders.some(List.copyOf(files.keySet()))));
    }
    return named;
  }

  /** {@code train2017} names train. */
  private static Optional<Split> split(String name) {
    return Split.of(YEAR.matcher(name).replaceFirst(""));
  }

  private List<MarkedPicture> marked(CocoFile read, String name, String file) {
    List<MarkedPicture> found = new ArrayList<>();
    List<String> lost = new ArrayList<>();
    List<String> places =
        List.of(folder + name + "/", folder + "images/" + name + "/", folder + "images/", folder);
    for (CocoFile.Listed listed : read.pictures()) {
      Optional<Integer> there =
          places.stream()
              .map(place -> place + listed.file())
              .filter(pictures::containsKey)
              .findFirst()
              .map(pictures::get);
      if (there.isPresent()) {
        found.add(new MarkedPicture(there.get(), listed.height(), listed.width(), listed.boxes()));
      } else {
        lost.add(listed.file());
      }
    }
    if (!lost.isEmpty()) {
      warnings.add(
          "%s: %s of %s that %s not there %s left out: %s"
              .formatted(
                  tree.where(),
                  lost.size() == 1 ? "a picture" : lost.size() + " pictures",
                  file,
                  lost.size() == 1 ? "is" : "are",
                  lost.size() == 1 ? "is" : "are",
                  OneLine.of(ClassFolders.some(lost))));
    }
    return found;
  }

  private void warnCrowds(int crowds, String file) {
    if (crowds > 0) {
      warnings.add(
          "%s: %s round %s of %s %s left out"
              .formatted(
                  tree.where(),
                  crowds == 1 ? "a box" : crowds + " boxes",
                  crowds == 1 ? "a crowd" : "crowds",
                  file,
                  crowds == 1 ? "is" : "are"));
    }
  }
}
