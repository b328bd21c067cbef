package dev.linnet.tricks;

import dev.linnet.base.Check;
import dev.linnet.base.OrAuto;
import dev.linnet.base.RandomState;
import dev.linnet.base.internal.About;
import dev.linnet.image.ImageSize;
import dev.linnet.image.PictureEdit;
import dev.linnet.image.PictureMix;
import dev.linnet.train.PictureTrick;
import java.util.ArrayList;
import java.util.List;

/**
 * AugMix: the mean of a picture and of several short chains of operators on it.
 *
 * <pre>
 *   w ~ Dirichlet(α, …, α), m ~ Beta(α, α)
 *   x' = m·x + (1 − m)·Σ wᵢ·chainᵢ(x)
 * </pre>
 *
 * <ul>
 *   <li>Paper: Hendrycks et al., ICLR 2020, arXiv:1912.02781, Algorithm 1. Its loss over three
 *       views is the loss {@code jsd}.
 *   <li>Default: severity 3, three chains of one to three operators, α = 1; without the four
 *       operators that ImageNet-C has, which torchvision adds by default.
 *   <li>Like torchvision: a magnitude is uniform over the first {@code severity} bins of ten.
 *   <li>Cost: about six operators a picture, on the threads that read.
 *   <li>Hurts: clean accuracy of small nets in short runs. Card: docs/tricks/aug_mix.md.
 * </ul>
 *
 * @param severity strongest bin, in [1, 10]
 * @param width number of chains, in [1, 10]
 * @param depth operators in a chain, in [1, 10]; auto: drawn for each, 1 to 3
 * @param alpha α, in (0, 10]
 * @param allOperators whether brightness, color, contrast and sharpness are among them
 * @param interpolation how warps read
 * @param fill color outside
 */
public record AugMix(
    @About("strongest magnitude, in [1, 10]") int severity,
    @About("number of chains") int width,
    @About("operators in a chain; auto: 1 to 3, drawn") OrAuto<Integer> depth,
    @About("spread of the weights; 1: uniform") double alpha,
    @About("whether brightness, color, contrast and sharpness are among them") boolean allOperators,
    @About("how warps read between pixels") WarpFilter interpolation,
    @About("levels outside the picture") List<Integer> fill)
    implements PictureTrick {
  /** The paper's values. */
  public static final AugMix DEFAULT =
      new AugMix(3, 3, OrAuto.auto(), 1, false, WarpFilter.BILINEAR, List.of(0, 0, 0));

  public AugMix {
    fill = List.copyOf(fill);
    Check.that(severity >= 1 && severity <= 10, "aug_mix.severity", severity, "in [1, 10]");
    Check.that(width >= 1 && width <= 10, "aug_mix.width", width, "in [1, 10]");
    Check.that(
        depth.isAutoOr(n -> n >= 1 && n <= 10), "aug_mix.depth", depth, "in [1, 10], or auto");
    Check.that(alpha > 0 && alpha <= 10, "aug_mix.alpha", alpha, "in (0, 10]");
    Warping.checkFill("aug_mix.fill", fill);
  }

  @Override
  public List<PictureEdit> draw(RandomState random, ImageSize size) {
    double own = random.nextBeta(alpha, alpha);
    double[] weights = new double[width];
    double sum = 0;
    for (int i = 0; i < width; i++) {
      weights[i] = random.nextGamma(alpha);
      sum += weights[i];
    }
    List<PictureMix.Chain> chains = new ArrayList<>();
    for (int i = 0; i < width; i++) {
      double weight = sum == 0 ? 1.0 / width : weights[i] / sum;
      chains.add(new PictureMix.Chain((1 - own) * weight, chain(random, size)));
    }
    return List.of(new PictureMix(own, chains));
  }

  private List<PictureEdit> chain(RandomState random, ImageSize size) {
    BinnedMagnitudes magnitudes =
        allOperators ? BinnedMagnitudes.AUG_MIX_ALL : BinnedMagnitudes.AUG_MIX;
    Warping warping = new Warping(interpolation, fill);
    int length = depth.isAuto() ? 1 + random.nextInt(3) : depth.value();
    List<PictureEdit> edits = new ArrayList<>();
    for (int i = 0; i < length; i++) {
      String operator = magnitudes.operators().get(random.nextInt(magnitudes.operators().size()));
      edits.add(magnitudes.step(operator, random.nextInt(severity), size, warping, random));
    }
    return edits;
  }
}
