package dev.linnet.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.linnet.base.RandomState;
import java.util.List;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Test;

@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
final class ForeachTest {
  private final Scope scope = Scope.open("foreach test");

  @AfterEach
  void close() {
    scope.close();
  }

  @Test
  void the_norm_of_a_list_is_that_of_all_its_elements() {
    Tensor a = Tensor.of(new double[] {1, 2, 2}).requireGrad(true);
    Tensor b = Tensor.of(new double[] {4}, 1, 1);
    assertThat(Foreach.norm(List.of(a, b))).isEqualTo(5, Offset.offset(1e-14));
    assertThat(Foreach.norm(List.of())).isZero();
  }

  @Test
  void copies_keep_every_bit_also_of_integers_and_other_layouts() {
    Tensor a = Tensor.normal(0, 1, RandomState.of(1), DType.FLOAT32, 2, 3, 4, 4);
    Tensor n = Tensor.of(new long[] {Long.MAX_VALUE});
    Tensor aCopy = Tensor.zeros(DType.FLOAT32, Device.CPU, 2, 3, 4, 4).channelsLast();
    Tensor nCopy = Tensor.of(new long[1]);
    try (TensorList to = TensorList.of(List.of(aCopy, nCopy));
        TensorList from = TensorList.of(List.of(a, n))) {
      Foreach.copy(to, from);
    }
    assertThat(aCopy.equalBits(a)).isTrue();
    assertThat(nCopy.equalBits(n)).isTrue();
  }

  @Test
  void empty_lists_are_left_alone() {
    Foreach.add(TensorList.EMPTY, 1);
    Foreach.mul(TensorList.EMPTY, 1);
    Foreach.lerp(TensorList.EMPTY, TensorList.EMPTY, 1);
    Foreach.copy(TensorList.EMPTY, TensorList.EMPTY);
    TensorList.EMPTY.close();
    assertThat(TensorList.EMPTY.tensors()).isEmpty();
  }

  @Test
  void swapped_memory_moves_values_and_layout_but_not_the_gradient() {
    Tensor weight =
        Tensor.normal(0, 1, RandomState.of(1), DType.FLOAT32, 2, 3, 4, 4).requireGrad(true);
    Tensor other = Tensor.normal(0, 1, RandomState.of(2), DType.FLOAT32, 2, 3, 4, 4).channelsLast();
    Tensor wasWeight = weight.detach().copy();
    Tensor wasOther = other.copy();
    weight.sum().backward();
    weight.swapMemory(other);
    assertThat(weight.equalBits(wasOther)).isTrue();
    assertThat(weight.isChannelsLast()).isTrue();
    assertThat(weight.requiresGrad()).isTrue();
    assertThat(weight.grad()).isNotNull();
    assertThat(other.equalBits(wasWeight)).isTrue();
    assertThat(other.requiresGrad()).isFalse();
    weight.swapMemory(other);
    assertThat(weight.equalBits(wasWeight)).isTrue();
    assertThat(weight.isContiguous()).isTrue();
    weight.mul(2).sum().backward();
    Tensor g = weight.grad();
    assertThat(g == null ? new float[0] : g.toFloats()).containsOnly(3);
  }

  @Test
  void memory_is_swapped_between_equals_only() {
    Tensor a = Tensor.of(new float[2]);
    Tensor b = Tensor.of(new float[3]);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> a.swapMemory(b))
        .withMessage("swapMemory: got [3] fp32 on cpu; must be [2] fp32 on cpu");
  }
}
