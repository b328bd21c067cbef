package dev.linnet.loss;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import dev.linnet.base.InvalidValueException;
import dev.linnet.tensor.Autocast;
import dev.linnet.tensor.DType;
import dev.linnet.tensor.Device;
import dev.linnet.tensor.Scope;
import dev.linnet.tensor.Tensor;
import dev.linnet.testing.Golden;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
final class CrossEntropyTest {
  private static final JsonNode GOLDEN = Golden.json("semantics.json").get("losses");

  private final Scope scope = Scope.open("loss test");

  @AfterEach
  void close() {
    scope.close();
  }

  @ParameterizedTest
  @EnumSource(names = {"FLOAT32", "BFLOAT16"})
  void bf16_logits_are_widened_with_autocast_and_without(DType autocast) {
    Tensor narrow = logits().to(DType.BFLOAT16).requireGrad(true);
    Tensor wide = narrow.detach().to(DType.FLOAT32).requireGrad(true);
    Tensor targets = targets("targets");
    Tensor got =
        Autocast.run(Device.CPU, autocast, () -> new CrossEntropy(0.1).forward(narrow, targets));
    Tensor expected = new CrossEntropy(0.1).forward(wide, targets);
    assertThat(got.dtype()).isEqualTo(DType.FLOAT32);
    assertThat(got.item()).isEqualTo(expected.item());
    got.backward();
    expected.backward();
    assertThat(gradient(narrow)).containsExactly(gradient(wide), Offset.offset(2e-3));
    Tensor g = narrow.grad();
    assertThat(g == null ? null : g.dtype()).isEqualTo(DType.BFLOAT16);
  }

  @Test
  void bf16_soft_targets_are_widened() {
    Tensor soft = targets("soft_targets").to(DType.BFLOAT16);
    assertThat(new CrossEntropy(0).forward(logits(), soft).item())
        .isEqualTo(new CrossEntropy(0).forward(logits(), soft.to(DType.FLOAT64)).item());
  }

  @Test
  void shapes_and_types_that_do_not_fit_are_refused() {
    Tensor logits = logits();
    Tensor targets = Tensor.of(new long[] {0, 1, 2});
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new CrossEntropy(0).forward(logits, targets))
        .withMessage(
            "cross entropy: got logits [4, 5] fp64 on cpu and targets [3] int64 on cpu;"
                + " must be float [N, K] with int64 [N] or float [N, K]");
    Tensor narrow = Tensor.zeros(DType.FLOAT32, Device.CPU, 4, 4);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new CrossEntropy(0).forward(logits, narrow))
        .withMessage(
            "cross entropy: got logits [4, 5] fp64 on cpu and targets [4, 4] fp32 on cpu;"
                + " must be float [N, K] with int64 [N] or float [N, K]");
    Tensor bytes = Tensor.zeros(DType.UINT8, Device.CPU, 4);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new CrossEntropy(0).forward(logits, bytes));
  }

  @Test
  void wrong_numbers_are_named() {
    assertThatThrownBy(() -> new CrossEntropy(1))
        .isInstanceOf(InvalidValueException.class)
        .hasMessage("label_smoothing.epsilon: got 1.0; must be in [0, 1)");
  }

  private static Tensor logits() {
    return Tensor.of(Golden.doubles(GOLDEN.get("logits")), 4, 5);
  }

  private static Tensor targets(String name) {
    JsonNode node = GOLDEN.get(name);
    return node.get(0).isArray()
        ? Tensor.of(Golden.doubles(node), 4, 5)
        : Tensor.of(Golden.longs(node));
  }

  private static double[] gradient(Tensor leaf) {
    Tensor g = leaf.grad();
    return g == null ? new double[0] : g.toDoubles();
  }
}
