package dev.linnet.tricks;

import dev.linnet.base.Check;
import dev.linnet.base.RandomState;
import dev.linnet.image.ImageSize;
import dev.linnet.image.PictureEdit;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/**
 * A policy of augmentation as data: {@code OP1(p1, m1) → OP2(p2, m2)}, several times over, one of
 * which is drawn for each picture.
 *
 * @param name of a published one; empty for one's own
 * @param convention whose operators and magnitudes
 * @param subPolicies what may be drawn, each equally likely, at least one
 */
public record Policy(String name, Convention convention, List<SubPolicy> subPolicies) {

  /**
   * Operators one after the other, written {@code OP1(p1, m1) → OP2(p2, m2)}.
   *
   * @param steps at least one
   */
  public record SubPolicy(List<Step> steps) {
    public SubPolicy {
      steps = List.copyOf(steps);
      Check.that(
          !steps.isEmpty(),
          "auto_augment.policy",
          steps,
          "at least one operator, such as Rotate(0.6, 9)");
    }

    @Override
    public String toString() {
      return steps.stream().map(Step::toString).collect(Collectors.joining(" → "));
    }
  }

  /**
   * One operator, written {@code OP(p, m)}, or {@code OP(p)} where it has no magnitude.
   *
   * @param operator its name in the convention
   * @param probability p, the chance that it acts, in [0, 1]
   * @param magnitude m, in [0, 9] (torchvision, whole) or [0, 10] (timm); 0 where it has none
   */
  public record Step(String operator, double probability, double magnitude) {
    public Step {
      Check.that(
          probability >= 0 && probability <= 1,
          "auto_augment.policy",
          operator + " with the chance " + text(probability),
          "a chance in [0, 1]");
    }

    @Override
    public String toString() {
      return operator
          + "("
          + text(probability)
          + (magnitude == 0 && !hasMagnitude() ? "" : ", " + text(magnitude))
          + ")";
    }

    /** Whether the magnitude means something; where nobody knows the operator, it is shown. */
    private boolean hasMagnitude() {
      return !TimmMagnitudes.ALL.operators().contains(operator)
          || TimmMagnitudes.ALL.operator(operator).hasAmount();
    }

    private static String text(double number) {
      return number == 0
          ? "0"
          : new BigDecimal(String.valueOf(number)).stripTrailingZeros().toPlainString();
    }
  }

  public Policy {
    subPolicies = List.copyOf(subPolicies);
    Check.that(!subPolicies.isEmpty(), "auto_augment.policy", "no line", "at least one line");
    Magnitudes known = Magnitudes.of(convention);
    for (SubPolicy line : subPolicies) {
      line.steps().forEach(step -> check(step, known, convention));
    }
  }

  private static void check(Step step, Magnitudes known, Convention convention) {
    Check.that(
        known.operators().contains(step.operator()),
        "auto_augment.policy",
        step.operator(),
        "an operator of " + convention.title() + ": " + String.join(", ", known.operators()));
    boolean whole =
        convention == Convention.TIMM || step.magnitude() == Math.rint(step.magnitude());
    Check.that(
        step.magnitude() >= 0 && step.magnitude() <= known.most() && whole,
        "auto_augment.policy",
        step,
        (convention == Convention.TIMM ? "a magnitude" : "a whole magnitude")
            + " in [0, "
            + (int) known.most()
            + "]");
  }

  /** Draws one of the sub-policies and what of it acts on a picture of that size. */
  List<PictureEdit> draw(RandomState random, ImageSize size, Warping warping) {
    Magnitudes magnitudes = Magnitudes.of(convention);
    List<PictureEdit> edits = new ArrayList<>();
    for (Step step : subPolicies.get(random.nextInt(subPolicies.size())).steps()) {
      if (random.nextBoolean(step.probability())) {
        edits.add(magnitudes.step(step.operator(), step.magnitude(), size, warping, random));
      }
    }
    return edits;
  }
}
