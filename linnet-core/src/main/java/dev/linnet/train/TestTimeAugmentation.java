package dev.linnet.train;

/** Which views of a picture are averaged when it is evaluated or predicted. */
public enum TestTimeAugmentation {
  /** The picture as it is: one pass. */
  NONE,
  /** The picture and its mirror image: two passes. */
  FLIP,
  /**
   * Four corners, the center, and the mirror images of the five: ten passes (Krizhevsky et al.,
   * NIPS 2012, §4.1).
   */
  TEN_CROP
}
