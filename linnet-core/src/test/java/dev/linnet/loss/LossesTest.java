package dev.linnet.loss;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import dev.linnet.base.InvalidValueException;
import dev.linnet.base.RandomState;
import dev.linnet.loss.BinaryCrossEntropy.Over;
import dev.linnet.loss.Smoothing.Convention;
import dev.linnet.tensor.DType;
import dev.linnet.tensor.Device;
import dev.linnet.tensor.Scope;
import dev.linnet.tensor.Tensor;
import dev.linnet.testing.Golden;
import dev.linnet.testing.Seeds;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.Set;
import java.util.TreeSet;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Values and gradients of every loss. */
@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
final class LossesTest {
  private static final JsonNode RECORDED = Golden.json("semantics.json").get("losses");
  private static final List<Double> WEIGHTS =
      Arrays.stream(Golden.doubles(RECORDED.get("class_weights"))).boxed().toList();
  private static final Smoothing TENTH = Smoothing.of(0.1);
  private static final OptionalDouble NONE = OptionalDouble.empty();

  /** A recorded loss as it is offered here, and the targets it was recorded with. */
  private record Case(Loss loss, String targets) {}

  private static final Map<String, Case> CASES = new LinkedHashMap<>();

  static {
    index("cross_entropy", new CrossEntropy(0));
    index("cross_entropy_weighted", new CrossEntropy(Smoothing.NONE, WEIGHTS));
    index("smoothing_torch_0.1", new CrossEntropy(0.1));
    index("smoothing_timm_0.1", new CrossEntropy(0.1));
    index("smoothing_torch_0.1_weighted", new CrossEntropy(TENTH, WEIGHTS));
    index("smoothing_paper_0.1", new CrossEntropy(new Smoothing(0.1, Convention.PAPER), List.of()));
    index(
        "smoothing_classy_0.1", new CrossEntropy(new Smoothing(0.1, Convention.CLASSY), List.of()));
    CASES.put("soft_target_timm", new Case(new CrossEntropy(0), "soft_targets"));
    CASES.put("soft_target_torch", new Case(new CrossEntropy(0), "soft_targets"));
    CASES.put(
        "soft_target_torch_weighted",
        new Case(new CrossEntropy(Smoothing.NONE, WEIGHTS), "soft_targets"));
    CASES.put("soft_target_torch_smoothing_0.1", new Case(new CrossEntropy(0.1), "soft_targets"));
    CASES.put("soft_target_mixed", new Case(new CrossEntropy(0), "mixed_targets"));
    index("bce_timm_default_smoothing_0.1", new BinaryCrossEntropy(TENTH, NONE, Over.MEAN));
    CASES.put(
        "bce_rsb_threshold_0.2",
        new Case(
            new BinaryCrossEntropy(Smoothing.NONE, OptionalDouble.of(0.2), Over.MEAN),
            "mixed_targets"));
    CASES.put(
        "bce_sum_classes",
        new Case(new BinaryCrossEntropy(Smoothing.NONE, NONE, Over.SUM), "mixed_targets"));
    index(
        "focal_sigmoid_torchvision", new SigmoidFocal(Smoothing.NONE, 2, OptionalDouble.of(0.25)));
    index("focal_softmax_2", new SoftmaxFocal(Smoothing.NONE, 2, List.of()));
    index("focal_softmax_2_weighted", new SoftmaxFocal(Smoothing.NONE, 2, WEIGHTS));
    index("poly1_eps2", new Poly1(Smoothing.NONE, 2));
    index("poly1_eps1_smoothing_0.1", new Poly1(TENTH, 1));
    CASES.put("jensen_shannon_timm", new Case(new JensenShannon(TENTH, 12), "target"));
    CASES.put(
        "jensen_shannon_augmix_paper", new Case(new JensenShannon(Smoothing.NONE, 12), "target"));
  }

  private static void index(String name, Loss loss) {
    CASES.put(name, new Case(loss, "targets"));
  }

  private final Scope scope = Scope.open("loss test");

  @AfterEach
  void close() {
    scope.close();
  }

  @Test
  void every_recorded_loss_has_its_recorded_value_and_gradient() {
    Set<String> recorded = new TreeSet<>();
    RECORDED.get("values").fieldNames().forEachRemaining(recorded::add);
    recorded.removeIf(name -> name.startsWith("distillation")); // an objective of train, no loss
    recorded.remove("cross_entropy_each"); // below
    recorded.remove("cross_entropy_ignore_2"); // of pixels without a class; pictures have one
    assertThat(CASES.keySet()).containsExactlyInAnyOrderElementsOf(recorded);
    CASES.forEach(
        (name, entry) -> {
          equals(name, entry, DType.FLOAT64, 1e-11);
          equals(name, entry, DType.FLOAT32, 2e-6);
        });
  }

