package dev.linnet.recipe;

import dev.linnet.base.Nearest;
import dev.linnet.data.PictureSet;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * The classes of the training pictures, and how many pictures each has.
 *
 * @param names in the order of their numbers
 * @param pictures as many
 */
public record ClassCounts(List<String> names, List<Integer> pictures) {
  /** Names that a message lists, at most. */
  private static final int LISTED = 20;

  public ClassCounts {
    names = List.copyOf(names);
    pictures = List.copyOf(pictures);
  }

  /** Those of a set. */
  public static ClassCounts of(PictureSet set) {
    int[] pictures = new int[set.classes().size()];
    for (int i = 0; i < set.size(); i++) {
      pictures[set.label(i)]++;
    }
    List<Integer> counts = new ArrayList<>();
    for (int count : pictures) {
      counts.add(count);
    }
    return new ClassCounts(set.classes(), counts);
  }

  /** Weights that are given by name; the other classes have 1. */
  List<Double> weights(Map<String, Double> given) {
    return names.stream().map(name -> given.getOrDefault(name, 1.0)).toList();
  }

  /** One by the number of pictures, with mean 1 over the classes that have any; 1 for others. */
  List<Double> inverse() {
    double sum = 0;
    int present = 0;
    for (int count : pictures) {
      sum += count == 0 ? 0 : 1.0 / count;
      present += count == 0 ? 0 : 1;
    }
    double mean = sum / Math.max(1, present);
    List<Double> weights = new ArrayList<>();
    for (int count : pictures) {
      weights.add(count == 0 ? 1.0 : 1.0 / count / mean);
    }
    return weights;
  }

  /**
   * The lines that say which names are of no class.
   *
   * @param key of the mapping, such as {@code loss.class_weights}
   */
  static List<String> unknown(
      String key, Map<String, Double> given, List<String> classes, LoadedRecipe loaded) {
    String all =
        "classes: "
            + String.join(", ", classes.subList(0, Math.min(LISTED, classes.size())))
            + (classes.size() > LISTED ? ", …" : "");
    return given.keySet().stream()
        .filter(name -> !classes.contains(name))
        .map(
            name ->
                key
                    + ": got \""
                    + Lines.oneLine(name)
                    + "\""
                    + loaded.at(key + "." + name)
                    + "; no class of the data has this name; "
                    + Nearest.didYouMean(name, classes, all))
        .toList();
  }
}
