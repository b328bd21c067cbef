package dev.linnet.tricks;

import dev.linnet.base.RandomState;
import dev.linnet.base.internal.About;
import dev.linnet.image.ImageSize;
import dev.linnet.image.PictureEdit;
import dev.linnet.image.PictureOperator;
import dev.linnet.image.PictureStep;
import dev.linnet.train.PictureTrick;
import java.util.List;

/**
 * Grayscale: some pictures lose their colors.
 *
 * <pre>
 *   with chance p: r = g = b = 0.299·r + 0.587·g + 0.114·b
 * </pre>
 *
 * <ul>
 *   <li>Paper: Chen et al. (SimCLR), ICML 2020, arXiv:2002.05709, appendix A.
 *   <li>Default: p = 0.2. Cost: next to nothing.
 *   <li>Hurts: where the color is the class. Card: docs/tricks/grayscale.md.
 * </ul>
 *
 * @param probability p, in [0, 1]
 */
public record Grayscale(@About("chance that a picture loses its colors") double probability)
    implements PictureTrick {
  /** The paper's value. */
  public static final Grayscale DEFAULT = new Grayscale(0.2);

  public Grayscale {
    Warping.checkProbability("grayscale.probability", probability);
  }

  @Override
  public List<PictureEdit> draw(RandomState random, ImageSize size) {
    return random.nextBoolean(probability)
        ? List.of(PictureStep.of(PictureOperator.GRAYSCALE, 0))
        : List.of();
  }
}