  private static void equals(String name, Case entry, DType dtype, double tolerance) {
    JsonNode expected = RECORDED.get("values").get(name);
    boolean views = entry.targets().equals("target");
    JsonNode numbers = views ? expected.get("logits") : RECORDED.get("logits");
    Tensor logits =
        Tensor.of(Golden.doubles(numbers), views ? 6 : 4, 5).to(dtype).requireGrad(true);
    Tensor targets = views ? Tensor.of(new long[] {1, 3, 0, 0, 0, 0}) : targets(entry.targets());
    Tensor loss = entry.loss().forward(logits, targets);
    loss.backward();
    assertThat(loss.dtype()).isEqualTo(dtype);
    assertThat(loss.item())
        .as(name)
        .isCloseTo(expected.get("value").doubleValue(), Offset.offset(5 * tolerance));
    assertThat(gradient(logits))
        .as(name)
        .containsExactly(Golden.doubles(expected.get("gradient")), Offset.offset(tolerance));
  }

  @Test
  void the_mean_is_that_of_each_picture() {
    double[] each = Golden.doubles(RECORDED.get("values").get("cross_entropy_each").get("value"));
    Tensor logits = Tensor.of(Golden.doubles(RECORDED.get("logits")), 4, 5);
    for (int i = 0; i < each.length; i++) {
      Tensor loss =
          new CrossEntropy(0).forward(logits.narrow(0, i, 1), targets("targets").narrow(0, i, 1));
      assertThat(loss.item()).isCloseTo(each[i], Offset.offset(1e-11));
    }
  }

  @Seeds(30)
  void smoothing_keeps_the_sum_and_does_not_mind_mixing(RandomState random) {
    Smoothing smoothing =
        new Smoothing(random.nextDouble(), List.of(Convention.values()).get(random.nextInt(3)));
    int classes = 2 + random.nextInt(9);
    Tensor a = Tensor.of(new long[] {random.nextInt(classes)}).oneHot(classes);
    Tensor b = Tensor.of(new long[] {random.nextInt(classes)}).oneHot(classes);
    double share = random.nextDouble();
    Tensor after = smoothing.apply(a.lerp(b, share));
    Tensor before = smoothing.apply(a).lerp(smoothing.apply(b), share);
    assertThat(after.sum().item()).isCloseTo(1, Offset.offset(1e-5));
    assertThat(after.toDoubles()).containsExactly(before.toDoubles(), Offset.offset(1e-6));
  }

  @Test
  void a_single_class_needs_no_smoothing() {
    Tensor one = Tensor.ones(DType.FLOAT32, Device.CPU, 3, 1);
    for (Convention convention : Convention.values()) {
      assertThat(new Smoothing(0.1, convention).apply(one)).isSameAs(one);
    }
  }

  @Test
  void the_focal_loss_without_focus_is_the_cross_entropy() {
    Tensor logits = Tensor.of(Golden.doubles(RECORDED.get("logits")), 4, 5);
    Tensor targets = targets("soft_targets");
    assertThat(new SoftmaxFocal(TENTH, 0, List.of()).forward(logits, targets).item())
        .isCloseTo(new CrossEntropy(0.1).forward(logits, targets).item(), Offset.offset(1e-12));
    assertThat(new SigmoidFocal(TENTH, 0, NONE).forward(logits, targets).item())
        .isCloseTo(
            new BinaryCrossEntropy(TENTH, NONE, Over.MEAN).forward(logits, targets).item(),
            Offset.offset(1e-12));
  }

  @Test
  void logits_far_from_zero_give_finite_losses_and_gradients() {
    Tensor targets = Tensor.of(new long[] {0, 1, 0, 0, 0, 0});
    List<Loss> losses = CASES.values().stream().map(Case::loss).distinct().toList();
    for (Loss loss : losses) {
      Tensor logits =
          Tensor.of(
                  new double[] {
                    500, -500, 0, 0, 0, 500, -500, 0, 0, 0, 0, 0, 900, 0, 0, 0, 0, 0, 0, 0, -900, 0,
                    0, 0, 0, 1, 2, 3, 4, 5
                  },
                  6,
                  5)
              .to(DType.FLOAT32)
              .requireGrad(true);
      Tensor value = loss.forward(logits, targets);
      value.backward();
      assertThat(value.item()).as(loss.toString()).isFinite();
      assertThat(Arrays.stream(gradient(logits))).as(loss.toString()).allMatch(Double::isFinite);
    }
    Tensor sure = Tensor.of(new float[] {400, -400}, 1, 2).requireGrad(true);
    new SoftmaxFocal(Smoothing.NONE, 0.5, List.of())
        .forward(sure, Tensor.of(new long[] {0}))
        .backward();
    assertThat(Arrays.stream(gradient(sure))).allMatch(Double::isFinite);
  }

