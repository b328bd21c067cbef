package dev.linnet.nn;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.offset;

import com.fasterxml.jackson.databind.JsonNode;
import dev.linnet.base.LinnetException;
import dev.linnet.base.RandomState;
import dev.linnet.tensor.DType;
import dev.linnet.tensor.Device;
import dev.linnet.tensor.Dims;
import dev.linnet.tensor.Nonlinearity;
import dev.linnet.tensor.Scope;
import dev.linnet.tensor.Shape;
import dev.linnet.tensor.Tensor;
import dev.linnet.testing.Golden;
import java.util.Arrays;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Test;

@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
class LayersTest {
  private Scope scope = Scope.open("before");

  @BeforeEach
  void open() {
    scope.close();
    scope = Scope.open("test");
  }

  @AfterEach
  void close() {
    scope.close();
  }

  @Test
  void a_convolution_keeps_the_size_of_the_map_unless_told_otherwise() {
    assertThat(shapeAfter(Conv2d.of(3, 8, 3))).isEqualTo(Shape.of(2, 8, 10, 12));
    assertThat(shapeAfter(Conv2d.of(3, 8, 5).withDilation(2))).isEqualTo(Shape.of(2, 8, 10, 12));
    assertThat(shapeAfter(Conv2d.of(3, 8, 7).withStride(2))).isEqualTo(Shape.of(2, 8, 5, 6));
    assertThat(shapeAfter(Conv2d.of(3, 8, 5).withPadding(0))).isEqualTo(Shape.of(2, 8, 6, 8));
  }

  @Test
  void a_grouped_convolution_has_a_smaller_weight_and_no_bias_when_told_so() {
    Conv2d conv = Conv2d.of(4, 8, 3).withGroups(2).withoutBias().build();
    assertThat(conv.state().keySet()).containsExactly("weight");
    assertThat(conv.parameterCount()).isEqualTo(8 * 2 * 9);
  }

  @Test
  void groups_must_divide_the_channels() {
    assertThatThrownBy(() -> Conv2d.of(4, 8, 3).withGroups(3))
        .hasMessage("groups: got 3; must be a divisor of 4 and of 8");
  }

  @Test
  void a_norm_of_one_value_is_refused_in_training_and_stays_as_it_was() {
    try (NormAct norm = NormAct.of(4, Nonlinearity.RELU).build()) {
      norm.materialize(Device.CPU, RandomState.of(1));
      Tensor x = Tensor.ones(DType.FLOAT32, Device.CPU, 1, 4, 1, 1);
      norm.train();
      assertThatThrownBy(() -> norm.forward(x))
          .isInstanceOf(LinnetException.class)
          .hasMessage(
              "batch norm: got one value for each of 4 channels ([1, 4, 1, 1]); training needs two"
                  + " or more; use a larger batch, or larger pictures");
      norm.eval();
      assertThat(norm.forward(x).toFloats()).containsOnly(1 / (float) Math.sqrt(1 + 1e-5));
    }
  }

  @Test
  void a_convolution_starts_with_the_deviation_of_its_fan_out() {
    try (Conv2d conv = Conv2d.of(64, 128, 3).build()) {
      conv.materialize(Device.CPU, RandomState.of(1));
      double expected = Math.sqrt(2.0 / (128 * 9));
      assertThat(deviation(conv.state("weight"))).isCloseTo(expected, offset(expected / 50));
      assertThat(conv.state("bias").value().abs().sum().item()).isZero();
    }
  }

  @Test
  void a_linear_layer_starts_as_in_torch() {
    try (Linear linear = Linear.of(100, 200).build()) {
      linear.materialize(Device.CPU, RandomState.of(1));
      double expected = 0.1 / Math.sqrt(3);
      assertThat(deviation(linear.weight())).isCloseTo(expected, offset(expected / 50));
      Tensor y = linear.forward(Tensor.ones(DType.FLOAT32, Device.CPU, 5, 100));
      assertThat(y.shape()).isEqualTo(Shape.of(5, 200));
    }
  }

