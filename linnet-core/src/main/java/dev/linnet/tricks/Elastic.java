package dev.linnet.tricks;

import dev.linnet.base.Check;
import dev.linnet.base.RandomState;
import dev.linnet.base.internal.About;
import dev.linnet.image.ElasticWarp;
import dev.linnet.image.ImageSize;
import dev.linnet.image.PictureEdit;
import dev.linnet.train.PictureTrick;
import java.util.List;

/**
 * Elastic deformation: every pixel is moved a little, neighbors alike.
 *
 * <pre>
 *   with chance p: x'(u) = x(u + d(u)),     d = α/2 · (uniform noise in [−1, 1] ∗ Gaussian(σ))
 * </pre>
 *
 * <ul>
 *   <li>Paper: Simard et al., ICDAR 2003, §2; like torchvision's {@code ElasticTransform}, whose α
 *       is twice as large for the same pixels.
 *   <li>Default: α = 50, σ = 5, torchvision's.
 *   <li>Cost: two fields of noise and their blur, a few milliseconds at 224 pixels.
 *   <li>Hurts: rigid things, and small pictures with this default. Card: docs/tricks/elastic.md.
 * </ul>
 *
 * @param alpha α, in [0, 10000]
 * @param sigma σ in pixels, in (0, 31]
 * @param probability p, in [0, 1]
 * @param interpolation how it reads; nearest or bilinear
 * @param fill color outside
 */
public record Elastic(
    @About("strength of the displacements") double alpha,
    @About("smoothness of the displacements, in pixels") double sigma,
    @About("chance that a picture is deformed") double probability,
    @About("how it reads: nearest or bilinear") WarpFilter interpolation,
    @About("levels outside the picture") List<Integer> fill)
    implements PictureTrick {
  /** The values of torchvision. */
  public static final Elastic DEFAULT =
      new Elastic(50, 5, 1, WarpFilter.BILINEAR, List.of(0, 0, 0));

  public Elastic {
    fill = List.copyOf(fill);
    Check.that(alpha >= 0 && alpha <= 10_000, "elastic.alpha", alpha, "in [0, 10000]");
    Check.that(sigma > 0 && sigma <= 31, "elastic.sigma", sigma, "in (0, 31]");
    Warping.checkProbability("elastic.probability", probability);
    Check.that(
        interpolation == WarpFilter.NEAREST || interpolation == WarpFilter.BILINEAR,
        "elastic.interpolation",
        interpolation,
        "nearest or bilinear");
    Warping.checkFill("elastic.fill", fill);
  }

  @Override
  public List<PictureEdit> draw(RandomState random, ImageSize size) {
    return random.nextBoolean(probability)
        ? List.of(
            new ElasticWarp(
                random.nextLong(), alpha, sigma, new Warping(interpolation, fill).draw(random)))
        : List.of();
  }
}
