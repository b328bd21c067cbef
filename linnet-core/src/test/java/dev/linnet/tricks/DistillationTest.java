package dev.linnet.tricks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import dev.linnet.base.LinnetException;
import dev.linnet.base.OrAuto;
import dev.linnet.base.RandomState;
import dev.linnet.data.Batch;
import dev.linnet.data.Normalization;
import dev.linnet.loss.CrossEntropy;
import dev.linnet.models.Classifier;
import dev.linnet.models.ModelOptions;
import dev.linnet.models.Preprocessing;
import dev.linnet.models.Zoo;
import dev.linnet.nn.Parameter;
import dev.linnet.optim.WeightAverage;
import dev.linnet.tensor.Autocast;
import dev.linnet.tensor.Autograd;
import dev.linnet.tensor.DType;
import dev.linnet.tensor.Device;
import dev.linnet.tensor.Scope;
import dev.linnet.tensor.Tensor;
import dev.linnet.testing.Golden;
import dev.linnet.train.Objective;
import dev.linnet.train.Supervised;
import dev.linnet.weights.Pretrained;
import java.util.List;
import java.util.Map;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Distillation and its kin. */
@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
final class DistillationTest {
  private static final JsonNode GOLDEN = Golden.json("semantics.json").get("losses");
  private static final Normalization SEES = new Normalization(List.of(0.3), List.of(0.2));

  private final Scope scope = Scope.open("distillation test");

  @AfterEach
  void close() {
    scope.close();
  }

  // ------------------------------------------------------------------ values

  private static Tensor logits(String name) {
    return Tensor.of(Golden.doubles(GOLDEN.get(name)), 4, 5);
  }

  private static double[] gradient(Tensor leaf) {
    Tensor g = leaf.grad();
    return g == null ? new double[0] : g.toDoubles();
  }

  private static Tensor labels(Tensor student) {
    Tensor targets = Tensor.of(Golden.longs(GOLDEN.get("targets")));
    return new CrossEntropy(0).forward(student, targets);
  }

  private static Distillation at(double temperature, double hard) {
    return new Distillation("t", OrAuto.auto(), temperature, hard, true);
  }

  @ParameterizedTest
  @CsvSource({"distillation_T4_alpha0.9, 4, 0.1", "distillation_T1_alpha1, 1, 0"})
  void value_and_gradient_are_timms(String name, double temperature, double hard) {
    Tensor student = logits("logits").requireGrad(true);
    Tensor loss = at(temperature, hard).loss(labels(student), student, logits("teacher_logits"));
    loss.backward();
    JsonNode expected = GOLDEN.get("values").get(name);
    assertThat(loss.item()).isCloseTo(expected.get("value").doubleValue(), Offset.offset(1e-11));
    assertThat(gradient(student))
        .containsExactly(Golden.doubles(expected.get("gradient")), Offset.offset(1e-11));
  }

  /** Cross entropy with the teacher is KL plus the teacher's entropy, which has no gradient. */
  @Test
  void gluoncvs_gradient_is_the_same_and_its_value_has_the_teachers_entropy() {
    Tensor student = logits("logits").requireGrad(true);
    Tensor loss = at(20, 0.5).loss(labels(student), student, logits("teacher_logits"));
    loss.backward();
    Tensor p = logits("teacher_logits").div(20).logSoftmax(1);
    double entropy = -p.exp().mul(p).sum().item() / 4;
    JsonNode gluon = GOLDEN.get("values").get("distillation_gluon_T20_hard0.5");
    assertThat(loss.item() + 0.5 * 400 * entropy)
        .isCloseTo(gluon.get("value").doubleValue(), Offset.offset(1e-10));
    assertThat(gradient(student))
        .containsExactly(Golden.doubles(gluon.get("gradient")), Offset.offset(1e-11));
  }

  /** DeiT divides by batch × classes; hard and soft are ½ each. */
  @Test
  void deits_teacher_term_is_a_kth_of_it() {
    Tensor student = logits("logits").requireGrad(true);
    Tensor none = Tensor.of(new double[] {0});
    Tensor soft = at(3, 0).loss(none, student, logits("teacher_logits")).sum();
    Tensor loss = labels(student).mul(0.5).add(soft.mul(0.5 / 5));
    loss.backward();
    JsonNode deit = GOLDEN.get("values").get("distillation_deit_soft_T3_alpha0.5");
    assertThat(loss.item()).isCloseTo(deit.get("value").doubleValue(), Offset.offset(1e-11));
    assertThat(gradient(student))
        .containsExactly(Golden.doubles(deit.get("gradient")), Offset.offset(1e-11));
  }