  @Test
  void dropout_drops_its_share_and_keeps_the_mean() {
    Dropout dropout = new Dropout(0.25);
    Tensor ones = Tensor.ones(DType.FLOAT32, Device.CPU, 100, 1000);
    assertThat(dropout.forward(ones)).isSameAs(ones);
    dropout.train();
    dropout.reseed(RandomState.of(3));
    Tensor y = dropout.forward(ones);
    assertThat(y.mean().item()).isCloseTo(1, offset(0.01));
    assertThat(y.gt(0).to(DType.FLOAT32).mean().item()).isCloseTo(0.75, offset(0.01));
    assertThat(y.max(Dims.of(0, 1)).item()).isCloseTo(4.0 / 3, offset(1e-6));
  }

  @Test
  void the_same_stream_drops_the_same_numbers() {
    Dropout dropout = new Dropout(0.5);
    dropout.train();
    Tensor ones = Tensor.ones(DType.FLOAT32, Device.CPU, 10, 10);
    dropout.reseed(RandomState.of(3));
    Tensor a = dropout.forward(ones);
    Tensor next = dropout.forward(ones);
    dropout.reseed(RandomState.of(3));
    assertThat(dropout.forward(ones).equalBits(a)).isTrue();
    assertThat(next.equalBits(a)).isFalse();
  }

  @Test
  void dropout_without_a_stream_is_misuse() {
    Dropout dropout = new Dropout(0.5);
    dropout.train();
    Tensor x = Tensor.ones(DType.FLOAT32, Device.CPU, 2);
    assertThatIllegalStateException()
        .isThrownBy(() -> dropout.forward(x))
        .withMessage(
            "a layer that drops at random has no stream yet; call reseed on the model first");
  }

  @Test
  void a_path_is_dropped_sample_by_sample() {
    DropPath path = new DropPath(0.5);
    path.train();
    path.reseed(RandomState.of(5));
    Tensor y = path.forward(Tensor.ones(DType.FLOAT32, Device.CPU, 1000, 2, 3, 3));
    float[] values = y.toFloats();
    int kept = 0;
    for (int n = 0; n < 1000; n++) {
      for (int j = 0; j < 18; j++) {
        assertThat(values[n * 18 + j]).isEqualTo(values[n * 18]).isIn(0f, 2f);
      }
      kept += values[n * 18] > 0 ? 1 : 0;
    }
    assertThat(kept).isBetween(450, 550);
  }

  @Test
  void paths_dropped_as_recorded_leave_the_recorded_values() {
    JsonNode golden = Golden.json("semantics.json").get("tricks").get("drop_path");
    double[] kept = Golden.doubles(golden.get("kept"));
    double rate = golden.get("drop").asDouble();
    long seed = 0; // the first whose draws are the recorded ones
    while (!Arrays.equals(
        Tensor.bernoulli(1 - rate, RandomState.of(seed), 4, 1).toDoubles(), kept)) {
      seed++;
    }
    DropPath path = new DropPath(rate);
    path.train();
    path.drawFrom(RandomState.of(seed));
    Tensor x = Tensor.of(Golden.doubles(golden.get("input")), 4, 2).to(DType.FLOAT32);
    assertThat(path.forward(x).toDoubles())
        .containsExactly(Golden.doubles(golden.get("scaled")), offset(1e-6));
  }

  @Test
  void rates_of_paths_grow_with_depth() {
    assertThat(DropPath.ofBlock(0.1, 0, 16).rate()).isZero();
    assertThat(DropPath.ofBlock(0.1, 1, 16).rate()).isCloseTo(0.006666667, offset(1e-9));
    assertThat(DropPath.ofBlock(0.1, 15, 16).rate()).isEqualTo(0.1);
    assertThat(DropPath.ofBlock(0.1, 0, 1).rate()).isZero();
  }

