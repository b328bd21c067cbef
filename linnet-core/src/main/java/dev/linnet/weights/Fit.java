package dev.linnet.weights;

/** What happens where a network's classes or colors are not those of the weights. */
public enum Fit {
  /** It is an error. */
  STRICT,
  /**
   * A head that is missing or has another number of classes is left as it is in the network, and
   * the first convolution is adapted to other colors as timm does: summed for one, else repeated
   * and scaled by 3 / colors. Both are said.
   */
  ADAPT
}
