package dev.linnet.data;

import dev.linnet.base.LinnetException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;

/**
 * A data set whose pictures have boxes, as its annotations have it.
 *
 * @param format such as {@code Pascal VOC}
 * @param tree that holds the pictures
 * @param classes names of the classes
 * @param splits the pictures of each split; all under {@code TRAIN} where nothing is split
 * @param isSplit whether it brings splits
 * @param warnings what was noticed, one line each
 */
record BoxedData(
    String format,
    Tree tree,
    List<String> classes,
    Map<Split, List<MarkedPicture>> splits,
    boolean isSplit,
    List<String> warnings) {

  /**
   * The pictures with a label each.
   *
   * @throws LinnetException if there is no box in it, or pictures stay whole and have several
   *     classes
   */
  Recognized labelled(Boxes boxes) {
    List<String> said = new ArrayList<>(warnings);
    warnUntrained(said);
    Map<Split, StoredSet> pools = boxes == Boxes.CROP ? cut() : whole(boxes, said);
    if (pools.isEmpty()) {
      throw new LinnetException(
          "%s: no boxes in it that count; each picture needs one with a class"
              .formatted(tree.where()));
    }
    String layout = boxes == Boxes.CROP ? "boxes of " + format : format;
    return new Recognized(layout, tree.where(), pools, isSplit, said);
  }

  private Map<Split, StoredSet> cut() {
    Map<Split, List<BoxStore.Cut>> cuts = new EnumMap<>(Split.class);
    splits.forEach(
        (split, pictures) -> {
          List<BoxStore.Cut> all = new ArrayList<>();
          pictures.forEach(
              picture -> picture.boxes().forEach(box -> all.add(new BoxStore.Cut(picture, box))));
          cuts.put(split, all);
        });
    List<BoxStore.Cut> together = new ArrayList<>();
    cuts.values().forEach(together::addAll);
    Store store = new BoxStore(tree, together);
    Map<Split, int[]> labels = new EnumMap<>(Split.class);
    Map<String, Integer> labelOf = labelOf();
    cuts.forEach(
        (split, all) ->
            labels.put(
                split,
                all.stream().mapToInt(cut -> labelOf.getOrDefault(cut.box().name(), 0)).toArray()));
    return pools(store, labels);
  }

  private Map<Split, StoredSet> whole(Boxes boxes, List<String> said) {
    Map<Split, List<MarkedPicture>> kept = new EnumMap<>(Split.class);
    int without = 0;
    int several = 0;
    int count = 0;
    for (Map.Entry<Split, List<MarkedPicture>> entry : splits.entrySet()) {
      List<MarkedPicture> filled =
          entry.getValue().stream().filter(picture -> !picture.boxes().isEmpty()).toList();
      without += entry.getValue().size() - filled.size();
      several += (int) filled.stream().filter(BoxedData::hasSeveral).count();
      count += filled.size();
      kept.put(entry.getKey(), filled);
    }
    if (boxes == Boxes.NONE && several > 0) {
      throw new LinnetException(
          ("%s: %d of %d pictures have boxes of several classes, so a picture has no one class;"
                  + " --boxes crop (boxes: crop in a recipe) makes each box a picture with a class")
              .formatted(tree.where(), several, count));
    }
    if (without > 0) {
      said.add(
          "%s: %s without a box %s left out"
              .formatted(
                  tree.where(),
                  without == 1 ? "a picture" : without + " pictures",
                  without == 1 ? "is" : "are"));
    }
    List<MarkedPicture> together = new ArrayList<>();
    kept.values().forEach(together::addAll);
    Map<String, Integer> labelOf = labelOf();
    Map<Split, int[]> labels = new EnumMap<>(Split.class);
    kept.forEach(
        (split, pictures) ->
            labels.put(
                split,
                pictures.stream()
                    .mapToInt(picture -> labelOf.getOrDefault(largest(picture).name(), 0))
                    .toArray()));
    return pools(new BoxedStore(tree, together, labelOf, boxes), labels);
  }

  /** The store has the pictures of all splits, one split after the other. */
  private Map<Split, StoredSet> pools(Store store, Map<Split, int[]> labels) {
    Map<Split, StoredSet> pools = new EnumMap<>(Split.class);
    int first = 0;
    for (Map.Entry<Split, int[]> entry : labels.entrySet()) {
      int[] pictures = new int[entry.getValue().length];
      for (int i = 0; i < pictures.length; i++) {
        pictures[i] = first++;
      }
      if (pictures.length > 0) {
        pools.put(entry.getKey(), new StoredSet(store, pictures, entry.getValue(), classes));
      }
    }
    return pools;
  }

  private static boolean hasSeveral(MarkedPicture picture) {
    return picture.boxes().stream().map(MarkedBox::name).distinct().count() > 1;
  }

  /** The largest box of a picture, of equal ones the first. */
  private static MarkedBox largest(MarkedPicture picture) {
    return picture.boxes().stream()
        .max(
            Comparator.comparingLong(MarkedBox::area)
                .thenComparing(MarkedBox::number, Comparator.reverseOrder()))
        .orElseThrow();
  }

  private Map<String, Integer> labelOf() {
    Map<String, Integer> labelOf = new HashMap<>();
    classes.forEach(name -> labelOf.put(name, labelOf.size()));
    return labelOf;
  }

  private void warnUntrained(List<String> said) {
    if (!splits.containsKey(Split.TRAIN)) {
      return;
    }
    TreeSet<String> trained = names(Split.TRAIN);
    for (Split split : List.of(Split.VAL, Split.TEST)) {
      TreeSet<String> unknown = names(split);
      unknown.removeAll(trained);
      if (!unknown.isEmpty()) {
        said.add(
            "%s: %s has boxes of classes that train has not: %s"
                .formatted(tree.where(), split.key(), ClassFolders.some(List.copyOf(unknown))));
      }
    }
  }

  private TreeSet<String> names(Split split) {
    TreeSet<String> names = new TreeSet<>();
    for (MarkedPicture picture : splits.getOrDefault(split, List.of())) {
      picture.boxes().forEach(box -> names.add(box.name()));
    }
    return names;
  }
}
