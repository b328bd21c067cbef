package dev.linnet.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.linnet.base.RandomState;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Test;

@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
class CompiledTest {
  private final Scope scope = Scope.open("test");
  private final Tensor first = numbers(1, 8, 4, 3, 3);
  private final Tensor second = numbers(2, 8, 8, 3, 3);
  private final BatchNorm norm =
      new BatchNorm(numbers(3, 8), numbers(4, 8), numbers(5, 8), numbers(6, 8).abs().add(0.1));

  @AfterEach
  void close() {
    scope.close();
  }

  private static Tensor numbers(long seed, long... shape) {
    return Tensor.normal(0, 1, RandomState.of(seed), DType.FLOAT32, shape).unscoped();
  }

  private static final BatchNorm.Pass EVALUATION = new BatchNorm.Pass(false, 0.1, 1e-5);

  private Tensor conv(Tensor x, Tensor weight) {
    return x.conv2d(weight, null, Window.square(1, 1, 1), 1);
  }

  /** Convolution, norm, ReLU; then the same with a shortcut round it. */
  private Tensor block(Tensor x) {
    Tensor y = norm.apply(conv(x, first), null, EVALUATION, Nonlinearity.RELU);
    return norm.apply(conv(y, second), y, EVALUATION, Nonlinearity.RELU);
  }

  private static void assertSame(UnaryOperator<Tensor> pass, Tensor x) {
    try (Compiled compiled = new Compiled(pass, DType.FLOAT32, 2)) {
      assertThat(compiled.prepare(x)).isEmpty();
      Tensor plain = pass.apply(x);
      float[] expected = plain.toFloats();
      float[] actual = compiled.forward(x).toFloats();
      double most = largest(expected);
      assertThat(actual).hasSameSizeAs(expected);
      for (int i = 0; i < actual.length; i++) {
        assertThat(actual[i]).isCloseTo(expected[i], within((float) (1e-5 * most)));
      }
    }
  }

  private static double largest(float[] values) {
    double most = 0;
    for (float value : values) {
      most = Math.max(most, Math.abs(value));
    }
    return most;
  }

  @Test
  void norms_activations_and_sums_go_into_the_convolutions() {
    Tensor x = numbers(7, 2, 4, 6, 6);
    try (Compiled compiled = new Compiled(this::block, DType.FLOAT32, 2)) {
      assertThat(compiled.describe(x)).hasSize(2);
      assertThat(compiled.describe(x).get(0)).startsWith("CONV [conv2d, batch_norm, relu]");
      assertThat(compiled.describe(x).get(1)).startsWith("CONV [conv2d, batch_norm, add, relu]");
    }
    assertSame(this::block, x);
  }

  @Test
  void a_shortcut_that_is_read_again_is_not_overwritten() {
    assertSame(
        x -> {
          Tensor y = norm.apply(conv(x, first), null, EVALUATION, Nonlinearity.RELU);
          Tensor z = norm.apply(conv(y, second), y, EVALUATION, Nonlinearity.RELU);
          return conv(z, second).add(y).add(z.mul(y));
        },
        numbers(7, 2, 4, 6, 6));
  }

  @Test
  void the_input_of_a_convolution_is_not_its_own_shortcut_in_place() {
    assertSame(
        x -> {
          Tensor y = conv(x, first).relu();
          return conv(y, second).add(y);
        },
        numbers(7, 2, 4, 6, 6));
  }

  @Test
  void a_border_goes_into_the_convolution_behind_it() {
    assertSame(
        x -> conv(conv(x.pad(0, 1, 2, 1), first).silu().pad(1, 0, 0, 3), second),
        numbers(7, 2, 4, 6, 6));
  }

  @Test
  void what_changes_in_place_is_read_changed() {
    assertSame(
        x -> {
          Tensor y = conv(x, first);
          y.reluInPlace();
          return conv(y, second).add(y);
        },
        numbers(7, 2, 4, 6, 6));
  }

