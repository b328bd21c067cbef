package dev.linnet.data;

/** What becomes of the boxes of a data set that has them (Pascal VOC, COCO). */
public enum Boxes {
  /**
   * A picture stays whole and has the class of its boxes; a data set whose pictures have boxes of
   * several classes is refused.
   */
  NONE,
  /** Each box becomes a picture with the box's class. */
  CROP,
  /**
   * A picture stays whole and has all its boxes, whatever their classes; its label is the class of
   * the largest. For looking at a data set and for localization, not for training.
   */
  KEEP
}
