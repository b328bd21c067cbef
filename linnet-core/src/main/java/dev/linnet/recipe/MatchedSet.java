package dev.linnet.recipe;

import dev.linnet.base.RandomState;
import dev.linnet.data.Encoded;
import dev.linnet.data.PictureInfo;
import dev.linnet.data.PictureSet;
import dev.linnet.data.Shards;
import dev.linnet.image.DecodeOptions;
import dev.linnet.image.Picture;
import dev.linnet.image.PictureTransform;
import java.util.List;
import java.util.Optional;

/** Pictures whose labels are the network's. */
final class MatchedSet implements PictureSet {
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
  public Optional<Encoded> encoded(int index) {
    return set.encoded(index);
  }

  @Override
  public PictureInfo info(int index) {
    return set.info(index);
  }

  @Override
  public Optional<Shards> shards() {
    return set.shards();
  }

  @Override
  public String fingerprint() {
    return set.fingerprint();
  }
}
