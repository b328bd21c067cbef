package dev.linnet.image;

/** Whether a JPEG that will shrink anyway may be decoded at 1/2, 1/4 or 1/8 of its size. */
public enum ScaledDecoding {
  /** Training operators may use it where what they keep is at least as large as their target. */
  ALLOWED,
  /** Every picture is decoded whole. */
  NEVER
}
