package dev.linnet.tensor;

/** Where the corners of a map lie when it gets another size; PyTorch's {@code align_corners}. */
public enum Corners {
  /** The centers of the pixels in the corners stay where they are. */
  ALIGNED,
  /** The borders of the map stay where they are; as pictures are resized. */
  AT_BORDERS
}
