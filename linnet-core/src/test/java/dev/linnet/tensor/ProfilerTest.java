package dev.linnet.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.linnet.base.RandomState;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Test;

@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
final class ProfilerTest {
  private static final Window SAME = Window.square(1, 1, 1);

  private static List<String> names(Profile profile, Profile.Kind kind) {
    return profile.events().stream()
        .filter(e -> e.kind() == kind)
        .map(Profile.Event::name)
        .toList();
  }

  private static Tensor random(int seed, long... shape) {
    return Tensor.normal(0, 1, RandomState.of(seed), DType.FLOAT32, shape);
  }

  @Test
  void operators_are_noted_ahead_and_back_with_what_they_move() {
    Scope.run(
        "test",
        () -> {
          Tensor x = random(1, 2, 3, 8, 8);
          Tensor w = random(2, 4, 3, 3, 3).requireGrad(true);
          Profile profile = Profiler.run(() -> x.conv2d(w, null, SAME, 1).relu().sum().backward());
          assertThat(names(profile, Profile.Kind.AHEAD))
              .containsExactly("conv2d 3×3", "relu", "sum");
          assertThat(names(profile, Profile.Kind.BACK))
              .containsExactly(
                  "sum, back", "relu, back", "conv2d 3×3, back", "accumulate gradient");
          Profile.Event conv = profile.events().get(0);
          long macs = 2L * 4 * 8 * 8 * 3 * 9;
          assertThat(conv.work())
              .isEqualTo(
                  new Profile.Work(
                      4 * (2 * 3 * 64 + 4 * 27 + 2 * 4 * 64),
                      macs,
                      DType.FLOAT32,
                      List.of(x.shape(), w.shape())));
          Profile.Event back = profile.events().get(5);
          assertThat(back.name()).isEqualTo("conv2d 3×3, back");
          assertThat(back.work().macs()).as("of the weight's gradient alone").isEqualTo(macs);
          assertThat(back.work().shapes()).containsExactly(Shape.of(2, 4, 8, 8));
        });
  }

  @Test
  void a_product_costs_as_much_back_for_each_factor_that_needs_a_gradient() {
    Scope.run(
        "test",
        () -> {
          Tensor x = random(1, 5, 3).requireGrad(true);
          Tensor w = random(2, 4, 3).requireGrad(true);
          Tensor b = random(3, 4).requireGrad(true);
          Profile both = Profiler.run(() -> x.linear(w, b).sum().backward());
          Profile one = Profiler.run(() -> x.detach().linear(w, b).sum().backward());
          assertThat(macs(both)).isEqualTo(2L * 5 * 4 * 3);
          assertThat(macs(one)).isEqualTo(5L * 4 * 3);
        });
  }

  private static long macs(Profile profile) {
    return profile.events().stream()
        .filter(e -> e.kind() == Profile.Kind.BACK)
        .mapToLong(e -> e.work().macs())
        .sum();
  }

  @Test
  void what_only_passes_memory_on_moves_no_bytes() {
    Scope.run(
        "test",
        () -> {
          Tensor x = random(1, 4, 6).requireGrad(true);
          Profile profile =
              Profiler.run(
                  () -> x.transpose(0, 1).reshape(24).reshape(4, 6).add(x).sum().backward());
          assertThat(profile.events())
              .filteredOn(e -> e.work().bytes() == 0)
              .extracting(Profile.Event::name)
              .contains("transpose", "reshape", "add, back", "reshape, back", "transpose, back");
          assertThat(profile.events())
              .filteredOn(e -> e.name().equals("reshape"))
              .extracting(e -> e.work().bytes())
              .as("of the transposed the first makes a copy")
              .containsExactly(2L * 24 * 4, 0L);
        });
  }

  @Test
  void a_way_back_belongs_to_the_part_that_went_ahead() {
    Scope.run(
        "test",
        () -> {
          Tensor x = random(1, 3).requireGrad(true);
          Object inner = new Object();
          Profile profile =
              Profiler.run(
                  () -> {
                    Tensor y = Profiler.within("a", () -> Profiler.within(inner, () -> x.exp()));
                    Tensor z = Profiler.within("b", () -> y.mul(y));
                    Profiler.within("c", () -> z.sum().backward());
                  });
          assertThat(profile.events().stream().filter(e -> e.kind() == Profile.Kind.PART))
              .extracting(Profile.Event::part)
              .containsExactly(inner, "a", "b", "c");
          assertThat(profile.events().stream().filter(e -> e.kind() != Profile.Kind.PART))
              .extracting(e -> e.name() + " in " + (e.part() == inner ? "inner" : e.part()))
              .containsExactly(
                  "exp in inner",
                  "mul in b",
                  "sum in c",
                  "sum, back in c",
                  "mul, back in b",
                  "sum of gradients in inner",
                  "exp, back in inner",
                  "accumulate gradient in inner");
        });
  }

