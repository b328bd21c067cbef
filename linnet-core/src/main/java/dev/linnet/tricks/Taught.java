package dev.linnet.tricks;

import dev.linnet.data.Batch;
import dev.linnet.models.Classifier;
import dev.linnet.nn.Parameter;
import dev.linnet.tensor.DType;
import dev.linnet.tensor.Tensor;
import dev.linnet.train.Objective;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * An objective with a teacher: one pass of the teacher, one of the student, and the terms of all
 * lessons on them.
 */
public final class Taught implements Objective {
  private final Objective base;
  private final Teacher teacher;
  private final List<Lesson> lessons;
  private final List<Integer> studentLevels;
  private final List<Integer> teacherLevels;

  /** Of objects that it closes. */
  public Taught(Objective base, Teacher teacher, List<Lesson> lessons) {
    this.base = base;
    this.teacher = teacher;
    this.lessons = List.copyOf(lessons);
    studentLevels =
        lessons.stream().flatMap(l -> l.studentLevels().stream()).distinct().sorted().toList();
    teacherLevels =
        lessons.stream().flatMap(l -> l.teacherLevels().stream()).distinct().sorted().toList();
  }

  @Override
  public Outcome of(Classifier model, Batch batch) {
    Lesson.Seen taught = teacher.look(batch.images(), teacherLevels);
    List<Outcome> outcome = new ArrayList<>();
    List<Tensor> maps =
        model.watch(batch.images(), studentLevels, () -> outcome.add(base.of(model, batch)));
    Outcome plain = outcome.get(0);
    Lesson.Seen own =
        new Lesson.Seen(plain.logits().to(DType.FLOAT32), Teacher.byLevel(studentLevels, maps));
    Tensor loss = plain.loss();
    for (Lesson lesson : lessons) {
      loss = lesson.loss(loss, own, taught);
    }
    return plain.with(loss);
  }

  @Override
  public Map<String, Parameter> parameters() {
    Map<String, Parameter> all = new LinkedHashMap<>(base.parameters());
    lessons.forEach(lesson -> all.putAll(lesson.parameters()));
    return all;
  }

  @Override
  public void close() {
    base.close();
    lessons.forEach(Lesson::close);
    teacher.close();
  }
}
