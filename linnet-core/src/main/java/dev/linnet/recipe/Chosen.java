package dev.linnet.recipe;

import java.util.ArrayList;
import java.util.List;

/**
 * A recipe whose {@code auto} values are settled.
 *
 * @param loaded the recipe; only {@code val} may still be {@code auto}, which the data set decides
 * @param reasons what was chosen and why, a sentence each, for the user
 * @param warnings what the user should know before the run, a sentence each
 * @param seconds about how long the training will take
 */
public record Chosen(
    LoadedRecipe loaded, List<String> reasons, List<String> warnings, double seconds) {
  public Chosen {
    reasons = List.copyOf(reasons);
    warnings = List.copyOf(warnings);
  }

  /** The same with reasons that come before these. */
  Chosen after(List<String> earlier) {
    List<String> all = new ArrayList<>(earlier);
    all.addAll(reasons);
    return new Chosen(loaded, all, warnings, seconds);
  }

  /** The recipe. */
  public Recipe recipe() {
    return loaded.recipe();
  }
}
