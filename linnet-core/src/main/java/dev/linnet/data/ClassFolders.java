package dev.linnet.data;

import dev.linnet.base.LinnetException;
import dev.linnet.base.Nearest;
import dev.linnet.image.BadPictureException;
import dev.linnet.image.ImageHeader;
import java.io.IOException;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * Class folders: {@code SPLIT/CLASS/picture.jpg} or {@code CLASS/picture.jpg}, pictures also
 * deeper. Classes are sorted by name, as torchvision's {@code ImageFolder} sorts them.
 *
 * <p>Folders are splits if two or more of them are named so, or if there is one folder only and it
 * is; and if their pictures lie in folders of their own. Folders round the whole are looked
 * through.
 */
final class ClassFolders {
  /** The usual ones first; of three or four letters. */
  private static final List<String> ENDINGS =
      List.of("jpg", "jpeg", "png", "webp", "jpe", "jfif", "bmp", "gif", "tif", "tiff");

  private static final String HOW =
      "make each class a folder (CLASS/picture.jpg, or train/CLASS/picture.jpg and"
          + " val/CLASS/picture.jpg), or write a manifest (CSV with the columns path,label)";
  private static final int SHOWN = 3;

  private final Tree tree;
  private final ClassRule rule;
  private final List<String> warnings = new ArrayList<>();
  private final List<String> strangers = new ArrayList<>();
  private final List<Entry> entries = new ArrayList<>();
  private String prefix = "";
  private Split lastSplit = Split.TRAIN;
  private String lastClass = "";
  private List<Entry> ofLastClass = new ArrayList<>();

  private ClassFolders(Tree tree, ClassRule rule) {
    this.tree = tree;
    this.rule = rule;
    warnings.addAll(tree.warnings());
  }

  /**
   * A picture.
   *
   * @param file in the tree
   * @param path in the tree
   * @param start where the path begins below the folders round the whole
   */
  private record Entry(int file, String path, int start) {
    /** Number of parts: 1 is a file beside the classes. */
    int depth() {
      int depth = 1;
      for (int i = path.indexOf('/', start); i >= 0; i = path.indexOf('/', i + 1)) {
        depth++;
      }
      return depth;
    }

    String top() {
      return part(start);
    }

    /** The class that the folders name, of which the first begins there. */
    String className(int from, ClassRule.Folders folders) {
      return switch (folders) {
        case TOP -> part(from);
        case LEAF -> path.substring(from, path.lastIndexOf('/'));
      };
    }

    /** Where the part behind the top one begins. */
    int below() {
      return path.indexOf('/', start) + 1;
    }

    /** Whether that is the top folder that it lies in. */
    boolean isIn(String folder) {
      return hasFolder(folder, start);
    }

    /** Whether that folder stands in its path there. */
    boolean hasFolder(String folder, int from) {
      int end = from + folder.length();
      return end < path.length() && path.charAt(end) == '/' && path.startsWith(folder, from);
    }

    private String part(int from) {
      int slash = path.indexOf('/', from);
      return slash < 0 ? path.substring(from) : path.substring(from, slash);
    }
  }

  /**
   * Reads the classes and splits of a tree.
   *
   * @throws LinnetException if it has no pictures or no classes, or splits disagree about classes
   *     where they may not
   */
  static Recognized read(Tree tree, ClassRule rule) {
    return new ClassFolders(tree, rule).read();
  }

  private Recognized read() {
    list();
    if (entries.isEmpty()) {
      throw new LinnetException(tree.where() + ": no pictures in it; " + HOW);
    }
    strip();
    boolean split = isSplit();
    Map<Split, Map<String, List<Entry>>> found = split ? splits() : oneLevel();
    if (found.isEmpty()) {
      throw new LinnetException(
          "%s: %d pictures but no class folders; %s".formatted(tree.where(), entries.size(), HOW));
    }
    warnStrangers();
    warnEmpty(split);
    List<String> classes = classes(found);
    Store store = new FileStore(tree);
    Map<Split, StoredSet> pools = new EnumMap<>(Split.class);
    found.forEach((name, byClass) -> pools.put(name, set(store, byClass, classes)));
    return new Recognized(
        split ? "class folders in splits" : "class folders", tree.where(), pools, split, warnings);
  }

  private void list() {
    for (int i = 0; i < tree.count(); i++) {
      String path = tree.path(i);
      if (isPicture(tree, i)) {
        entries.add(new Entry(i, path, 0));
      } else {
        strangers.add(path);
      }
    }
  }

