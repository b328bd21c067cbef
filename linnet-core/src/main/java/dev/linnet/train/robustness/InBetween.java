package dev.linnet.train.robustness;

import dev.linnet.image.ImageSize;
import dev.linnet.tensor.Box;
import dev.linnet.tensor.Tensor;

/**
 * Pictures made of two of different classes.
 *
 * <p>Yun et al., ICCV 2019, arXiv:1905.04899, appendix E.1: {@code λ·a + (1 − λ)·b}, and b in the
 * centered hole of the occlusion test.
 */
final class InBetween {
  private InBetween() {}

  /**
   * λ of a and 1 − λ of b.
   *
   * @param ratio λ in [0, 1]
   */
  static Tensor mixup(Tensor a, Tensor b, double ratio) {
    return b.lerp(a, ratio);
  }

  /** a, but b inside of the box. */
  static Tensor cutmix(Tensor a, Tensor b, Box box) {
    Tensor mixed = a.copy();
    mixed.crop(box).set(b.crop(box));
    return mixed;
  }

  /** λ of a box: the share of the picture that stays a's. */
  static double ratio(ImageSize size, Box box) {
    return 1 - (double) box.area() / size.area();
  }
}
