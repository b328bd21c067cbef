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
 * 3-Augment: one of greyscale, solarization and blur, then color jitter.
 *
 * <pre>
 *   uniform over: Grayscale | Solarize from 128 | GaussianBlur of radius uniform in [0.1, 2]
 *   then brightness, contrast and saturation by factors in [1 − s, 1 + s]
 * </pre>
 *
 * <ul>
 *   <li>Paper: Touvron et al. (DeiT III), ECCV 2022, arXiv:2204.07118, §3.2; the authors' code.
 *   <li>Default: s = 0.3.
 *   <li>Cost: about four operators a picture, on the threads that read.
 *   <li>Hurts: where the color is the class. Card: docs/tricks/three_augment.md.
 * </ul>
 *
 * @param colorJitter s, in [0, 10]; 0 leaves the colors
 */
public record ThreeAugment(@About("spread of the color jitter after it") double colorJitter)
    implements PictureTrick {
  /** The paper's value. */
  public static final ThreeAugment DEFAULT = new ThreeAugment(0.3);

  public ThreeAugment {
    Check.that(
        colorJitter >= 0 && colorJitter <= 10,
        "three_augment.color_jitter",
        colorJitter,
        "in [0, 10]");
  }

  @Override
  public List<PictureEdit> draw(RandomState random, ImageSize size) {
    List<PictureEdit> edits = new ArrayList<>();
    edits.add(
        switch (random.nextInt(3)) {
          case 0 -> PictureStep.of(PictureOperator.GRAYSCALE, 0);
          case 1 -> PictureStep.of(PictureOperator.SOLARIZE, 128);
          default -> PictureStep.of(PictureOperator.GAUSSIAN_BLUR, random.nextDouble(0.1, 2));
        });
    edits.addAll(new ColorJitter(colorJitter, colorJitter, colorJitter, 0, 1).draw(random, size));
    return edits;
  }
}