  /** Tells pictures by their ending; a file without one by its first bytes. */
  static boolean isPicture(Tree tree, int file) {
    String path = tree.path(file);
    if (path.indexOf('.', path.lastIndexOf('/') + 1) >= 0) {
      return hasPictureEnding(path);
    }
    try {
      ImageHeader.read(tree.read(file), path);
      return true;
    } catch (BadPictureException | IOException e) {
      return false; // a file without an ending that is no picture, such as LICENSE
    }
  }

  /** Whether a path ends as pictures do. */
  static boolean hasPictureEnding(String path) {
    int begin = path.lastIndexOf('.') + 1;
    int length = path.length() - begin;
    if (length < 3 || length > 4) {
      return false;
    }
    for (String ending : ENDINGS) {
      if (ending.length() == length && path.regionMatches(true, begin, ending, 0, length)) {
        return true;
      }
    }
    return false;
  }

  /** Takes away folders that all pictures lie in, as long as classes remain below. */
  private void strip() {
    while (true) {
      String top = entries.get(0).top();
      if (Split.of(top).isPresent()
          || !entries.stream().allMatch(e -> e.depth() >= 3 && e.isIn(top))) {
        return;
      }
      prefix = prefix + top + "/";
      entries.replaceAll(e -> new Entry(e.file(), e.path(), prefix.length()));
    }
  }

  private boolean isSplit() {
    Set<String> named = new TreeSet<>();
    Set<String> others = new TreeSet<>();
    String top = "";
    boolean isNamed = false;
    for (Entry entry : entries) {
      if (!entry.isIn(top)) {
        top = entry.top();
        isNamed = Split.of(top).isPresent();
      } else if (!isNamed) {
        continue; // as the one before
      }
      if (isNamed && entry.depth() >= 3) {
        named.add(top);
      } else if (entry.depth() >= 2) {
        others.add(top);
      }
    }
    others.removeAll(named);
    return named.size() >= 2 || (named.size() == 1 && others.isEmpty());
  }

  private Map<Split, Map<String, List<Entry>>> splits() {
    Map<Split, Map<String, List<Entry>>> found = new EnumMap<>(Split.class);
    Map<Split, String> spelled = new EnumMap<>(Split.class);
    Map<String, Integer> ignored = new TreeMap<>();
    List<Entry> loose = new ArrayList<>();
    String top = "";
    Optional<Split> split = Optional.empty();
    for (Entry entry : entries) {
      if (!entry.isIn(top)) {
        top = entry.top();
        split = Split.of(top);
      }
      if (split.isEmpty()) {
        ignored.merge(entry.depth() == 1 ? "." : top, 1, Integer::sum);
      } else if (entry.depth() < 3) {
        loose.add(entry);
      } else {
        String before = spelled.putIfAbsent(split.get(), top);
        if (before != null && !before.equals(top)) {
          throw new LinnetException(
              "%s: has both %s/ and %s/; keep one of them".formatted(tree.where(), before, top));
        }
        add(found, split.get(), entry.below(), entry);
      }
    }
    ignored.forEach(
        (folder, count) ->
            warnings.add(
                "%s: %s %s left out: %s"
                    .formatted(
                        tree.where(),
                        pictures(count),
                        are(count),
                        folder.equals(".")
                            ? "beside the folders train, val and test"
                            : folder + "/ is neither train, val nor test")));
    warnLoose(loose);
    return found;
  }

  private Map<Split, Map<String, List<Entry>>> oneLevel() {
    Map<Split, Map<String, List<Entry>>> found = new EnumMap<>(Split.class);
    List<Entry> loose = new ArrayList<>();
    boolean namedOnly =
        entries.stream().allMatch(e -> e.depth() == 1 || Split.of(e.top()).isPresent());
    if (namedOnly) {
      return found; // train/picture.jpg: splits without classes
    }
    for (Entry entry : entries) {
      if (entry.depth() == 1) {
        loose.add(entry);
      } else {
        add(found, Split.TRAIN, entry.start(), entry);
      }
    }
    warnLoose(loose);
    return found;
  }

  /** Puts a picture to those of its class, which are mostly those of the one before. */
  private void add(Map<Split, Map<String, List<Entry>>> found, Split split, int from, Entry entry) {
    boolean same =
        split == lastSplit
            && rule.folders() == ClassRule.Folders.TOP
            && entry.hasFolder(lastClass, from);
    if (!same) {
      lastSplit = split;
      lastClass = entry.className(from, rule.folders());
      ofLastClass =
          found
              .computeIfAbsent(split, s -> new TreeMap<>())
              .computeIfAbsent(lastClass, c -> new ArrayList<>());
    }
    ofLastClass.add(entry);
  }

