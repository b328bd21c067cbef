package dev.linnet.tricks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.offset;

import com.fasterxml.jackson.databind.JsonNode;
import dev.linnet.base.InvalidValueException;
import dev.linnet.base.RandomState;
import dev.linnet.data.Batch;
import dev.linnet.loss.CrossEntropy;
import dev.linnet.tensor.DType;
import dev.linnet.tensor.Scope;
import dev.linnet.tensor.Tensor;
import dev.linnet.testing.Golden;
import dev.linnet.testing.Seeds;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Test;

/** Against timm and torchvision, whose partners are a plan like any other. */
@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
final class MixupTest {
  private static final JsonNode GOLDEN = Golden.json("semantics.json").get("mixing").get("mixup");
  private static final int ROWS = 4;
  private static final int CLASSES = 5;

  private final Scope scope = Scope.open("mixup test");

  @AfterEach
  void close() {
    scope.close();
  }

  private static Batch recorded() {
    Tensor images = Tensor.of(Golden.doubles(GOLDEN.get("inputs")), ROWS, 3, 1, 1);
    return Batches.of(images.to(DType.FLOAT32), Tensor.of(Golden.longs(GOLDEN.get("targets"))));
  }

  @Test
  void images_and_targets_are_timms_and_torchvisions() {
    for (JsonNode row : GOLDEN.get("rows")) {
      double lambda = row.get("lambda").asDouble();
      Batch timm =
          Mixup.DEFAULT.apply(recorded(), new Mixup.Plan(Permutation.reversed(ROWS), lambda));
      assertClose(timm.images(), row.get("timm_inputs"));
      assertClose(smoothed(timm.targets(), row), row.get("timm_targets"));
      Batch torchvision =
          Mixup.DEFAULT.apply(recorded(), new Mixup.Plan(Permutation.rolled(ROWS), lambda));
      if (row.has("torchvision_inputs")) {
        assertClose(torchvision.images(), row.get("torchvision_inputs"));
        assertClose(torchvision.targets(), row.get("torchvision_targets"));
      }
    }
  }

  /** timm smooths before it mixes; smoothing by the loss, after it, is the same. */
  private static Tensor smoothed(Tensor targets, JsonNode row) {
    double epsilon = row.get("smoothing").asDouble();
    return targets.mul(1 - epsilon).add(epsilon / CLASSES);
  }

  @Test
  void a_loss_that_smooths_mixed_targets_is_timms_of_targets_smoothed_before() {
    JsonNode row = GOLDEN.get("rows").get(1);
    Mixup.Plan plan = new Mixup.Plan(Permutation.reversed(ROWS), row.get("lambda").asDouble());
    Tensor mixed = Mixup.DEFAULT.apply(recorded(), plan).targets();
    Tensor logits = Tensor.normal(0, 2, RandomState.of(1), DType.FLOAT32, ROWS, CLASSES);
    Tensor timm =
        Tensor.of(Golden.doubles(row.get("timm_targets")), ROWS, CLASSES).to(DType.FLOAT32);
    double smoothing = row.get("smoothing").asDouble();
    assertThat(new CrossEntropy(smoothing).forward(logits, mixed).item())
        .isCloseTo(new CrossEntropy(0).forward(logits, timm).item(), offset(1e-6));
  }

  @Seeds(20)
  void a_plan_is_a_permutation_and_a_share(RandomState random) {
    Batch batch = Batches.random(random, 7, 3, 2, 2);
    Mixup.Plan plan = new Mixup(0.1 + random.nextDouble(), 1).draw(random, batch).orElseThrow();
    boolean[] met = new boolean[7];
    for (int row = 0; row < plan.partner().size(); row++) {
      met[plan.partner().partner(row)] = true;
    }
    assertThat(met).containsOnly(true);
    assertThat(plan.lambda()).isBetween(0.0, 1.0);
  }

  @Test
  void a_probability_says_how_many_batches_are_mixed() {
    Batch batch = Batches.random(RandomState.of(0), 2, 1, 2, 2);
    Mixup often = new Mixup(1, 0.25);
    RandomState random = RandomState.of(3);
    long mixed = 0;
    for (int i = 0; i < 2000; i++) {
      mixed += often.draw(random.at(i), batch).isPresent() ? 1 : 0;
    }
    assertThat(mixed).isBetween(440L, 560L);
    assertThat(new Mixup(1, 0).draw(random, batch)).isEmpty();
  }

  @Test
  void wrong_numbers_are_named() {
    assertThatThrownBy(() -> new Mixup(0, 1))
        .isInstanceOf(InvalidValueException.class)
        .hasMessage("mixup.alpha: got 0.0; must be in (0, 10]");
    assertThatThrownBy(() -> new Mixup(Double.NaN, 1))
        .hasMessage("mixup.alpha: got NaN; must be in (0, 10]");
    assertThatThrownBy(() -> new Mixup(1, 1.5))
        .hasMessage("mixup.probability: got 1.5; must be in [0, 1]");
  }

  static void assertClose(Tensor got, JsonNode expected) {
    assertThat(got.toDoubles()).containsExactly(Golden.doubles(expected), offset(1e-6));
  }
}
