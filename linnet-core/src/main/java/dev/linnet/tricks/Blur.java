package dev.linnet.tricks;

import dev.linnet.base.Check;
import dev.linnet.base.RandomState;
import dev.linnet.base.internal.About;
import dev.linnet.image.GaussianBlur;
import dev.linnet.image.ImageSize;
import dev.linnet.image.PictureEdit;
import dev.linnet.train.PictureTrick;
import java.util.List;

/**
 * Gaussian blur of random width.
 *
 * <pre>
 *   with chance p: x' = x ∗ Gaussian(σ), σ uniform in [low, high]
 * </pre>
 *
 * <ul>
 *   <li>Paper: Chen et al. (SimCLR), ICML 2020, arXiv:2002.05709, appendix A.
 *   <li>Default: p = ½, σ in [0.1, 2], a window of 23 pixels, a tenth of 224.
 *   <li>Cost: two one-dimensional convolutions of the picture. Like torchvision's.
 *   <li>Hurts: where the texture is the class. Card: docs/tricks/blur.md.
 * </ul>
 *
 * @param probability p, in [0, 1]
 * @param sigma least and largest deviation in pixels, in (0, 100]
 * @param kernel side of the window in pixels, odd, in [1, 255]
 */
public record Blur(
    @About("chance that a picture is blurred") double probability,
    @About("least and largest deviation, in pixels") List<Double> sigma,
    @About("side of the window in pixels, odd") int kernel)
    implements PictureTrick {
  /** The paper's values for 224 pixels. */
  public static final Blur DEFAULT = new Blur(0.5, List.of(0.1, 2.0), 23);

  public Blur {
    sigma = List.copyOf(sigma);
    Warping.checkProbability("blur.probability", probability);
    Check.that(
        sigma.size() == 2
            && sigma.get(0) > 0
            && sigma.get(0) <= sigma.get(1)
            && sigma.get(1) <= 100,
        "blur.sigma",
        sigma,
        "two rising numbers in (0, 100], such as [0.1, 2]");
    Check.that(
        kernel >= 1 && kernel <= 255 && kernel % 2 == 1,
        "blur.kernel",
        kernel,
        "odd and in [1, 255]");
  }

  @Override
  public List<PictureEdit> draw(RandomState random, ImageSize size) {
    return random.nextBoolean(probability)
        ? List.of(new GaussianBlur(kernel, random.nextDouble(sigma.get(0), sigma.get(1))))
        : List.of();
  }
}
