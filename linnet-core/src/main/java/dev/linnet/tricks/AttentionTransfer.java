package dev.linnet.tricks;

import dev.linnet.base.Check;
import dev.linnet.base.LinnetException;
import dev.linnet.base.OrAuto;
import dev.linnet.base.RandomState;
import dev.linnet.base.internal.About;
import dev.linnet.models.Classifier;
import dev.linnet.models.FeatureLevel;
import dev.linnet.tensor.DType;
import dev.linnet.tensor.Device;
import dev.linnet.tensor.Dims;
import dev.linnet.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Attention transfer: the student shall look where the teacher looks, at each size of its maps.
 *
 * <pre>
 *   Q = mean over channels of A²,  as a vector of unit length
 *   loss = (loss without it) + β · Σ over levels of mean((Q student − Q teacher)²)
 * </pre>
 *
 * <ul>
 *   <li>Paper: Zagoruyko and Komodakis, ICLR 2017, arXiv:1612.03928, §3.1, as in the authors' code
 *       (mean over pictures and positions, β = 1000, no factor ½).
 *   <li>Levels with the same stride are compared, the last of each; maps of other sizes are pooled
 *       to the smaller.
 *   <li>Cost: a forward pass of the teacher for each batch, shared with other tricks that have it.
 * </ul>
 *
 * @param teacher where the teacher is
 * @param weights file of its weights, where teacher is a network's name
 * @param beta β, in (0, 1e6]
 */
public record AttentionTransfer(
    @About("run, folder of weights, hf://OWNER/NAME, or with weights a network's name")
        String teacher,
    @About("file with the weights of the network that teacher names") OrAuto<String> weights,
    @About("factor of the term, in (0, 1000000]") double beta)
    implements TeacherTrick {
  /** Without a teacher, which must be given. */
  public static final AttentionTransfer DEFAULT = new AttentionTransfer("", OrAuto.auto(), 1000);

  public AttentionTransfer {
    Check.that(beta > 0 && beta <= 1e6, "attention_transfer.beta", beta, "in (0, 1000000]");
  }

  @Override
  public AttentionTransfer withTeacher(String other, OrAuto<String> file) {
    return new AttentionTransfer(other, file, beta);
  }

  @Override
  public Lesson lesson(Classifier student, Classifier teacher, Device device, RandomState random) {
    Map<Integer, Integer> own = lastByStride(student);
    Map<Integer, Integer> others = lastByStride(teacher);
    List<Integer> studentLevels = new ArrayList<>();
    List<Integer> teacherLevels = new ArrayList<>();
    own.forEach(
        (stride, level) -> {
          Integer other = others.get(stride);
          if (other != null) {
            studentLevels.add(level);
            teacherLevels.add(other);
          }
        });
    if (studentLevels.isEmpty()) {
      throw new LinnetException(
          "attention_transfer: the maps of "
              + student.architecture()
              + " have the strides "
              + own.keySet()
              + ", those of "
              + teacher.architecture()
              + " "
              + others.keySet()
              + "; must have one in common");
    }
    return new Attention(beta, studentLevels, teacherLevels);
  }

  private static Map<Integer, Integer> lastByStride(Classifier model) {
    Map<Integer, Integer> last = new TreeMap<>();
    List<FeatureLevel> levels = model.levels();
    for (int i = 0; i < levels.size(); i++) {
      last.put(levels.get(i).stride(), i);
    }
    return last;
  }

  /** mean((Q − Q')²) of one level. */
  static Tensor distance(Tensor student, Tensor taught) {
    Maps both = Maps.of(student.to(DType.FLOAT32), taught.to(DType.FLOAT32));
    return map(both.student()).sub(map(both.teacher())).pow(2).mean();
  }

  /** Q of [N, C, H, W]: [N, H·W], rows of unit length; a map of zeros stays 0. */
  private static Tensor map(Tensor a) {
    Tensor q = a.pow(2).mean(Dims.of(1)).flatten(1);
    Tensor length = q.pow(2).sum(Dims.keeping(1)).clamp(1e-24, Float.MAX_VALUE).sqrt();
    return q.div(length);
  }

  private record Attention(double beta, List<Integer> studentLevels, List<Integer> teacherLevels)
      implements Lesson {
    Attention {
      studentLevels = List.copyOf(studentLevels);
      teacherLevels = List.copyOf(teacherLevels);
    }

    @Override
    public Tensor loss(Tensor base, Seen student, Seen taught) {
      Tensor loss = base;
      for (int i = 0; i < studentLevels.size(); i++) {
        Tensor term = distance(student.map(studentLevels.get(i)), taught.map(teacherLevels.get(i)));
        loss = loss.add(term.mul(beta));
      }
      return loss;
    }
  }
}
