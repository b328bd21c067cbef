package dev.linnet.train.robustness;

import dev.linnet.base.Check;
import java.util.List;

/**
 * What is measured.
 *
 * @param holes steps in which a square hole grows from nothing to the whole picture, in [1, 64];
 *     also those of CutMix pairs
 * @param ratios steps in which λ of mixup pairs goes from 0 to 1, in [1, 64]
 * @param epsilons of the attack, in levels of 255, each in [0, 255]
 * @param odin the detector of foreign pictures beside the confidence
 * @param seed of partners, noise and halves
 */
public record RobustnessPlan(int holes, int ratios, List<Double> epsilons, Odin odin, long seed) {
  /**
   * Holes of 0, 28, 56 … 224 where a picture has 224 pixels; the paper goes from 0 to 224 and does
   * not name its steps, and attacks with 8/255 alone.
   */
  public static final RobustnessPlan DEFAULT =
      new RobustnessPlan(8, 10, List.of(1.0, 2.0, 4.0, 8.0), Odin.DEFAULT, 0);

  private static final int MOST_STEPS = 64;

  public RobustnessPlan {
    epsilons = List.copyOf(epsilons);
    Check.that(
        holes >= 1 && holes <= MOST_STEPS, "robustness.holes", holes, "in [1, " + MOST_STEPS + "]");
    Check.that(
        ratios >= 1 && ratios <= MOST_STEPS,
        "robustness.ratios",
        ratios,
        "in [1, " + MOST_STEPS + "]");
    Check.that(
        epsilons.stream().allMatch(e -> e >= 0 && e <= Fgsm.LEVELS),
        "robustness.epsilons",
        epsilons,
        "levels in [0, 255] each");
  }

  /** Another seed. */
  public RobustnessPlan withSeed(long value) {
    return new RobustnessPlan(holes, ratios, epsilons, odin, value);
  }

  /** Another strength of the attack, in levels of 255. */
  public RobustnessPlan withEpsilons(List<Double> values) {
    return new RobustnessPlan(holes, ratios, values, odin, seed);
  }
}
