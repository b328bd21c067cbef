package dev.linnet.image;

/** Whether the orientation that a camera wrote into the file (EXIF) turns the picture. */
public enum Orientation {
  /** The picture is turned as the file says. */
  APPLY,
  /** The pixels stay as they are stored, as Pillow and timm read them. */
  IGNORE
}
