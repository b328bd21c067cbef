package dev.linnet.data;

import dev.linnet.base.RandomState;
import dev.linnet.image.DecodeOptions;
import dev.linnet.image.Picture;
import dev.linnet.image.PictureTransform;
import java.util.List;
import java.util.Optional;

/**
 * A set whose pictures are those of another one, as they are there, perhaps in another order. What
 * a view does not say itself is what the other set says. A set that changes pixels is no view.
 */
public interface PictureView extends PictureSet {
  /** The set that has the pictures. */
  PictureSet set();

  /** The index in {@link #set} of a picture of this one. */
  default int at(int index) {
    return index;
  }

  @Override
  default int size() {
    return set().size();
  }

  @Override
  default List<String> classes() {
    return set().classes();
  }

  @Override
  default int label(int index) {
    return set().label(at(index));
  }

  @Override
  default String name(int index) {
    return set().name(at(index));
  }

  @Override
  default Picture read(int index, DecodeOptions options) {
    return set().read(at(index), options);
  }

  @Override
  default Picture read(
      int index, DecodeOptions options, PictureTransform transform, RandomState random) {
    return set().read(at(index), options, transform, random);
  }

  @Override
  default Optional<Encoded> encoded(int index) {
    return set().encoded(at(index));
  }

  @Override
  default PictureInfo info(int index) {
    return set().info(at(index));
  }

  @Override
  default Optional<Shards> shards() {
    return set().shards().map(all -> all.through(this::at));
  }

  @Override
  default String fingerprint() {
    return set().fingerprint();
  }
}
