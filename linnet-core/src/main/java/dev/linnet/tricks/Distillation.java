package dev.linnet.tricks;

import dev.linnet.base.Check;
import dev.linnet.base.OrAuto;
import dev.linnet.base.RandomState;
import dev.linnet.base.internal.About;
import dev.linnet.models.Classifier;
import dev.linnet.tensor.Device;
import dev.linnet.tensor.Tensor;

/**
 * Knowledge distillation: the student's probabilities shall be a larger network's, on the same
 * mixed input.
 *
 * <pre>
 *   p = softmax(teacher/T)      q = softmax(student/T)
 *   loss = h · (loss of the labels) + (1 − h) · T² · KL(p‖q),   summed over classes, mean over the batch
 * </pre>
 *
 * <ul>
 *   <li>Paper: Hinton et al., NIPS workshop 2014, arXiv:1503.02531, §2; in He et al., CVPR 2019,
 *       arXiv:1812.01187, §5.3.
 *   <li>Default: T = 20 as in the latter, h = ½ as in its code (GluonCV).
 *   <li>timm's convention. GluonCV has the cross entropy in place of KL, with the same gradient;
 *       DeiT divides by the number of classes; the slides of the first paper have no T².
 *   <li>Cost: a forward pass of the teacher for each batch.
 *   <li>Hurts: a teacher that is no better than the student. Card: docs/tricks/distillation.md.
 * </ul>
 *
 * @param teacher where the teacher is
 * @param weights file of its weights, where teacher is a network's name
 * @param temperature T, in (0, 1000]
 * @param hard h, share of the labels' loss, in [0, 1]
 * @param tSquared whether the teacher's term has the factor T²
 */
public record Distillation(
    @About("run, folder of weights, hf://OWNER/NAME, or with weights a network's name")
        String teacher,
    @About("file with the weights of the network that teacher names") OrAuto<String> weights,
    @About("what logits are divided by, in (0, 1000]") double temperature,
    @About("share of the labels' loss, in [0, 1]") double hard,
    @About("whether the teacher's term is multiplied by temperature squared") boolean tSquared)
    implements TeacherTrick {
  /** Without a teacher, which must be given. */
  public static final Distillation DEFAULT = new Distillation("", OrAuto.auto(), 20, 0.5, true);

  public Distillation {
    Check.that(
        temperature > 0 && temperature <= 1000,
        "distillation.temperature",
        temperature,
        "in (0, 1000]");
    Check.that(hard >= 0 && hard <= 1, "distillation.hard", hard, "in [0, 1]");
  }

  @Override
  public Distillation withTeacher(String other, OrAuto<String> file) {
    return new Distillation(other, file, temperature, hard, tSquared);
  }

  @Override
  public Lesson lesson(Classifier student, Classifier teacher, Device device, RandomState random) {
    return (base, own, taught) -> loss(base, own.logits(), taught.logits());
  }

  /** The whole loss of the labels' one and both logits [N, K]. */
  Tensor loss(Tensor base, Tensor student, Tensor taught) {
    double soft = (1 - hard) * (tSquared ? temperature * temperature : 1);
    return base.mul(hard).add(divergence(student, taught, temperature).mul(soft));
  }

  /** KL(p‖q) of logits [N, K] at a temperature, mean over the batch. */
  static Tensor divergence(Tensor student, Tensor taught, double temperature) {
    Tensor p = taught.div(temperature).logSoftmax(1);
    Tensor q = student.div(temperature).logSoftmax(1);
    return p.exp().mul(p.sub(q)).sum().div((double) student.dim(0));
  }
}
