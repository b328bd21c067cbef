package dev.linnet.tricks;

import dev.linnet.base.Check;
import dev.linnet.base.RandomState;
import dev.linnet.base.internal.About;
import dev.linnet.image.ImageSize;
import dev.linnet.image.PictureEdit;
import dev.linnet.image.PictureOperator;
import dev.linnet.image.PictureStep;
import dev.linnet.train.PictureTrick;
import java.util.ArrayList;
import java.util.List;

/**
 * Color jitter: brightness, contrast, saturation and hue, each by a random factor, in random order.
 *
 * <pre>
 *   factor uniform in [max(0, 1 − s), 1 + s];     hue turned by uniform [−h, h] of the circle
 * </pre>
 *
 * <ul>
 *   <li>Source: Howard, 2013, arXiv:1312.5402, §2; factors in [0.6, 1.4] as He et al., CVPR 2019,
 *       arXiv:1812.01187, §2.1. Like torchvision's {@code ColorJitter} on Pillow.
 *   <li>Default: 0.4 each and no hue, as timm.
 *   <li>Cost: up to four operators a picture, on the threads that read.
 *   <li>Hurts: where the color is the class. Card: docs/tricks/color_jitter.md.
 * </ul>
 *
 * @param brightness s, in [0, 10]; 0 leaves it
 * @param contrast s, in [0, 10]
 * @param saturation s, in [0, 10]; a grey picture has none
 * @param hue h, in [0, 0.5]; a grey picture has none
 * @param probability chance that a picture is changed, in [0, 1]
 */
public record ColorJitter(
    @About("spread of the brightness") double brightness,
    @About("spread of the contrast") double contrast,
    @About("spread of the saturation") double saturation,
    @About("most that the hue is turned, in [0, 0.5]") double hue,
    @About("chance that a picture is changed") double probability)
    implements PictureTrick {
  /** The values of timm. */
  public static final ColorJitter DEFAULT = new ColorJitter(0.4, 0.4, 0.4, 0, 1);

  public ColorJitter {
    checkSpread("brightness", brightness);
    checkSpread("contrast", contrast);
    checkSpread("saturation", saturation);
    Check.that(hue >= 0 && hue <= 0.5, "color_jitter.hue", hue, "in [0, 0.5]");
    Warping.checkProbability("color_jitter.probability", probability);
  }

  private static void checkSpread(String name, double spread) {
    Check.that(spread >= 0 && spread <= 10, "color_jitter." + name, spread, "in [0, 10]");
  }

  @Override
  public List<PictureEdit> draw(RandomState random, ImageSize size) {
    List<PictureEdit> edits = new ArrayList<>();
    if (!random.nextBoolean(probability)) {
      return edits;
    }
    for (int which : random.permutation(4)) {
      switch (which) {
        case 0 -> add(edits, PictureOperator.BRIGHTNESS, brightness, random);
        case 1 -> add(edits, PictureOperator.CONTRAST, contrast, random);
        case 2 -> add(edits, PictureOperator.COLOR, saturation, random);
        default -> {
          if (hue > 0) {
            edits.add(PictureStep.of(PictureOperator.HUE, random.nextDouble(-hue, hue)));
          }
        }
      }
    }
    return edits;
  }

  private static void add(
      List<PictureEdit> edits, PictureOperator operator, double spread, RandomState random) {
    if (spread > 0) {
      double factor = random.nextDouble(Math.max(0, 1 - spread), 1 + spread);
      edits.add(PictureStep.of(operator, factor));
    }
  }
}
