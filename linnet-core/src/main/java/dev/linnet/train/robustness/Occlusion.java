package dev.linnet.train.robustness;

import dev.linnet.image.ImageSize;
import dev.linnet.tensor.Box;
import dev.linnet.tensor.Tensor;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Pictures of which a part is covered with 0 after normalization, which is the mean.
 *
 * <p>Yun et al., ICCV 2019, arXiv:1905.04899, appendix E.1: "a hole with width and height equals to
 * s in the center"; zeros inside of it (center) or outside of it (border). Where a picture is no
 * square, the hole has its proportions.
 */
final class Occlusion {
  private Occlusion() {}

  /**
   * Boxes in the middle that grow from nothing to the whole picture, no two of one size. Sides are
   * rounded to the next pixel, half up; what is left over is one pixel more below and to the right.
   */
  static List<Box> holes(ImageSize size, int steps) {
    return IntStream.rangeClosed(0, steps)
        .mapToObj(
            step ->
                centered(
                    size, rounded(size.height(), step, steps), rounded(size.width(), step, steps)))
        .distinct()
        .toList();
  }

  /** A box in the middle. */
  static Box centered(ImageSize size, int height, int width) {
    return new Box((size.height() - height) / 2, (size.width() - width) / 2, height, width);
  }

  private static int rounded(int side, int step, int steps) {
    return (2 * side * step + steps) / (2 * steps);
  }

  /** Zeros inside of the box. */
  static Tensor center(Tensor images, Box box) {
    Tensor covered = images.copy();
    covered.crop(box).zero();
    return covered;
  }

  /** Zeros outside of the box. */
  static Tensor border(Tensor images, Box box) {
    Tensor covered = images.copy().zero();
    covered.crop(box).set(images.crop(box));
    return covered;
  }
}
