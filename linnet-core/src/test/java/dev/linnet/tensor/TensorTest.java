package dev.linnet.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.linnet.base.RandomState;
import dev.linnet.testing.LiveObjects;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Test;

@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
class TensorTest {
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
  void arithmetic_broadcasts() {
    Tensor x = Tensor.of(new float[] {1, 2, 3, 4}, 2, 2);
    Tensor y = x.add(Tensor.of(new float[] {10, 20})).mul(2);
    assertThat(y.toFloats()).containsExactly(22, 44, 26, 48);
    assertThat(y.shape()).isEqualTo(Shape.of(2, 2));
  }

  @Test
  void a_product_and_a_sum_are_the_same_in_place_and_have_a_gradient() {
    Tensor x = Tensor.of(new float[] {1, 2, 3, 4, 5, 6}, 2, 3).requireGrad(true);
    Tensor factor = Tensor.of(new float[] {1f / 3, 0.1f, -7});
    Tensor offset = Tensor.of(new float[] {0.7f, -0.2f, 21});
    Tensor y = x.mulAdd(factor, offset);
    y.sum().backward();
    float[] once = y.detach().toFloats();
    assertThat(once[0]).isCloseTo(1f / 3 + 0.7f, within(1e-6f));
    assertThat(once[5]).isEqualTo(-21);
    assertThat(x.detach().copy().mulAddInPlace(factor, offset).toFloats()).isEqualTo(once);
    Tensor g = x.grad();
    assertThat(g == null ? new float[0] : g.toFloats())
        .containsExactly(1f / 3, 0.1f, -7, 1f / 3, 0.1f, -7);
  }

  @Test
  void gradients_reach_leaves() {
    Tensor x = Tensor.of(new float[] {1, 2, 3}).requireGrad(true);
    x.mul(x).sum().backward();
    Tensor g = x.grad();
    assertThat(g).isNotNull();
    assertThat(g == null ? new float[0] : g.toFloats()).containsExactly(2, 4, 6);
    x.clearGrad();
    assertThat(x.grad()).isNull();
  }

  @Test
  void a_tensor_of_a_closed_scope_is_named_with_the_place_of_the_closing() {
    Scope inner = Scope.open("step");
    Tensor t = Tensor.of(new float[] {1, 2, 3}).relu();
    inner.close();
    assertThatIllegalStateException()
        .isThrownBy(t::toFloats)
        .withMessageStartingWith(
            "the tensor of \"relu\" was used after its scope \"step\" was closed at "
                + "dev.linnet.tensor.TensorTest.a_tensor_of_a_closed_scope");
    inner.close();
  }

  @Test
  void a_closed_tensor_is_named_with_the_place_of_the_closing() {
    Tensor t = Tensor.of(new float[] {1}).unscoped();
    t.close();
    t.close();
    assertThatIllegalStateException()
        .isThrownBy(t::toFloats)
        .withMessageStartingWith(
            "the tensor of \"of\" was used after it was closed at dev.linnet.tensor.TensorTest.");
  }

  @Test
  void without_a_scope_there_are_no_tensors() throws InterruptedException {
    Throwable[] seen = new Throwable[1];
    Thread thread =
        new Thread(
            () -> {
              try {
                Tensor.scalar(1);
              } catch (IllegalStateException e) {
                seen[0] = e;
              }
            },
            "bare");
    thread.start();
    thread.join();
    assertThat(seen[0])
        .hasMessage(
            "no scope is open on thread bare; wrap the work in "
                + "try (Scope scope = Scope.open(\"…\")) { … }");
  }

  @Test
  void what_is_kept_outlives_its_scope_and_what_is_unscoped_outlives_all() {
    Tensor[] outside = new Tensor[1];
    Tensor kept =
        Scope.keeping(
            "inner",
            () -> {
              outside[0] = Tensor.of(new float[] {5}).unscoped();
              return Tensor.of(new float[] {7});
            });
    assertThat(kept.item()).isEqualTo(7);
    Scope.run("other", () -> assertThat(outside[0].item()).isEqualTo(5));
    outside[0].close();
  }

  @Test
  void the_meta_device_counts_a_convolution_without_computing() {
    Recording recording =
        Recording.of(
            () -> {
              Tensor x = Tensor.empty(DType.FLOAT32, Device.META, 1, 3, 224, 224);
              Tensor w = Tensor.empty(DType.FLOAT32, Device.META, 64, 3, 7, 7);
              Tensor y = x.conv2d(w, null, Window.square(2, 3, 1), 1).relu().maxPool2d(3, 2, 1);
              return y.mean(Dims.of(2, 3))
                  .linear(Tensor.empty(DType.FLOAT32, Device.META, 10, 64), null);
            });
    assertThat(recording.macs()).isEqualTo(112L * 112 * 64 * 3 * 49 + 640);
    assertThat(recording.nodes().stream().map(Recording.Node::operator))
        .containsExactly("conv2d", "relu", "max_pool2d", "mean", "linear");
    assertThat(recording.nodes().get(2).output()).isEqualTo(Shape.of(1, 64, 56, 56));
    assertThat(recording.nodes().get(4).inputs()).containsExactly(3, -1);
  }

