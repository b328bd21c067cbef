package dev.linnet.tricks;

import dev.linnet.base.Check;
import dev.linnet.base.OrAuto;
import dev.linnet.base.RandomState;
import dev.linnet.base.internal.About;
import dev.linnet.image.ImageSize;
import dev.linnet.image.PictureEdit;
import dev.linnet.train.PictureTrick;
import java.util.ArrayList;
import java.util.List;

/**
 * RandAugment: N operators drawn for each picture, all of one magnitude M.
 *
 * <pre>
 *   torchvision: N of 14 operators, each acts, bin M of 31
 *   timm (rand-mM-mstdS-inc1): N of 15 operators, each acts with chance ½,
 *     level normal(M, S) clipped to [0, 10]
 * </pre>
 *
 * <ul>
 *   <li>Paper: Cubuk et al., CVPR Workshops 2020, arXiv:1909.13719, §3.
 *   <li>Default: N = 2, M = 9, the paper's for a ResNet-50 on ImageNet; more for larger nets.
 *   <li>Cost: up to N operators a picture, on the threads that read.
 *   <li>Hurts: small nets and short runs; what must not be turned or inverted. Card:
 *       docs/tricks/rand_augment.md.
 * </ul>
 *
 * @param operators N, in [0, 20]
 * @param magnitude M: in torchvision's convention whole and in [0, 30], in timm's in [0, 10]
 * @param convention whose operators and magnitudes
 * @param magnitudeStd deviation of the level, in [0, 10]; 0 in torchvision's convention
 * @param increasing whether all operators get stronger with M; always so in torchvision's
 * @param probability chance that each operator acts, in [0, 1]; auto: 1 in torchvision's
 *     convention, ½ in timm's
 * @param interpolation how warps read; auto: as the convention has it
 * @param fill color outside; auto: as the convention has it
 */
public record RandAugment(
    @About("operators a picture, in [0, 20]") int operators,
    @About("their strength: up to 30 as torchvision, up to 10 as timm") double magnitude,
    @About("whose operators and magnitudes") Convention convention,
    @About("deviation of the strength; 0 as torchvision") double magnitudeStd,
    @About("whether all operators get stronger with the magnitude") boolean increasing,
    @About("chance that each operator acts") OrAuto<Double> probability,
    @About("how warps read between pixels") OrAuto<WarpFilter> interpolation,
    @About("levels outside the picture") OrAuto<List<Integer>> fill)
    implements PictureTrick {
  /** The paper's two operators of magnitude 9, as torchvision has them. */
  public static final RandAugment DEFAULT =
      new RandAugment(
          2, 9, Convention.TORCHVISION, 0, true, OrAuto.auto(), OrAuto.auto(), OrAuto.auto());

  public RandAugment {
    Check.that(
        operators >= 0 && operators <= 20, "rand_augment.operators", operators, "in [0, 20]");
    boolean timm = convention == Convention.TIMM;
    Check.that(
        timm
            ? magnitude >= 0 && magnitude <= 10
            : magnitude >= 0 && magnitude <= 30 && magnitude == Math.rint(magnitude),
        "rand_augment.magnitude",
        magnitude,
        timm ? "in [0, 10], as timm has it" : "whole and in [0, 30], as torchvision has it");
    Check.that(
        magnitudeStd >= 0 && magnitudeStd <= (timm ? 10 : 0),
        "rand_augment.magnitude_std",
        magnitudeStd,
        timm ? "in [0, 10]" : "0 in torchvision's convention, or convention timm");
    Check.that(
        timm || increasing,
        "rand_augment.increasing",
        increasing,
        "true in torchvision's convention, or convention timm");
    Check.that(
        probability.isAutoOr(chance -> chance >= 0 && chance <= 1),
        "rand_augment.probability",
        probability,
        "in [0, 1], or auto");
    fill = Warping.copy(fill);
    Warping.checkFill("rand_augment.fill", fill);
  }

  /** timm's {@code rand-mM-mstdS-inc1} with two operators. */
  public static RandAugment timm(double magnitude, double magnitudeStd) {
    return new RandAugment(
        2,
        magnitude,
        Convention.TIMM,
        magnitudeStd,
        true,
        OrAuto.auto(),
        OrAuto.auto(),
        OrAuto.auto());
  }

  /** This trick with operators that get stronger with the magnitude, or as first published. */
  public RandAugment withIncreasing(boolean increasing) {
    return new RandAugment(
        operators,
        magnitude,
        convention,
        magnitudeStd,
        increasing,
        probability,
        interpolation,
        fill);
  }

  /** This trick with another filter. */
  public RandAugment withInterpolation(WarpFilter filter) {
    return new RandAugment(
        operators,
        magnitude,
        convention,
        magnitudeStd,
        increasing,
        probability,
        OrAuto.of(filter),
        fill);
  }

  @Override
  public List<PictureEdit> draw(RandomState random, ImageSize size) {
    Magnitudes magnitudes = magnitudes();
    Warping warping = convention.warping().with(interpolation, fill);
    double chance = probability.orElse(convention == Convention.TIMM ? 0.5 : 1.0);
    List<PictureEdit> edits = new ArrayList<>();
    for (int i = 0; i < operators; i++) {
      String operator = magnitudes.operators().get(random.nextInt(magnitudes.operators().size()));
      if (random.nextBoolean(chance)) {
        double level = magnitude;
        if (magnitudeStd > 0) {
          level = Math.max(0, Math.min(10, level + magnitudeStd * random.nextGaussian()));
        }
        edits.add(magnitudes.step(operator, level, size, warping, random));
      }
    }
    return edits;
  }

  private Magnitudes magnitudes() {
    return switch (convention) {
      case TORCHVISION -> BinnedMagnitudes.RAND_AUGMENT;
      case TIMM -> increasing ? TimmMagnitudes.INCREASING : TimmMagnitudes.PLAIN;
    };
  }
}