  private List<String> classes(Map<Split, Map<String, List<Entry>>> found) {
    Map<String, List<Entry>> train = found.get(Split.TRAIN);
    if (train == null) {
      TreeSet<String> all = new TreeSet<>();
      found.values().forEach(byClass -> all.addAll(byClass.keySet()));
      return List.copyOf(all);
    }
    if (rule.splits() == ClassRule.Splits.APART) {
      List<String> all = new ArrayList<>(train.keySet());
      TreeSet<String> others = new TreeSet<>();
      found.values().forEach(byClass -> others.addAll(byClass.keySet()));
      others.removeAll(train.keySet());
      all.addAll(others);
      return List.copyOf(all);
    }
    found.forEach(
        (split, byClass) -> {
          for (String name : byClass.keySet()) {
            if (!train.containsKey(name)) {
              throw new LinnetException(
                  "%s: %s has the class \"%s\", which train has not; %s"
                      .formatted(
                          tree.where(),
                          split.key(),
                          name,
                          Nearest.didYouMean(
                              name, train.keySet(), "add it to train or take it out")));
            }
          }
        });
    return List.copyOf(train.keySet());
  }

  private static StoredSet set(
      Store store, Map<String, List<Entry>> byClass, List<String> classes) {
    Map<String, Integer> labelOf = new HashMap<>();
    for (int i = 0; i < classes.size(); i++) {
      labelOf.put(classes.get(i), i);
    }
    int count = byClass.values().stream().mapToInt(List::size).sum();
    int[] pictures = new int[count];
    int[] labels = new int[count];
    int i = 0;
    for (Map.Entry<String, List<Entry>> group : byClass.entrySet()) {
      int label = labelOf.getOrDefault(group.getKey(), 0);
      for (Entry entry : group.getValue()) {
        pictures[i] = entry.file();
        labels[i++] = label;
      }
    }
    return new StoredSet(store, pictures, labels, classes);
  }

  private void warnLoose(List<Entry> loose) {
    if (!loose.isEmpty()) {
      warnings.add(
          "%s: %s %s left out, for lying in no class folder: %s"
              .formatted(
                  tree.where(),
                  pictures(loose.size()),
                  are(loose.size()),
                  some(loose.stream().map(e -> tree.path(e.file())).toList())));
    }
  }

  private void warnStrangers() {
    if (!strangers.isEmpty()) {
      warnings.add(
          "%s: %d %s by name no picture: %s"
              .formatted(
                  tree.where(),
                  strangers.size(),
                  strangers.size() == 1 ? "file is" : "files are",
                  some(strangers)));
    }
  }

  /** Class folders without pictures: empty ones, and those with other files only. */
  private void warnEmpty(boolean split) {
    int level = split ? 2 : 1;
    TreeSet<String> filled = new TreeSet<>();
    String last = "";
    for (Entry entry : entries) {
      if (!entry.hasFolder(last, entry.start())) {
        last = folder(entry.path().substring(entry.start()), level);
        filled.add(last);
      }
    }
    TreeSet<String> empty = new TreeSet<>();
    for (String folder : tree.emptyFolders()) {
      if (folder.startsWith(prefix)
          && folder.substring(prefix.length()).split("/").length == level) {
        empty.add(folder.substring(prefix.length()));
      }
    }
    for (String file : strangers) {
      if (file.startsWith(prefix) && file.substring(prefix.length()).split("/").length > level) {
        empty.add(folder(file.substring(prefix.length()), level));
      }
    }
    empty.removeAll(filled);
    if (!empty.isEmpty()) {
      warnings.add(
          "%s: %s without pictures, left out: %s"
              .formatted(
                  tree.where(),
                  empty.size() == 1 ? "a class folder" : empty.size() + " class folders",
                  some(List.copyOf(empty))));
    }
  }

  /** The first parts of a path. */
  private static String folder(String path, int parts) {
    String[] all = path.split("/");
    return String.join("/", List.of(all).subList(0, Math.min(parts, all.length)));
  }

  private static String pictures(int count) {
    return count == 1 ? "1 picture" : "%d pictures".formatted(count);
  }

  private static String are(int count) {
    return count == 1 ? "is" : "are";
  }

  /** The first few of a list. */
  static String some(List<String> all) {
    return String.join(", ", all.subList(0, Math.min(SHOWN, all.size())))
        + (all.size() > SHOWN ? ", …" : "");
  }
}
