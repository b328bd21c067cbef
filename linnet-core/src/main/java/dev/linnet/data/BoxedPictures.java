package dev.linnet.data;

import dev.linnet.base.RandomState;
import dev.linnet.image.DecodeOptions;
import dev.linnet.image.EvalTransform;
import dev.linnet.image.Orientation;
import dev.linnet.image.Picture;
import dev.linnet.image.PictureTransform;
import java.util.List;
import java.util.Optional;

/** Some whole pictures of a store that knows their boxes. */
final class BoxedPictures implements BoxedSet {
  private final StoredSet set;
  private final BoxedStore store;

  private BoxedPictures(StoredSet set, BoxedStore store) {
    this.set = set;
    this.store = store;
  }

  /** The same pictures, where their store has boxes. */
  static Optional<BoxedSet> of(StoredSet set) {
    return set.store() instanceof BoxedStore store
        ? Optional.of(new BoxedPictures(set, store))
        : Optional.empty();
  }

  @Override
  public List<ClassBox> boxes(int index, Orientation orientation) {
    return store.boxes(set.picture(index), orientation);
  }

  @Override
  public List<ClassBox> seen(int index, Orientation orientation, EvalTransform view) {
    return store.seen(set.picture(index), orientation, view);
  }

  @Override
  public int size() {
    return set.size();
  }

  @Override
  public List<String> classes() {
    return set.classes();
  }

  @Override
  public int label(int index) {
    return set.label(index);
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
