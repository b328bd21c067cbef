package dev.linnet.tricks;

import dev.linnet.image.Sampling;
import java.util.List;

/** Whose names of operators, magnitudes and defaults a policy has. */
public enum Convention {
  /**
   * torchvision's: magnitudes are whole numbers of equal bins, every operator acts, translations
   * are whole pixels, the nearest pixel is read and outside is black.
   */
  TORCHVISION,
  /**
   * timm's: magnitudes are levels in [0, 10] that may be drawn round a mean, operators act by
   * chance, the filter is drawn and outside is ImageNet's mean color.
   */
  TIMM;

  /** Its name in a sentence. */
  String title() {
    return this == TORCHVISION ? "torchvision" : "timm";
  }

  /** What a policy's warps read with, unless a recipe says otherwise. */
  Warping warping() {
    return switch (this) {
      case TORCHVISION -> new Warping(WarpFilter.NEAREST, List.of(0));
      case TIMM -> new Warping(WarpFilter.RANDOM, Sampling.IMAGENET_FILL);
    };
  }
}
