package dev.linnet.data;

import dev.linnet.base.LinnetException;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Pascal VOC: {@code Annotations/NAME.xml} has the boxes of {@code JPEGImages/NAME.jpg}, and {@code
 * ImageSets/Main/train.txt}, {@code val.txt} and {@code test.txt} list names; without {@code
 * train.txt} what {@code trainval.txt} has more than {@code val.txt} is trained on. All of it may
 * lie in folders round it, such as {@code VOCdevkit/VOC2012}. Classes are sorted by name; objects
 * marked difficult are left out, as the challenge's own evaluation leaves them out.
 */
final class PascalVoc {
  private static final Pattern ANNOTATION =
      Pattern.compile("((?:[^/]+/)*)Annotations/([^/]+)\\.xml");
  private static final long LARGEST_ANNOTATION = 16L << 20;
  private static final long LARGEST_LIST = 256L << 20;

  private final Tree tree;
  private final String folder;
  private final Map<String, Integer> annotations = new TreeMap<>();
  private final Map<String, Integer> pictures = new HashMap<>();
  private final ProblemList problems = new ProblemList();
  private final List<String> warnings = new ArrayList<>();
  private final List<String> lost = new ArrayList<>();
  private final VocAnnotation.Reader reader = new VocAnnotation.Reader();
  private int difficult;

  private PascalVoc(Tree tree) {
    this.tree = tree;
    this.folder = folder(tree);
    warnings.addAll(tree.warnings());
  }

  /** Whether a tree has annotations of Pascal VOC. */
  static boolean isIn(Tree tree) {
    for (int i = 0; i < tree.count(); i++) {
      if (tree.path(i).endsWith(".xml") && ANNOTATION.matcher(tree.path(i)).matches()) {
        return true;
      }
    }
    return false;
  }

  /**
   * Reads the annotations of all splits.
   *
   * @throws LinnetException if an annotation is broken, or there are no pictures
   */
  static BoxedData read(Tree tree) {
    return new PascalVoc(tree).read();
  }

  /** The folder that holds {@code Annotations}, with a slash behind it. */
  private static String folder(Tree tree) {
    TreeSet<String> folders = new TreeSet<>();
    for (int i = 0; i < tree.count(); i++) {
      Matcher annotation = ANNOTATION.matcher(tree.path(i));
      if (annotation.matches()) {
        folders.add(annotation.group(1));
      }
    }
    return NamedFiles.only(tree, folders, "Pascal VOC");
  }

  private BoxedData read() {
    list();
    Map<Split, List<String>> lists = lists();
    boolean isSplit = !lists.isEmpty();
    if (!isSplit) {
      lists.put(Split.TRAIN, List.copyOf(annotations.keySet()));
    }
    Map<Split, List<MarkedPicture>> splits = new EnumMap<>(Split.class);
    lists.forEach(
        (split, names) -> {
          List<MarkedPicture> found = new ArrayList<>();
          for (String name : names) {
            MarkedPicture picture = marked(name);
            if (picture != null) {
              found.add(picture);
            }
          }
          if (!found.isEmpty()) {
            splits.put(split, found);
          }
        });
    problems.refuse(tree.where());
    warn();
    TreeSet<String> classes = new TreeSet<>();
    splits
        .values()
        .forEach(all -> all.forEach(p -> p.boxes().forEach(box -> classes.add(box.name()))));
    return new BoxedData("Pascal VOC", tree, List.copyOf(classes), splits, isSplit, warnings);
  }

  private void list() {
    String inAnnotations = folder + "Annotations/";
    String inPictures = folder + "JPEGImages/";
    for (int i = 0; i < tree.count(); i++) {
      String path = tree.path(i);
      if (path.startsWith(inAnnotations) && path.endsWith(".xml")) {
        annotations.put(path.substring(inAnnotations.length(), path.length() - 4), i);
      } else if (path.startsWith(inPictures) && ClassFolders.hasPictureEnding(path)) {
        String name = path.substring(inPictures.length());
        pictures.put(name, i);
        pictures.putIfAbsent(name.substring(0, name.lastIndexOf('.')), i);
      }
    }
    if (pictures.isEmpty()) {
      throw new LinnetException(
          "%s: has annotations of Pascal VOC but no pictures; put them into %s"
              .formatted(tree.where(), inPictures));
    }
  }

  /** The names of the pictures of each split, where there are lists. */
  private Map<Split, List<String>> lists() {
    Map<String, List<String>> named = new HashMap<>();
    for (String list : List.of("train", "val", "test", "trainval")) {
      String path = folder + "ImageSets/Main/" + list + ".txt";
      NamedFiles.find(tree, path)
          .ifPresent(
              file ->
                  named.put(
                      list,
                      NamedFiles.lines(tree, file, LARGEST_LIST).stream()
                          .map(line -> line.split("\\s+", 2)[0])
                          .distinct()
                          .toList()));
    }
    Map<Split, List<String>> lists = new EnumMap<>(Split.class);
    for (Split split : Split.values()) {
      List<String> names = named.get(split.key());
      if (names != null) {
        lists.put(split, names);
      }
    }
    List<String> both = named.get("trainval");
    if (both != null && !lists.containsKey(Split.TRAIN)) {
      Set<String> val = new HashSet<>(lists.getOrDefault(Split.VAL, List.of()));
      lists.put(Split.TRAIN, both.stream().filter(name -> !val.contains(name)).toList());
    }
    return lists;
  }

  /** A picture, where both it and its annotation are there and nothing is wrong with them. */
  private @Nullable MarkedPicture marked(String name) {
    Integer file = annotations.get(name);
    if (file == null) {
      lost.add(name);
      return null;
    }
    VocAnnotation annotation;
    try {
      annotation = reader.read(NamedFiles.bytes(tree, file, LARGEST_ANNOTATION));
    } catch (VocAnnotation.Wrong e) {
      problems.add(tree.path(file) + " " + e.getMessage());
      return null;
    }
    Integer picture = pictures.getOrDefault(name, pictures.get(annotation.filename()));
    if (picture == null) {
      lost.add(name);
      return null;
    }
    difficult += annotation.difficult();
    return new MarkedPicture(picture, annotation.height(), annotation.width(), annotation.boxes());
  }

  private void warn() {
    if (!lost.isEmpty()) {
      warnings.add(
          "%s: %s without picture or annotation %s left out: %s"
              .formatted(
                  tree.where(),
                  lost.size() == 1 ? "a name" : lost.size() + " names",
                  lost.size() == 1 ? "is" : "are",
                  ClassFolders.some(lost)));
    }
    if (difficult > 0) {
      warnings.add(
          "%s: %s marked difficult %s left out"
              .formatted(
                  tree.where(),
                  difficult == 1 ? "a box" : difficult + " boxes",
                  difficult == 1 ? "is" : "are"));
    }
  }
}
