package dev.linnet.data;

import dev.linnet.image.ImageSize;
import dev.linnet.tensor.DType;
import dev.linnet.tensor.Device;
import dev.linnet.tensor.Tensor;
import java.util.Arrays;
import java.util.stream.IntStream;

/**
 * Some pictures and what they show. Its tensors belong to the scope that was open when it was made.
 */
public final class Batch {
  private final Tensor images;
  private final Tensor targets;
  private final int[] indices;
  private final int classes;
  private final Normalization normalization;
  private final int views;

  /**
   * @param images [N, C, H, W], uint8 as read or float32 as prepared, channels-last
   * @param targets int64 [N] class indices, or float32 [N, K] rows that sum to 1
   * @param indices the pictures' positions in their set, N
   * @param classes K
   * @param normalization how levels become the network's input
   * @param views of each picture, all first ones, then all second ones and so on; N is a multiple
   */
  Batch(
      Tensor images,
      Tensor targets,
      int[] indices,
      int classes,
      Normalization normalization,
      int views) {
    this.images = images;
    this.targets = targets;
    this.indices = indices.clone();
    this.classes = classes;
    this.normalization = normalization;
    this.views = views;
  }

  /**
   * Pictures that are in no set; their positions are their rows.
   *
   * @param images [N, C, H, W], uint8 as read or float32 as prepared
   * @param targets int64 [N] class indices, or float32 [N, K] rows that sum to 1
   * @param classes K
   * @param normalization how levels become the network's input
   */
  public static Batch of(Tensor images, Tensor targets, int classes, Normalization normalization) {
    int[] rows = IntStream.range(0, Math.toIntExact(images.dim(0))).toArray();
    return new Batch(images, targets, rows, classes, normalization, 1);
  }

  /** [N, C, H, W], channels-last. */
  public Tensor images() {
    return images;
  }

  /** int64 [N], or float32 [N, K] rows that sum to 1. */
  public Tensor targets() {
    return targets;
  }

  /**
   * The targets as float32 rows [N, K] that sum to 1, as whoever mixes them needs them. Smoothing
   * is the loss's, before and after mixing alike: it maps a mixture of rows to that of their
   * images.
   */
  public Tensor softTargets() {
    return targets.rank() == 2 ? targets : targets.oneHot(classes);
  }

  /** K, the number of classes. */
  public int classes() {
    return classes;
  }

  /** Views of each picture: all first ones come first, then all second ones. */
  public int views() {
    return views;
  }

  /** Pictures, each counted once however many views it has. */
  public int pictures() {
    return indices.length / views;
  }

  /** N, each view counted. */
  public int size() {
    return indices.length;
  }

  /** The position in its set of the picture in a row, in [0, N). */
  public int index(int row) {
    return indices[row];
  }

  /** Height and width in pixels. */
  public ImageSize imageSize() {
    return new ImageSize((int) images.dim(2), (int) images.dim(3));
  }

  /** The same pictures with other tensors. */
  public Batch with(Tensor newImages, Tensor newTargets) {
    return new Batch(newImages, newTargets, indices, classes, normalization, views);
  }

  /**
   * On a device, as the network's input: float32 with the mean taken off, channels-last. What is
   * prepared already stays as it is.
   */
  public Batch prepared(Device device) {
    if (images.dtype() == DType.FLOAT32) {
      return with(images.sendTo(device), targets.sendTo(device));
    }
    return with(normalization.prepare(images, device), targets.sendTo(device));
  }

  /** The positions as text, for messages. */
  @Override
  public String toString() {
    return images + ", pictures " + Arrays.toString(indices);
  }
}
