package dev.linnet.recipe;

import dev.linnet.data.PictureSet;
import dev.linnet.data.PictureView;
import java.util.List;

/** Pictures whose labels are the network's. */
final class MatchedSet implements PictureView {
  private final PictureSet set;
  private final List<String> classes;
  private final List<Integer> labels;

  private MatchedSet(PictureSet set, List<String> classes, List<Integer> labels) {
    this.set = set;
    this.classes = classes;
    this.labels = labels;
  }

  /** A set with the labels that a match gives its classes. */
  static PictureSet of(PictureSet set, ClassMatch match) {
    return match.classes().equals(set.classes())
        ? set
        : new MatchedSet(set, match.classes(), match.labels());
  }

  @Override
  public PictureSet set() {
    return set;
  }

  @Override
  public List<String> classes() {
    return classes;
  }

  @Override
  public int label(int index) {
    return labels.get(set.label(index));
  }
}
