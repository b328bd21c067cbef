package dev.linnet.recipe;

import java.util.Map;

/** A way to go on from weights that were trained on other pictures. */
public enum Strategy {
  /** The head alone, on features that are computed once. */
  HEAD,

  /** The head and the layers next to it. */
  TOP,

  /** Everything. */
  ALL,

  /** Everything, one layer more every epoch, from the head down. */
  STAGED;

  /** The keys of a recipe that make it, as the study {@code transfer} has them. */
  public Map<String, String> keys() {
    return switch (this) {
      case HEAD -> Map.of("train", "head");
      case TOP -> Map.of("train", "top:3");
      case ALL -> Map.of("train", "all");
      case STAGED -> Map.of("train", "all", "unfreeze", "0.25");
    };
  }
}