  @Test
  void fused_kernels_are_operators_of_their_own() {
    Scope.run(
        "test",
        () -> {
          Tensor x = random(1, 2, 16, 4, 4).channelsLast().requireGrad(true);
          BatchNorm norm =
              new BatchNorm(
                  Tensor.ones(DType.FLOAT32, Device.CPU, 16).requireGrad(true),
                  Tensor.zeros(DType.FLOAT32, Device.CPU, 16).requireGrad(true),
                  Tensor.zeros(DType.FLOAT32, Device.CPU, 16),
                  Tensor.ones(DType.FLOAT32, Device.CPU, 16));
          BatchNorm.Pass pass = new BatchNorm.Pass(true, 0.1, 1e-5);
          Supplier<Profile> work =
              () ->
                  Profiler.run(() -> norm.apply(x, null, pass, Nonlinearity.RELU).sum().backward());
          Profile fused = work.get();
          assertThat(names(fused, Profile.Kind.AHEAD)).containsExactly("batch norm", "sum");
          assertThat(names(fused, Profile.Kind.BACK)).contains("batch norm, back");
          assertThat(names(Fusion.off(work), Profile.Kind.AHEAD))
              .containsExactly("batch_norm", "relu", "sum");
        });
  }

  @Test
  void weights_are_cast_once_and_seen() {
    Scope.run(
        "test",
        () -> {
          Tensor x = random(1, 5, 3);
          Tensor w = random(2, 4, 3).requireGrad(true);
          Profile profile =
              Profiler.run(
                  () -> {
                    Tensor y =
                        Autocast.run(
                            Device.CPU, DType.BFLOAT16, () -> x.linear(w, null).to(DType.FLOAT32));
                    y.sum().backward();
                  });
          assertThat(names(profile, Profile.Kind.AHEAD))
              .containsExactly("cast", "linear", "to", "sum");
          assertThat(names(profile, Profile.Kind.BACK))
              .contains("cast, back")
              .doesNotHaveDuplicates();
        });
  }

  @Test
  void gradients_are_the_same_bits_as_unwatched() {
    Scope.run(
        "test",
        () -> {
          Tensor x = random(1, 2, 3, 8, 8).requireGrad(true);
          Tensor w = random(2, 3, 3, 3, 3).requireGrad(true);
          Runnable step =
              () -> {
                Tensor y =
                    Autocast.run(
                        Device.CPU,
                        DType.BFLOAT16,
                        () -> x.conv2d(w, null, SAME, 1).silu().add(x).conv2d(w, null, SAME, 1));
                y.to(DType.FLOAT32).mean().backward();
              };
          List<Tensor> seen = new ArrayList<>();
          for (Runnable run : List.<Runnable>of(step, () -> Profiler.run(step))) {
            x.clearGrad();
            w.clearGrad();
            run.run();
            seen.addAll(Stream.of(x.grad(), w.grad()).map(Tensor::copy).toList());
          }
          assertThat(seen.get(0).equalBits(seen.get(2))).isTrue();
          assertThat(seen.get(1).equalBits(seen.get(3))).isTrue();
        });
  }

  @Test
  void what_comes_after_is_not_watched() {
    Scope.run(
        "test",
        () -> {
          Tensor x = random(1, 16, 16).requireGrad(true);
          Runnable step = () -> x.matmul(x).relu().add(x).sum().backward();
          Profile first = Profiler.run(step);
          step.run();
          Profile second = Profiler.run(step);
          assertThat(second.events())
              .extracting(Profile.Event::name)
              .isEqualTo(first.events().stream().map(Profile.Event::name).toList());
        });
  }

  @Test
  void profiles_do_not_nest() {
    Scope.run(
        "test",
        () ->
            assertThatThrownBy(() -> Profiler.run(() -> Profiler.run(() -> {})))
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("profiler: does not nest, nor go with a recording"));
  }
}