  @Test
  void without_t_squared_the_teachers_term_is_smaller_by_it() {
    Tensor none = Tensor.of(new double[] {0});
    Tensor with = at(4, 0).loss(none, logits("logits"), logits("teacher_logits"));
    Tensor without =
        new Distillation("t", OrAuto.auto(), 4, 0, false)
            .loss(none, logits("logits"), logits("teacher_logits"));
    assertThat(without.sum().item() * 16).isCloseTo(with.sum().item(), Offset.offset(1e-12));
  }

  @Test
  void attention_transfer_is_that_of_its_authors() {
    JsonNode golden = Golden.json("loop_tricks.json").get("attention");
    Tensor student =
        Tensor.of(Golden.doubles(golden.get("student")), 2, 3, 4, 4)
            .to(DType.FLOAT32)
            .requireGrad(true);
    Tensor teacher = Tensor.of(Golden.doubles(golden.get("teacher")), 2, 5, 4, 4).to(DType.FLOAT32);
    Tensor loss = AttentionTransfer.distance(student, teacher);
    loss.backward();
    assertThat(loss.item()).isCloseTo(golden.get("value").doubleValue(), Offset.offset(1e-7));
    Tensor g = student.grad();
    assertThat(g == null ? new double[0] : g.to(DType.FLOAT64).toDoubles())
        .containsExactly(Golden.doubles(golden.get("gradient")), Offset.offset(1e-7));
  }

  @Test
  void maps_of_zeros_have_a_gradient_that_is_a_number() {
    Tensor student = Tensor.zeros(DType.FLOAT32, Device.CPU, 1, 2, 2, 2).requireGrad(true);
    Tensor teacher = Tensor.ones(DType.FLOAT32, Device.CPU, 1, 3, 2, 2);
    AttentionTransfer.distance(student, teacher).backward();
    Tensor g = student.grad();
    assertThat(g == null ? new float[0] : g.abs().toFloats()).containsOnly(0);
  }

  // ------------------------------------------------------------------ the teacher

  private static Classifier lenet(long seed, int classes) {
    return Zoo.create(
        "lenet5",
        ModelOptions.DEFAULT.withClasses(classes).withInChannels(1),
        Device.CPU,
        RandomState.of(seed));
  }

  private static Pretrained pretrained(Classifier model, double mean, double std) {
    Preprocessing wants = Preprocessing.IMAGENET.withColors(List.of(mean), List.of(std));
    return new Pretrained(model, List.of(), wants);
  }

  @Test
  void the_teacher_sees_its_own_normalization_and_answers_in_the_students_classes() {
    Classifier model = lenet(1, 4);
    try (Teacher teacher = Teacher.of(pretrained(model, 0.5, 0.4), SEES, List.of(2, 0))) {
      Tensor levels = Tensor.uniform(0, 1, RandomState.of(2), DType.FLOAT32, 3, 1, 28, 28);
      Tensor asStudent = levels.sub(0.3).div(0.2).channelsLast();
      Tensor asTeacher = levels.sub(0.5).div(0.4).channelsLast();
      Tensor expected = Autograd.off(() -> model.forward(asTeacher));
      Lesson.Seen seen = teacher.look(asStudent, List.of(0));
      assertThat(seen.logits().requiresGrad()).isFalse();
      assertThat(seen.logits().select(1, 0).toFloats())
          .containsExactly(expected.select(1, 2).toFloats(), Offset.offset(1e-5f));
      assertThat(seen.logits().select(1, 1).toFloats())
          .containsExactly(expected.select(1, 0).toFloats(), Offset.offset(1e-5f));
      assertThat(seen.map(0).dim(0)).isEqualTo(3);
      assertThat(model.isTraining()).isFalse();
    }
  }

