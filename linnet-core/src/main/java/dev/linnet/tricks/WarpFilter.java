package dev.linnet.tricks;

/** How warps read between pixels. */
public enum WarpFilter {
  /** The nearest pixel. */
  NEAREST,
  /** Linear between four pixels. */
  BILINEAR,
  /** Cubic between sixteen pixels. */
  BICUBIC,
  /** Linear or cubic, drawn for each warp: timm's {@code random}. */
  RANDOM
}
