package dev.linnet.image;

/** Pillow's resampling filters; all but {@link #NEAREST} widen with the scale, so none aliases. */
public enum Interpolation {
  /** The pixel under the sampling point. */
  NEAREST,
  /** Triangle, support 1. */
  BILINEAR,
  /** Cubic convolution with a = −0.5, support 2. */
  BICUBIC,
  /** Windowed sinc, support 3. */
  LANCZOS,
  /** Mean of the pixels, support 0.5. */
  BOX,
  /** Hamming-windowed sinc, support 1: as sharp as bicubic when shrinking, at bilinear's cost. */
  HAMMING
}