  @Test
  void meta_convolution_has_the_shape_of_the_real_one() {
    for (int size : new int[] {7, 8, 15, 32}) {
      Window window = Window.square(2, 1, 2);
      Tensor w = Tensor.zeros(DType.FLOAT32, Device.CPU, 4, 3, 3, 3);
      Tensor x = Tensor.zeros(DType.FLOAT32, Device.CPU, 1, 3, size, size + 1);
      assertThat(x.to(Device.META).conv2d(w.to(Device.META), null, window, 1).shape())
          .isEqualTo(x.conv2d(w, null, window, 1).shape());
    }
  }

  @Test
  void fused_sgd_equals_its_formula() {
    Tensor p = Tensor.of(new float[] {1, -2}).unscoped();
    Tensor m = Tensor.zeros(DType.FLOAT32, Device.CPU, 2).unscoped();
    Foreach.SgdStep step = new Foreach.SgdStep(0.1, 0.9, true, 0.01, 0);
    double[] theta = {1, -2};
    double[] buffer = new double[2];
    for (int i = 0; i < 3; i++) {
      try (TensorList ps = TensorList.of(List.of(p));
          TensorList gs = TensorList.of(List.of(Tensor.of(new float[] {0.5f, 0.25f})));
          TensorList ms = TensorList.of(List.of(m))) {
        Foreach.sgd(ps, gs, ms, step, i == 0 ? Foreach.First.YES : Foreach.First.NO);
      }
      double[] g = {0.5, 0.25};
      for (int j = 0; j < 2; j++) {
        double d = g[j] + 0.01 * theta[j];
        buffer[j] = i == 0 ? d : 0.9 * buffer[j] + d;
        theta[j] -= 0.1 * (d + 0.9 * buffer[j]);
      }
    }
    assertThat(p.toDoubles()[0]).isCloseTo(theta[0], org.assertj.core.data.Offset.offset(1e-6));
    assertThat(p.toDoubles()[1]).isCloseTo(theta[1], org.assertj.core.data.Offset.offset(1e-6));
    p.close();
    m.close();
  }

  @Test
  void autocast_runs_convolutions_in_bf16_and_ends() {
    Tensor x = Tensor.ones(DType.FLOAT32, Device.CPU, 1, 3, 8, 8);
    Tensor w = Tensor.ones(DType.FLOAT32, Device.CPU, 4, 3, 3, 3);
    Window window = Window.square(1, 1, 1);
    Tensor y = Autocast.run(Device.CPU, DType.BFLOAT16, () -> x.conv2d(w, null, window, 1));
    assertThat(y.dtype()).isEqualTo(DType.BFLOAT16);
    assertThat(x.conv2d(w, null, window, 1).dtype()).isEqualTo(DType.FLOAT32);
  }

  @Test
  void random_tensors_are_a_function_of_the_state() {
    Tensor a = Tensor.normal(0, 1, RandomState.of(7).at(3), DType.FLOAT32, 1000);
    Tensor b = Tensor.normal(0, 1, RandomState.of(7).at(3), DType.FLOAT32, 1000);
    Tensor c = Tensor.normal(0, 1, RandomState.of(7).at(4), DType.FLOAT32, 1000);
    assertThat(a.equalBits(b)).isTrue();
    assertThat(a.equalBits(c)).isFalse();
    assertThat(Math.abs(a.mean().item())).isLessThan(0.15);
  }

  @Test
  void bytes_round_trip_in_every_type() {
    for (DType dtype : DType.values()) {
      Tensor x = Tensor.of(new float[] {0, 1, 1, 0, 1, 0}, 2, 3).to(dtype);
      Tensor y = Tensor.zeros(dtype, Device.CPU, 2, 3);
      y.setBytes(java.nio.ByteBuffer.wrap(x.toBytes()));
      assertThat(y.equalBits(x)).as(dtype.toString()).isTrue();
    }
  }

  @Test
  void a_wrong_number_of_values_is_refused() {
    assertThatThrownBy(() -> Tensor.of(new float[] {1, 2, 3}, 2, 2))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("of: 3 values do not fill [2, 2]");
  }

  @Test
  void native_objects_do_not_grow_over_many_steps() {
    Tensor w = Tensor.ones(DType.FLOAT32, Device.CPU, 16, 16).unscoped().requireGrad(true);
    long before = 0;
    for (int i = 0; i < 2000; i++) {
      if (i == 1000) {
        before = LiveObjects.settled();
      }
      Scope.run(
          "step",
          () -> {
            Tensor loss =
                Scope.keeping(
                    "forward",
                    () -> Tensor.ones(DType.FLOAT32, Device.CPU, 4, 16).matmul(w).relu().sum());
            loss.backward();
            loss.item();
            w.clearGrad();
          });
    }
    assertThat(LiveObjects.settled()).isLessThanOrEqualTo(before);
    w.close();
  }
}