  @Test
  void the_average_as_a_teacher_moves_with_the_average_also_in_bf16() {
    try (Classifier model = lenet(1, 4);
        WeightAverage average =
            new WeightAverage(
                model, WeightAverage.Config.DEFAULT.withWarmup(WeightAverage.Warmup.OFF))) {
      Classifier twin =
          Zoo.find("lenet5").declare(ModelOptions.DEFAULT.withClasses(4).withInChannels(1));
      try (Teacher teacher = Teacher.of(twin, average, SEES)) {
        average.update(1);
        Batch batch = Batches.random(RandomState.of(3), 2, 1, 28, 28);
        Tensor first = teacher.look(batch.images(), List.of()).logits();
        Autograd.off(() -> model.parameters().values().forEach(p -> p.value().mulInPlace(1.5)));
        assertThat(teacher.look(batch.images(), List.of()).logits().equalBits(first)).isTrue();
        average.update(1);
        Tensor now =
            Autocast.run(
                Device.CPU, DType.BFLOAT16, () -> teacher.look(batch.images(), List.of()).logits());
        Tensor wide = teacher.look(batch.images(), List.of()).logits();
        assertThat(now.toFloats()).containsExactly(wide.toFloats(), Offset.offset(0.2f));
        assertThat(wide.equalBits(first)).isFalse();
        average.swapIn();
        average.swapOut();
        assertThat(teacher.look(batch.images(), List.of()).logits().equalBits(wide)).isTrue();
      }
    }
  }

  @Test
  void a_lesson_adds_to_the_labels_loss_and_gradients_reach_the_student_alone() {
    Classifier model = lenet(1, 5);
    Pretrained taught = pretrained(lenet(2, 5), 0.3, 0.2);
    Teacher teacher = Teacher.of(taught, SEES, List.of(0, 1, 2, 3, 4));
    Objective plain = new Supervised(new CrossEntropy(0));
    List<Lesson> lessons =
        List.of(
            at(2, 0.25).lesson(model, taught.model(), Device.CPU, RandomState.of(4)),
            AttentionTransfer.DEFAULT.lesson(model, taught.model(), Device.CPU, RandomState.of(4)));
    try (model;
        Objective objective = new Taught(plain, teacher, lessons)) {
      model.train();
      Batch batch = Batches.random(RandomState.of(3), 4, 1, 28, 28);
      Objective.Outcome outcome = objective.of(model, batch);
      Objective.Outcome base = plain.of(model, batch);
      Tensor logits = teacher.look(batch.images(), List.of()).logits();
      double kl = Distillation.divergence(base.logits(), logits, 2).item();
      double attention = outcome.loss().item() - 0.25 * base.loss().item() - 0.75 * 4 * kl;
      assertThat(attention).isPositive();
      outcome.loss().backward();
      model.parameters().values().forEach(p -> assertThat(p.value().grad()).isNotNull());
      taught.model().parameters().values().forEach(p -> assertThat(p.value().grad()).isNull());
    }
  }

  @Test
  void a_hint_has_a_convolution_of_its_own_where_channels_differ() {
    Classifier student = lenet(1, 5);
    Classifier wide =
        Zoo.create(
            "resnet20",
            ModelOptions.DEFAULT.withClasses(5).withInChannels(1),
            Device.CPU,
            RandomState.of(1));
    FeatureDistillation trick =
        new FeatureDistillation("t", OrAuto.auto(), 3, OrAuto.auto(), OrAuto.of(3));
    try (student;
        wide;
        Lesson same = trick.lesson(wide, wide, Device.CPU, RandomState.of(4));
        Lesson lesson = trick.lesson(student, wide, Device.CPU, RandomState.of(4))) {
      Map<String, Parameter> own = lesson.parameters();
      assertThat(own.keySet())
          .containsExactly(
              "feature_distillation.adapter.weight", "feature_distillation.adapter.bias");
      assertThat(lesson.studentLevels()).containsExactly(1);
      assertThat(lesson.teacherLevels()).containsExactly(3);
      Tensor zero = Tensor.scalar(0);
      Tensor small = Tensor.ones(DType.FLOAT32, Device.CPU, 2, 16, 4, 4);
      Tensor large = Tensor.ones(DType.FLOAT32, Device.CPU, 2, 64, 8, 8);
      Tensor loss =
          lesson.loss(
              zero,
              new Lesson.Seen(zero, Map.of(1, small)),
              new Lesson.Seen(zero, Map.of(3, large)));
      loss.backward();
      own.values().forEach(p -> assertThat(p.value().grad()).isNotNull());
      assertThat(same.parameters().isEmpty()).isFalse(); // 32 and 64 channels
    }
  }

  @Test
  void levels_that_are_not_there_are_named() {
    try (Classifier model = lenet(1, 5)) {
      FeatureDistillation trick =
          new FeatureDistillation("t", OrAuto.auto(), 1, OrAuto.of(2), OrAuto.auto());
      assertThatThrownBy(() -> trick.lesson(model, model, Device.CPU, RandomState.of(1)))
          .isExactlyInstanceOf(LinnetException.class)
          .hasMessage(
              "feature_distillation.student_level: got 2; must be in [0, 2), the levels of lenet5");
    }
  }
}
