package dev.linnet.tricks;

import dev.linnet.data.Normalization;
import dev.linnet.models.Classifier;
import dev.linnet.nn.Parameter;
import dev.linnet.optim.WeightAverage;
import dev.linnet.tensor.Autograd;
import dev.linnet.tensor.DType;
import dev.linnet.tensor.Scope;
import dev.linnet.tensor.Tensor;
import dev.linnet.weights.Pretrained;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/**
 * A network that another one learns from: in evaluation mode, without gradients, on the pictures
 * that the student sees, brought from the student's normalization to its own.
 */
public final class Teacher implements AutoCloseable {
  private final Classifier model;
  private final Normalization sees;
  private final Normalization wants;
  private final List<Integer> columns;

  private Teacher(
      Classifier model, Normalization sees, Normalization wants, List<Integer> columns) {
    this.model = model;
    this.sees = sees;
    this.wants = wants;
    this.columns = List.copyOf(columns);
    model.eval();
    model.parameters().values().forEach(p -> p.value().requireGrad(false));
  }

  /**
   * A teacher with weights of its own, which it closes.
   *
   * @param student how the student's pictures are normalized
   * @param columns for each class of the student its place among the teacher's
   */
  public static Teacher of(Pretrained teacher, Normalization student, List<Integer> columns) {
    Normalization own =
        new Normalization(teacher.preprocessing().mean(), teacher.preprocessing().std());
    return new Teacher(teacher.model(), student, own, columns);
  }

  /**
   * The student's averaged weights as a teacher.
   *
   * @param twin the student's network without memory, which the teacher closes; it looks at the
   *     memory of the average
   */
  public static Teacher of(Classifier twin, WeightAverage average, Normalization student) {
    Map<String, Parameter> state = twin.state();
    Scope.run(
        "teacher",
        () ->
            Autograd.off(
                () ->
                    average
                        .state()
                        .forEach(
                            (name, t) -> {
                              Parameter p = state.get(name);
                              if (p != null) {
                                p.take(t.detach());
                              }
                            })));
    List<Integer> all = IntStream.range(0, twin.classes()).boxed().toList();
    return new Teacher(twin, student, student, all);
  }

  /** The network. */
  public Classifier model() {
    return model;
  }

  /**
   * What it makes of a batch.
   *
   * @param images [N, C, H, W] as the student sees them
   */
  Lesson.Seen look(Tensor images, List<Integer> levels) {
    return Autograd.off(
        () -> {
          Tensor own = renormalized(images);
          List<Tensor> logits = new ArrayList<>();
          List<Tensor> maps =
              model.watch(own, levels, () -> logits.add(picked(model.forward(own))));
          return new Lesson.Seen(logits.get(0).to(DType.FLOAT32), byLevel(levels, maps));
        });
  }

  static Map<Integer, Tensor> byLevel(List<Integer> levels, List<Tensor> maps) {
    Map<Integer, Tensor> byLevel = new HashMap<>();
    for (int i = 0; i < levels.size(); i++) {
      byLevel.put(levels.get(i), maps.get(i));
    }
    return byLevel;
  }

  /** x = (v − μ)/σ of the student becomes (v − μ')/σ' = x·σ/σ' + (μ − μ')/σ'. */
  private Tensor renormalized(Tensor images) {
    if (sees.equals(wants)) {
      return images;
    }
    int channels = wants.channels();
    float[] scale = new float[channels];
    float[] shift = new float[channels];
    for (int c = 0; c < channels; c++) {
      int from = Math.min(c, sees.channels() - 1); // gray is the same in each color
      scale[c] = (float) (sees.std().get(from) / wants.std().get(c));
      shift[c] = (float) ((sees.mean().get(from) - wants.mean().get(c)) / wants.std().get(c));
    }
    Tensor factor = Tensor.of(scale, 1, channels, 1, 1).to(images.device());
    Tensor offset = Tensor.of(shift, 1, channels, 1, 1).to(images.device());
    return images.mul(factor).add(offset).channelsLast();
  }

  /** The student's classes in its order. */
  private Tensor picked(Tensor logits) {
    int classes = columns.size();
    boolean same = model.classes() == classes;
    for (int c = 0; c < classes; c++) {
      same &= columns.get(c) == c;
    }
    if (same) {
      return logits;
    }
    long[] index = columns.stream().mapToLong(Integer::longValue).toArray();
    return logits
        .transpose(0, 1)
        .contiguous()
        .rows(Tensor.of(index).to(logits.device()))
        .transpose(0, 1);
  }

  /** Frees the network. Closing twice is harmless. */
  @Override
  public void close() {
    model.close();
  }
}
