package dev.linnet.models;

/** How much of a forward pass a training keeps for its way back. */
public enum Memory {
  /** All that the way back reads. */
  USUAL,
  /**
   * Of each block only its input: the way back computes the block again, to the same bits. Chen et
   * al. 2016, arXiv:1604.06174. It costs a second forward pass, about a third of a step.
   */
  LOW
}