  @Test
  void operators_without_kernels_are_those_of_libtorch_in_between() {
    assertSame(
        x -> {
          Tensor y = conv(x.narrow(2, 1, 4).transpose(2, 3), first);
          Tensor z = y.softmax(1);
          return Tensor.cat(List.of(conv(z, second), y.exp(), z), 1).neg().mean(Dims.of(2, 3));
        },
        numbers(7, 2, 4, 6, 6));
  }

  @Test
  void what_an_operator_hands_on_is_not_overwritten() {
    assertSame(
        x -> {
          Tensor y = conv(x, first);
          Tensor same = y.to(DType.FLOAT32);
          Tensor z = conv(conv(conv(y.exp(), second), second), second);
          return same.sub(z);
        },
        numbers(7, 2, 4, 6, 6));
  }

  @Test
  void what_a_pass_does_in_fp32_stays_so_in_bf16() {
    Tensor x = numbers(7, 2, 4, 6, 6);
    UnaryOperator<Tensor> pass =
        t -> {
          Tensor rows = conv(t, first).mean(Dims.of(2, 3)).to(DType.FLOAT32);
          return rows.div(rows.norm(Dims.keeping(1)).clamp(1e-12, Float.MAX_VALUE));
        };
    try (Compiled compiled = new Compiled(pass, DType.BFLOAT16, 2)) {
      assertThat(compiled.prepare(x)).isEmpty();
      float[] lengths = compiled.forward(x).norm(Dims.of(1)).toFloats();
      assertThat(lengths[0]).isCloseTo(1, within(1e-6f));
      assertThat(lengths[1]).isCloseTo(1, within(1e-6f));
    }
  }

  @Test
  void a_pass_that_reads_values_runs_as_it_is_and_says_why() {
    Tensor x = numbers(7, 2, 4, 6, 6);
    UnaryOperator<Tensor> pass = t -> t.mul(t.sum().item() > 0 ? 2 : 3);
    try (Compiled compiled = new Compiled(pass, DType.FLOAT32, 2)) {
      assertThat(compiled.prepare(x)).contains("item: a tensor on the meta device has no values");
      assertThat(compiled.forward(x).equalBits(pass.apply(x))).isTrue();
    }
  }

  @Test
  void a_pass_with_an_operator_that_is_not_known_without_values_runs_as_it_is() {
    Tensor x = numbers(7, 2, 4, 6, 6);
    try (Compiled compiled = new Compiled(t -> t.flip(3), DType.FLOAT32, 2)) {
      assertThat(compiled.prepare(x)).isPresent();
      assertThat(compiled.forward(x).equalBits(x.flip(3))).isTrue();
    }
  }

  @Test
  void a_pass_that_changes_tensors_in_place_runs_as_it_is_and_says_why() {
    Tensor x = numbers(7, 2, 4, 6, 6);
    UnaryOperator<Tensor> pass = t -> t.mul(2).addInPlace(1);
    try (Compiled compiled = new Compiled(pass, DType.FLOAT32, 2)) {
      assertThat(compiled.prepare(x)).contains("a change in place cannot be compiled");
      assertThat(compiled.forward(x).equalBits(pass.apply(x))).isTrue();
    }
  }

  @Test
  void other_batches_and_switched_off_kernels_run_as_they_are() {
    Tensor x = numbers(7, 3, 4, 6, 6);
    try (Compiled compiled = new Compiled(this::block, DType.FLOAT32, 2)) {
      assertThat(compiled.prepare(x))
          .contains("it is compiled for other batches; got [3, 4, 6, 6] fp32 on cpu");
      assertThat(compiled.forward(x).equalBits(block(x))).isTrue();
      Tensor two = x.narrow(0, 0, 2);
      assertThat(Fusion.off(() -> compiled.prepare(two)))
          .contains("fused kernels are switched off");
      assertThat(Fusion.off(() -> compiled.forward(two)).equalBits(block(two))).isTrue();
    }
  }

