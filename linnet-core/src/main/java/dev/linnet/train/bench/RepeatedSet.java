package dev.linnet.train.bench;

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

/**
 * A set several times over, so that epochs are long and workers start once.
 *
 * @param set what is repeated
 * @param times how often, at least 1
 */
record RepeatedSet(PictureSet set, int times) implements PictureSet {
  @Override
  public int size() {
    return Math.multiplyExact(set.size(), times);
  }

  @Override
  public List<String> classes() {
    return set.classes();
  }

  @Override
  public int label(int index) {
    return set.label(index % set.size());
  }

  @Override
  public String name(int index) {
    return set.name(index % set.size());
  }

  @Override
  public Picture read(int index, DecodeOptions options) {
    return set.read(index % set.size(), options);
  }

  @Override
  public Picture read(
      int index, DecodeOptions options, PictureTransform transform, RandomState random) {
    return set.read(index % set.size(), options, transform, random);
  }

  @Override
  public Optional<Encoded> encoded(int index) {
    return set.encoded(index % set.size());
  }

  @Override
  public PictureInfo info(int index) {
    return set.info(index % set.size());
  }

  @Override
  public Optional<Shards> shards() {
    return set.shards().map(all -> all.through(i -> i % set.size()));
  }

  @Override
  public String fingerprint() {
    return set.fingerprint();
  }
}