  @Test
  void a_shaken_branch_goes_forward_by_alpha_and_back_by_beta() {
    ShakeDrop shake = new ShakeDrop(0.4);
    shake.train();
    shake.reseed(RandomState.of(5));
    Tensor x = Tensor.full(2, DType.FLOAT32, Device.CPU, 1000, 2, 3, 3).requireGrad(true);
    Tensor y = shake.forward(x);
    y.sum().backward();
    float[] forward = y.detach().div(2).toFloats();
    float[] backward = requireNonNull(x.grad()).toFloats();
    int whole = 0;
    double alpha = 0;
    double beta = 0;
    for (int n = 0; n < 1000; n++) {
      float f = forward[n * 18];
      float b = backward[n * 18];
      for (int j = 0; j < 18; j++) {
        assertThat(forward[n * 18 + j]).isEqualTo(f).isBetween(-1f, 1f);
        assertThat(backward[n * 18 + j]).isEqualTo(b).isBetween(0f, 1f);
      }
      if (f == 1f && b == 1f) {
        whole++;
      } else {
        alpha += f;
        beta += b;
      }
    }
    assertThat(whole).isBetween(550, 650);
    assertThat(alpha / (1000 - whole)).isCloseTo(0, offset(0.1)); // 3.5 deviations of the mean
    assertThat(beta / (1000 - whole)).isCloseTo(0.5, offset(0.05));
  }

  @Test
  void a_shaken_branch_is_scaled_by_what_is_expected_in_evaluation() {
    ShakeDrop shake = new ShakeDrop(0.25);
    Tensor x = Tensor.full(2, DType.FLOAT32, Device.CPU, 1, 2);
    assertThat(shake.forward(x).toFloats()).containsExactly(1.5f, 1.5f);
    shake.train();
    assertThatIllegalStateException().isThrownBy(() -> shake.forward(x));
    assertThat(ShakeDrop.ofBlock(0.5, 0, 54).rate()).isCloseTo(0.5 / 54, offset(1e-9));
    assertThat(ShakeDrop.ofBlock(0.5, 53, 54).rate()).isEqualTo(0.5);
  }

  @Test
  void a_dropped_branch_leaves_the_shortcut() {
    try (NormAct norm = NormAct.of(2, Nonlinearity.RELU).build()) {
      norm.materialize(Device.CPU, RandomState.of(1));
      DropPath path = new DropPath(0.5);
      Tensor x = Tensor.normal(0, 1, RandomState.of(2), DType.FLOAT32, 64, 2, 3, 3);
      Tensor shortcut = Tensor.ones(DType.FLOAT32, Device.CPU, 64, 2, 3, 3);
      assertThat(norm.forward(x, shortcut, path).equalBits(norm.forward(x, shortcut))).isTrue();
      norm.train();
      path.train();
      path.reseed(RandomState.of(2));
      float[] y = norm.forward(x, shortcut, path).toFloats();
      int left = 0;
      for (int n = 0; n < 64; n++) {
        boolean all = true;
        for (int j = 0; j < 18; j++) {
          all &= y[n * 18 + j] == 1f;
        }
        left += all ? 1 : 0;
      }
      assertThat(left).isBetween(20, 44);
    }
  }

  @Test
  void names_of_a_sequence_are_numbers() {
    Sequential net = new Sequential().append(Conv2d.of(1, 2, 3)).append(new Identity());
    net.append(Linear.of(3, 4));
    assertThat(net.state().keySet()).containsExactly("0.weight", "0.bias", "2.weight", "2.bias");
  }

  @Test
  void pools_take_the_largest_and_the_mean() {
    Tensor x = Tensor.of(new float[] {1, 2, 3, 4, 5, 6, 7, 8, 9}, 1, 1, 3, 3);
    assertThat(MaxPool2d.of(2, 2).build().forward(x).toFloats()).containsExactly(5);
    assertThat(MaxPool2d.of(2, 2).withCeil().build().forward(x).toFloats())
        .containsExactly(5, 6, 8, 9);
    assertThat(AvgPool2d.of(2, 2).withCeil().build().forward(x).toFloats())
        .containsExactly(3, 4.5f, 7.5f, 9);
    assertThat(new GlobalAvgPool().forward(x).toFloats()).containsExactly(5);
  }

  private static Shape shapeAfter(Conv2d.Spec spec) {
    Conv2d conv = spec.build();
    conv.materialize(Device.META, RandomState.of(0));
    return conv.forward(Tensor.empty(DType.FLOAT32, Device.META, 2, 3, 10, 12)).shape();
  }

  private static double deviation(Parameter p) {
    Tensor w = p.value().detach().to(DType.FLOAT64);
    return w.sub(w.mean()).pow(2).mean().sqrt().item();
  }
}