  @Test
  void many_threads_get_the_same_bytes() throws Exception {
    Tensor x = numbers(7, 2, 4, 16, 16);
    try (Compiled compiled = new Compiled(this::block, DType.BFLOAT16, 2)) {
      byte[] expected = compiled.forward(x).toBytes();
      ExecutorService threads = Executors.newFixedThreadPool(4);
      try {
        List<Future<byte[]>> answers = new ArrayList<>();
        for (int i = 0; i < 40; i++) {
          answers.add(
              threads.submit(
                  () -> {
                    byte[][] bytes = new byte[1][];
                    Scope.run("thread", () -> bytes[0] = compiled.forward(x).toBytes());
                    return bytes[0];
                  }));
        }
        for (Future<byte[]> answer : answers) {
          assertThat(answer.get()).isEqualTo(expected);
        }
      } finally {
        threads.shutdown();
      }
    }
  }

  @Test
  void nothing_native_stays_when_shapes_come_and_go() {
    try (Compiled warm = new Compiled(this::block, DType.FLOAT32, 2)) {
      warm.prepare(numbers(7, 2, 4, 6, 6));
    }
    long before = 0;
    for (int round = 0; round < 3; round++) {
      Scope.run(
          "round",
          () -> {
            try (Compiled compiled = new Compiled(this::block, DType.FLOAT32, 2)) {
              for (int size = 4; size < 10; size++) {
                Tensor x = Tensor.zeros(DType.FLOAT32, Device.CPU, 2, 4, size, size);
                compiled.forward(x);
                compiled.forward(x);
              }
            }
          });
      if (round == 0) {
        before = Engine.liveObjects();
      }
    }
    assertThat(Engine.liveObjects()).isEqualTo(before);
  }

  @Test
  void nothing_native_stays_of_the_shapes_that_went() {
    UnaryOperator<Tensor> pass =
        x ->
            norm.apply(block(x), null, EVALUATION, Nonlinearity.RELU)
                .mul(norm.weight().abs().sum());
    try (Compiled compiled = new Compiled(pass, DType.FLOAT32, 2)) {
      List<Long> live = new ArrayList<>();
      for (int size = 4; size < 16; size++) {
        int side = size;
        Scope.run(
            "shape",
            () -> {
              Tensor x = Tensor.zeros(DType.FLOAT32, Device.CPU, 2, 4, side, side);
              assertThat(compiled.prepare(x)).isEmpty();
            });
        live.add(Engine.liveObjects());
      }
      assertThat(live.subList(6, 12)).containsOnly(live.get(5));
    }
  }

  @Test
  void weights_are_packed_again_when_the_trace_they_came_from_is_gone() {
    assumeTrue(Fusion.provider().isPresent(), "skipped: no fused kernels here");
    PackedWeights weights = new PackedWeights();
    Shape shape = Shape.of(2, 4, 6, 6);
    Trace gone = Trace.of(x -> conv(x, first), shape);
    weights.of(gone.ops().get(0), null);
    gone.free();
    Trace trace = Trace.of(x -> conv(x, first), shape);
    long[] sizes = first.shape().toArray();
    org.bytedeco.dnnl.memory packed =
        weights
            .of(trace.ops().get(0), null)
            .packed(sizes, DType.FLOAT32, Kernels.rowMajor(DType.FLOAT32, sizes));
    float[] values = new float[(int) first.count()];
    new org.bytedeco.javacpp.FloatPointer(packed.get_data_handle()).get(values);
    assertThat(values).isEqualTo(first.toFloats());
    trace.free();
    weights.free();
  }

  @Test
  void use_after_close_is_refused() {
    Compiled compiled = new Compiled(this::block, DType.FLOAT32, 2);
    compiled.close();
    compiled.close();
    Tensor x = numbers(7, 2, 4, 6, 6);
    assertThatThrownBy(() -> compiled.forward(x))
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("a compiled network was used after it was closed");
  }
}
