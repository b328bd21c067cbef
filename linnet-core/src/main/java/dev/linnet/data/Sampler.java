package dev.linnet.data;

import dev.linnet.base.RandomState;

/**
 * Which pictures an epoch has, and in which order: a pure function of the set and the random state.
 *
 * <p>Any thread.
 */
@FunctionalInterface
public interface Sampler {
  /** Each picture once, in random order. */
  Sampler UNIFORM = (set, random) -> random.permutation(set.size());

  /**
   * The pictures of an epoch.
   *
   * @return as many positions in the set as the set has pictures; they may repeat
   */
  int[] order(PictureSet set, RandomState random);
}
