package dev.linnet.recipe;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * A recipe and where each of its values was written.
 *
 * @param recipe the sum of all layers
 * @param sources dotted key to place, such as {@code epochs} to {@code --epochs}; keys that no
 *     layer has are missing
 */
public record LoadedRecipe(Recipe recipe, Map<String, String> sources) {
  public LoadedRecipe {
    sources = Collections.unmodifiableMap(new LinkedHashMap<>(sources));
  }

  /** A recipe that was made in Java. */
  public static LoadedRecipe of(Recipe recipe) {
    return new LoadedRecipe(recipe, Map.of());
  }

  /** Where a key was written, as a message says it: {@code (my.yaml:3)}, or nothing. */
  String at(String key) {
    String place = sources.get(key);
    return place == null ? "" : " (" + place + ")";
  }

  /** The same, or where the key would have to be written: its section, or the first key in it. */
  String near(String key) {
    for (String section = key; !section.isEmpty(); section = above(section)) {
      String place = at(section);
      for (String other : sources.keySet()) {
        place = place.isEmpty() && other.startsWith(section + ".") ? at(other) : place;
      }
      if (!place.isEmpty()) {
        return place;
      }
    }
    return "";
  }

  private static String above(String key) {
    return key.substring(0, Math.max(0, key.lastIndexOf('.')));
  }

  /**
   * Another recipe in the place of this one; keys that changed get a new place.
   *
   * @param place such as {@code chosen for the data}
   */
  public LoadedRecipe with(Recipe changed, String place) {
    Map<String, String> places = new LinkedHashMap<>(sources);
    for (Recipes.Difference difference : Recipes.diff(recipe, changed)) {
      places.keySet().removeIf(key -> difference.key().startsWith(key + "."));
      places.put(difference.key(), place);
    }
    return new LoadedRecipe(changed, places);
  }
}
