package dev.linnet.tricks;

import dev.linnet.base.Check;
import dev.linnet.base.internal.About;

/**
 * Self-distillation: the teacher is the moving average of the student's own weights, a mean
 * teacher.
 *
 * <pre>
 *   loss = (loss of the labels) + w · T² · KL(softmax(average/T) ‖ softmax(student/T))
 * </pre>
 *
 * <ul>
 *   <li>Paper: Tarvainen and Valpola, NIPS 2017, arXiv:1703.01780, §2, for labeled pictures. The
 *       paper compares probabilities by their squared distance (and reports KL as similar), the
 *       teacher sees another augmentation, and w grows over the first epochs; here both see the
 *       same input, and w is constant, because the average begins as the student itself.
 *   <li>Default: w = 1, T = 1. Needs {@code ema}.
 *   <li>Cost: a forward pass of the network for each batch.
 * </ul>
 *
 * @param weight w, in (0, 1000]
 * @param temperature T, in (0, 1000]
 */
public record SelfDistillation(
    @About("factor of the teacher's term, in (0, 1000]") double weight,
    @About("what logits are divided by, in (0, 1000]") double temperature) {
  /** As the term stands. */
  public static final SelfDistillation DEFAULT = new SelfDistillation(1, 1);

  public SelfDistillation {
    Check.that(weight > 0 && weight <= 1000, "self_distillation.weight", weight, "in (0, 1000]");
    Check.that(
        temperature > 0 && temperature <= 1000,
        "self_distillation.temperature",
        temperature,
        "in (0, 1000]");
  }

  /** The term of the loss. */
  public Lesson lesson() {
    return (base, own, average) ->
        base.add(
            Distillation.divergence(own.logits(), average.logits(), temperature)
                .mul(weight * temperature * temperature));
  }
}
