package dev.linnet.tricks;

import dev.linnet.base.Check;
import dev.linnet.base.LinnetException;
import dev.linnet.base.OrAuto;
import dev.linnet.base.RandomState;
import dev.linnet.base.internal.About;
import dev.linnet.models.Classifier;
import dev.linnet.models.FeatureLevel;
import dev.linnet.nn.Conv2d;
import dev.linnet.nn.Parameter;
import dev.linnet.tensor.DType;
import dev.linnet.tensor.Device;
import dev.linnet.tensor.Tensor;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Hints: a map in the middle of the student shall be one in the middle of the teacher.
 *
 * <pre>
 *   loss = (loss without it) + w · mean((r(student's map) − teacher's map)²)
 *   r: a 1×1 convolution where the channels differ, else nothing
 * </pre>
 *
 * <ul>
 *   <li>Paper: Romero et al., FitNets, ICLR 2015, arXiv:1412.6550, §2.2. It trains up to the hint
 *       first and the whole network after; here the term is there throughout. r is trained along,
 *       is part of the run's state, and no part of the saved weights.
 *   <li>Default: the level in the middle of each, w = 1. Maps of other sizes are pooled to the
 *       smaller.
 *   <li>Cost: a forward pass of the teacher for each batch, shared with other tricks that have it.
 * </ul>
 *
 * @param teacher where the teacher is
 * @param weights file of its weights, where teacher is a network's name
 * @param weight w, in (0, 1e6]
 * @param studentLevel index into the student's levels; auto: the middle
 * @param teacherLevel index into the teacher's levels; auto: the middle
 */
public record FeatureDistillation(
    @About("run, folder of weights, hf://OWNER/NAME, or with weights a network's name")
        String teacher,
    @About("file with the weights of the network that teacher names") OrAuto<String> weights,
    @About("factor of the term, in (0, 1000000]") double weight,
    @About("level of the student, from 0") OrAuto<Integer> studentLevel,
    @About("level of the teacher, from 0") OrAuto<Integer> teacherLevel)
    implements TeacherTrick {
  /** Without a teacher, which must be given. */
  public static final FeatureDistillation DEFAULT =
      new FeatureDistillation("", OrAuto.auto(), 1, OrAuto.auto(), OrAuto.auto());

  private static final String ADAPTER = "feature_distillation.adapter.";

  public FeatureDistillation {
    Check.that(
        weight > 0 && weight <= 1e6, "feature_distillation.weight", weight, "in (0, 1000000]");
  }

  @Override
  public FeatureDistillation withTeacher(String other, OrAuto<String> file) {
    return new FeatureDistillation(other, file, weight, studentLevel, teacherLevel);
  }

  @Override
  public Lesson lesson(Classifier student, Classifier teacher, Device device, RandomState random) {
    int own = level("student_level", studentLevel, student);
    int other = level("teacher_level", teacherLevel, teacher);
    int in = student.levels().get(own).channels();
    int out = teacher.levels().get(other).channels();
    Conv2d adapter = null;
    if (in != out) {
      adapter = Conv2d.of(in, out, 1).build();
      adapter.materialize(device, random);
    }
    return new Hint(weight, own, other, adapter);
  }

  private static int level(String key, OrAuto<Integer> asked, Classifier model) {
    List<FeatureLevel> levels = model.levels();
    int level = asked.orElse(levels.size() / 2);
    if (level < 0 || level >= levels.size()) {
      throw new LinnetException(
          "feature_distillation."
              + key
              + ": got "
              + asked
              + "; must be in [0, "
              + levels.size()
              + "), the levels of "
              + model.architecture());
    }
    return level;
  }

  /** The term and its convolution. */
  private record Hint(double weight, int own, int other, @Nullable Conv2d adapter)
      implements Lesson {
    @Override
    public List<Integer> studentLevels() {
      return List.of(own);
    }

    @Override
    public List<Integer> teacherLevels() {
      return List.of(other);
    }

    @Override
    public Map<String, Parameter> parameters() {
      Map<String, Parameter> all = new LinkedHashMap<>();
      if (adapter != null) {
        adapter.parameters().forEach((name, p) -> all.put(ADAPTER + name, p));
      }
      return all;
    }

    @Override
    public Tensor loss(Tensor base, Seen student, Seen taught) {
      Tensor mine = student.map(own);
      Tensor adapted = adapter == null ? mine : adapter.forward(mine);
      Maps both = Maps.of(adapted.to(DType.FLOAT32), taught.map(other).to(DType.FLOAT32));
      return base.add(both.student().sub(both.teacher()).pow(2).mean().mul(weight));
    }

    @Override
    public void close() {
      if (adapter != null) {
        adapter.close();
      }
    }
  }
}
