package dev.linnet.tricks;

import dev.linnet.base.Check;
import dev.linnet.base.RandomState;
import dev.linnet.base.internal.About;
import dev.linnet.image.ColorShift;
import dev.linnet.image.ImageSize;
import dev.linnet.image.PictureEdit;
import dev.linnet.train.PictureTrick;
import java.util.List;

/**
 * PCA lighting: adds a color along the main axes of ImageNet's colors.
 *
 * <pre>
 *   [r, g, b] += 255 · Σ αᵢ·λᵢ·pᵢ,     αᵢ ~ normal(0, s), drawn once a picture
 * </pre>
 *
 * <ul>
 *   <li>Paper: Krizhevsky et al., NeurIPS 2012, §4.1; λ and p as in Facebook's fb.resnet.torch.
 *   <li>Default: s = 0.1.
 *   <li>Differs: the color is added to uint8, so it is rounded; a grey picture gets its mean.
 *   <li>Cost: one look-up a level. Hurts: where the color is the class. Card:
 *       docs/tricks/lighting.md.
 * </ul>
 *
 * @param deviation s, in [0, 10]
 */
public record Lighting(@About("deviation of the three factors") double deviation)
    implements PictureTrick {
  /** The paper's value. */
  public static final Lighting DEFAULT = new Lighting(0.1);

  private static final List<Double> VALUES = List.of(0.2175, 0.0188, 0.0045);
  private static final List<Double> RED = List.of(-0.5675, 0.7192, 0.4009);
  private static final List<Double> GREEN = List.of(-0.5808, -0.0045, -0.8140);
  private static final List<Double> BLUE = List.of(-0.5836, -0.6948, 0.4203);

  public Lighting {
    Check.that(deviation >= 0 && deviation <= 10, "lighting.deviation", deviation, "in [0, 10]");
  }

  @Override
  public List<PictureEdit> draw(RandomState random, ImageSize size) {
    return List.of(
        edit(
            List.of(
                deviation * random.nextGaussian(),
                deviation * random.nextGaussian(),
                deviation * random.nextGaussian())));
  }

  /** The color for three factors α. */
  static ColorShift edit(List<Double> alphas) {
    return new ColorShift(shift(RED, alphas), shift(GREEN, alphas), shift(BLUE, alphas));
  }

  private static double shift(List<Double> axis, List<Double> alphas) {
    double shift = 0;
    for (int i = 0; i < 3; i++) {
      shift += alphas.get(i) * VALUES.get(i) * axis.get(i);
    }
    return 255 * shift;
  }
}
