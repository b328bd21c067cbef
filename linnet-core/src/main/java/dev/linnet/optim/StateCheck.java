package dev.linnet.optim;

import dev.linnet.base.LinnetException;
import dev.linnet.tensor.Tensor;
import java.util.Map;

/** Compares a saved state with the one that is expected. */
final class StateCheck {
  private StateCheck() {}

  /**
   * Refuses a saved state whose names, shapes or types differ.
   *
   * @param what what messages call it
   */
  static void same(String what, Map<String, Tensor> own, Map<String, Tensor> saved) {
    own.forEach((key, mine) -> same(what, key, mine, saved));
    for (String key : saved.keySet()) {
      if (!own.containsKey(key)) {
        throw differs(what, key, "is not part of it");
      }
    }
  }

  private static void same(String what, String key, Tensor mine, Map<String, Tensor> saved) {
    Tensor theirs = saved.get(key);
    if (theirs == null) {
      throw differs(what, key, "is missing");
    }
    if (!theirs.shape().equals(mine.shape()) || theirs.dtype() != mine.dtype()) {
      throw differs(what, key, "is " + text(theirs) + "; must be " + text(mine));
    }
  }

  private static LinnetException differs(String what, String key, String how) {
    return new LinnetException(
        what
            + ": \""
            + key
            + "\" "
            + how
            + "; use the model and the recipe that it was saved with");
  }

  private static String text(Tensor t) {
    return t.shape() + " " + t.dtype();
  }
}
