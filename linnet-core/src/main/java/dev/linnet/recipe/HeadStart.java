package dev.linnet.recipe;

/** What a new head on weights from elsewhere starts with. */
public enum HeadStart {
  /** All classes are equally probable: Kolesnikov et al., ECCV 2020, arXiv:1912.11370, §3.3. */
  ZERO,

  /**
   * The weights of a linear probe of the features as they are, so that fine-tuning does not distort
   * them at first: Kumar et al., ICLR 2022, arXiv:2202.10054, Algorithm LP-FT.
   */
  PROBE
}
