package dev.linnet.recipe;

import dev.linnet.base.LinnetException;
import dev.linnet.base.RandomState;
import dev.linnet.data.PictureInfo;
import dev.linnet.data.PictureSet;
import dev.linnet.image.DecodeOptions;
import dev.linnet.image.Picture;
import dev.linnet.image.PictureTransform;
import dev.linnet.weights.Pretrained;
import java.util.ArrayList;
import java.util.List;

/** Pictures whose labels are the network's: classes are matched by name. */
final class MatchedSet implements PictureSet {
  private final PictureSet set;
  private final List<String> classes;
  private final List<Integer> labels;

  private MatchedSet(PictureSet set, List<String> classes, List<Integer> labels) {
    this.set = set;
    this.classes = classes;
    this.labels = labels;
  }

  /**
   * Matches a set's classes with a network's. Without names in the weights the numbers must agree.
   *
   * @throws LinnetException if a class is unknown to the network
   */
  static PictureSet of(PictureSet set, Pretrained pretrained) {
    List<String> known = pretrained.classNames();
    if (known.equals(set.classes())) {
      return set;
    }
    if (known.isEmpty()) {
      if (set.classes().size() != pretrained.model().classes()) {
        throw new LinnetException(
            "the data have "
                + set.classes().size()
                + " classes, the network "
                + pretrained.model().classes()
                + ", and its weights name none; evaluate on data with the same classes");
      }
      return set;
    }
    List<Integer> labels = new ArrayList<>();
    for (String name : set.classes()) {
      int label = known.indexOf(name);
      if (label < 0) {
        throw new LinnetException(
            "the data have the class \""
                + name
                + "\", which the network does not know; it knows "
                + some(known));
      }
      labels.add(label);
    }
    return new MatchedSet(set, known, labels);
  }

  private static String some(List<String> names) {
    int shown = Math.min(5, names.size());
    String first = String.join(", ", names.subList(0, shown));
    return names.size() > shown ? first + " and " + (names.size() - shown) + " more" : first;
  }

  @Override
  public int size() {
    return set.size();
  }

  @Override
  public List<String> classes() {
    return classes;
  }

  @Override
  public int label(int index) {
    return labels.get(set.label(index));
  }

  @Override
  public String name(int index) {
    return set.name(index);
  }

  @Override
  public Picture read(int index, DecodeOptions options) {
    return set.read(index, options);
  }

  @Override
  public Picture read(
      int index, DecodeOptions options, PictureTransform transform, RandomState random) {
    return set.read(index, options, transform, random);
  }

  @Override
  public PictureInfo info(int index) {
    return set.info(index);
  }

  @Override
  public String fingerprint() {
    return set.fingerprint();
  }
}