  @ParameterizedTest
  @EnumSource(names = {"BFLOAT16", "FLOAT16"})
  void narrow_logits_are_widened(DType narrow) {
    for (Case entry : CASES.values()) {
      Tensor logits = Tensor.uniform(-3, 3, RandomState.of(1), DType.FLOAT32, 6, 5).to(narrow);
      Tensor targets = Tensor.of(new long[] {0, 1, 2, 3, 4, 0});
      Tensor loss = entry.loss().forward(logits, targets);
      assertThat(loss.dtype()).isEqualTo(DType.FLOAT32);
      assertThat(loss.item())
          .isEqualTo(entry.loss().forward(logits.to(DType.FLOAT32), targets).item());
    }
  }

  @Test
  void the_three_views_are_one_after_the_other() {
    Tensor clean = Tensor.of(new double[] {2, 1, 0, 0, 3, 1}, 2, 3);
    Tensor targets = Tensor.of(new long[] {0, 1, 9, 9, 9, 9});
    Tensor same = Tensor.cat(List.of(clean, clean, clean), 0);
    JensenShannon loss = new JensenShannon(Smoothing.NONE, 12);
    double expected = new CrossEntropy(0).forward(clean, targets.narrow(0, 0, 2)).item();
    assertThat(loss.forward(same, targets).item()).isCloseTo(expected, Offset.offset(1e-12));
    Tensor other = Tensor.cat(List.of(clean, clean, clean.mul(-1)), 0);
    assertThat(loss.forward(other, targets).item()).isGreaterThan(expected + 1);
  }

  @Test
  void what_does_not_fit_is_refused() {
    Tensor logits = Tensor.zeros(DType.FLOAT32, Device.CPU, 4, 5);
    Tensor targets = Tensor.of(new long[] {0, 1, 2, 3});
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new JensenShannon(TENTH, 12).forward(logits, targets))
        .withMessage(
            "Jensen-Shannon: got logits [4, 5] fp32 on cpu; must be [3N, K], three views of N"
                + " pictures");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new CrossEntropy(TENTH, List.of(1.0, 2.0)).forward(logits, targets))
        .withMessage("cross entropy: has 2 class weights for logits [4, 5] fp32 on cpu");
    for (Case entry : CASES.values()) {
      assertThatIllegalArgumentException()
          .isThrownBy(() -> entry.loss().forward(logits, targets.narrow(0, 0, 3)))
          .withMessageEndingWith("; must be float [N, K] with int64 [N] or float [N, K]");
    }
  }

  @Test
  void wrong_numbers_are_named() {
    message(() -> Smoothing.of(-0.1), "label_smoothing.epsilon: got -0.1; must be in [0, 1)");
    message(
        () -> new CrossEntropy(TENTH, List.of(0.0, 0.0)),
        "class_weights: got [0.0, 0.0]; must be at least 0 each, and one of them above");
    message(
        () -> new BinaryCrossEntropy(TENTH, OptionalDouble.of(1), Over.MEAN),
        "loss.target_threshold: got 1.0; must be in [0, 1), or none");
    message(
        () -> new SoftmaxFocal(TENTH, 11, List.of()), "loss.gamma: got 11.0; must be in [0, 10]");
    message(
        () -> new SigmoidFocal(TENTH, 2, OptionalDouble.of(1)),
        "loss.alpha: got 1.0; must be in (0, 1), or none");
    message(() -> new Poly1(TENTH, -2), "loss.epsilon: got -2.0; must be in [-1, 100]");
    message(() -> new JensenShannon(TENTH, -1), "loss.alpha: got -1.0; must be in [0, 1000]");
  }

  private static void message(ThrowingCallable call, String line) {
    assertThatThrownBy(call).isInstanceOf(InvalidValueException.class).hasMessage(line);
  }

  private static Tensor targets(String name) {
    JsonNode node = RECORDED.get(name);
    return node.get(0).isArray()
        ? Tensor.of(Golden.doubles(node), 4, 5)
        : Tensor.of(Golden.longs(node));
  }

  private static double[] gradient(Tensor leaf) {
    Tensor g = leaf.grad();
    return g == null ? new double[0] : g.toDoubles();
  }
}
