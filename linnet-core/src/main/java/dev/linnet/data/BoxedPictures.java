package dev.linnet.data;

import dev.linnet.image.EvalTransform;
import dev.linnet.image.Orientation;
import java.util.List;
import java.util.Optional;

/** Some whole pictures of a store that knows their boxes. */
final class BoxedPictures implements BoxedSet, PictureView {
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
  public PictureSet set() {
    return set;
  }

  @Override
  public List<ClassBox> boxes(int index, Orientation orientation) {
    return store.boxes(set.picture(index), orientation);
  }

  @Override
  public List<ClassBox> seen(int index, Orientation orientation, EvalTransform view) {
    return store.seen(set.picture(index), orientation, view);
  }
}
