package dev.linnet.train.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.linnet.base.LinnetException;
import dev.linnet.models.Memory;
import dev.linnet.models.Zoo;
import dev.linnet.models.ZooModel;
import dev.linnet.tensor.DType;
import dev.linnet.tensor.Device;
import dev.linnet.tensor.Profile;
import java.util.ArrayDeque;
import java.util.Comparator;
import java.util.Deque;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Test;

@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
final class StepProfileTest {
  private static final int BATCH = 2;
  private static final Machine MACHINE =
      new Machine(
          List.of(), 2, 1e10, 2e10, List.of(new Machine.Peak(DType.FLOAT32, 1e11, 5e10)), 0);

  private static StepProfile profile(String model, int size) {
    StepBench.Plan plan =
        new StepBench.Plan(
            model,
            BATCH,
            size,
            Device.CPU,
            DType.FLOAT32,
            1,
            StepBench.Warmup.ofSteps(1),
            Memory.USUAL);
    return StepBench.profile(StepBench.Work.TRAIN_SGD, plan, MACHINE);
  }

  private static StepProfile.Operator row(StepProfile profile, String operator) {
    return profile.operators().stream()
        .filter(o -> o.name().equals(operator))
        .findFirst()
        .orElseThrow();
  }

  /** Multiply-adds of a forward pass over the batch, as the zoo counts them. */
  private static long macs(String model, int size) {
    ZooModel found = Zoo.find(model);
    return BATCH * found.cost(found.options(), size, size).macs();
  }

  @Test
  void every_convolution_of_a_network_is_there_with_the_operations_of_the_zoo() {
    StepProfile profile = profile("resnet20", 16);
    assertThat(row(profile, "conv2d 3×3").calls()).isEqualTo(19);
    assertThat(row(profile, "conv2d 3×3, back").calls()).isEqualTo(19);
    assertThat(row(profile, "batch norm").calls()).isEqualTo(19);
    assertThat(row(profile, "batch norm, back").calls()).isEqualTo(19);
    assertThat(row(profile, "linear").calls()).isEqualTo(1);
    long macs = macs("resnet20", 16);
    assertThat(row(profile, "conv2d 3×3").operations() + row(profile, "linear").operations())
        .isEqualTo(2 * macs);
    long stem = BATCH * 16 * 16 * 16L * 3 * 9; // the pictures need no gradient
    assertThat(
            row(profile, "conv2d 3×3, back").operations()
                + row(profile, "linear, back").operations())
        .isEqualTo(2 * (2 * macs - stem));
  }

  @Test
  void every_multiply_add_of_a_network_is_there_fused_or_not() {
    StepProfile profile = profile("mobilenetv2_050", 32);
    long ahead =
        profile.middle().events().stream()
            .filter(e -> e.kind() == Profile.Kind.AHEAD)
            .mapToLong(e -> e.work().macs())
            .sum();
    assertThat(ahead).isEqualTo(macs("mobilenetv2_050", 32));
    assertThat(row(profile, "conv2d 3×3, depthwise").operations()).isPositive();
    assertThat(row(profile, "conv2d 1×1, back").operations())
        .isEqualTo(2 * row(profile, "conv2d 1×1").operations());
  }

  @Test
  void the_layers_stand_in_their_order_and_fold_to_a_depth() {
    StepProfile profile = profile("lenet5", 28);
    assertThat(profile.layers(1))
        .extracting(StepProfile.Layer::name)
        .containsExactly(
            "conv1", "(network)", "conv2", "fc1", "fc2", "fc", "(loss)", "(optimizer)");
    StepProfile deep = profile("resnet20", 16);
    assertThat(deep.layers(1))
        .extracting(StepProfile.Layer::name)
        .contains("conv1", "bn1", "layer1", "layer3", "fc");
    assertThat(deep.layers(2)).extracting(StepProfile.Layer::name).contains("layer1.0");
    assertThat(deep.layers(9)).extracting(StepProfile.Layer::name).contains("layer1.0.conv2");
    assertThat(deep.layers(9).stream().filter(l -> l.name().endsWith("conv2")))
        .allSatisfy(l -> assertThat(l.backwardMs()).isPositive());
  }

  @Test
  void the_phases_and_the_operators_make_up_the_step() {
    StepProfile profile = profile("resnet20", 16);
    assertThat(profile.phases())
        .extracting(StepProfile.Phase::name)
        .containsExactly("forward", "loss", "backward", "optimizer", "other");
    assertThat(profile.phases().stream().mapToDouble(StepProfile.Phase::share).sum())
        .isBetween(0.999, 1.001);
    assertThat(profile.operators().stream().mapToDouble(StepProfile.Operator::share).sum())
        .isBetween(0.999, 1.001);
  }

  private static Profile step(long conv, long relu, long between) {
    Profile.Work work = new Profile.Work(8, 16, DType.FLOAT32, List.of());
    return new Profile(
        0,
        conv + relu + between + 7,
        7,
        List.of(
            new Profile.Event(Profile.Kind.AHEAD, "conv2d", "forward", 0, conv, 0, work),
            new Profile.Event(Profile.Kind.AHEAD, "relu", "forward", conv, relu, 0, work),
            new Profile.Event(Profile.Kind.PART, "", "forward", 0, conv + relu + 3, 3, work)));
  }

  @Test
  void one_slow_call_in_one_step_does_not_count() {
    StepProfile profile =
        new StepProfile(
            MACHINE,
            new StepTimes(1, 1, 1, 0),
            List.of(
                step(5000000, 1000000, 10), step(4000000, 9000000, 30), step(4500000, 2000000, 20)),
            new IdentityHashMap<>());
    assertThat(row(profile, "conv2d").ms()).isEqualTo(4.5);
    assertThat(row(profile, "relu").ms()).isEqualTo(2);
    assertThat(row(profile, "(between operators)").ms()).isEqualTo(20e-6);
    assertThat(profile.phases()).extracting(StepProfile.Phase::ms).containsExactly(6.5, 20e-6);
    assertThat(profile.ms()).as("the middle's").isEqualTo((6500000 + 20 + 7) / 1e6);
  }

  @Test
  void a_device_whose_kernels_run_on_behind_their_call_is_refused() {
    StepBench.Plan plan =
        new StepBench.Plan(
            "lenet5",
            BATCH,
            28,
            Device.META,
            DType.FLOAT32,
            1,
            StepBench.Warmup.ofSteps(1),
            Memory.USUAL);
    assertThatThrownBy(() -> StepBench.profile(StepBench.Work.TRAIN_SGD, plan, MACHINE))
        .isInstanceOf(LinnetException.class)
        .hasMessage(
            "--profile: got device meta; must be cpu, as kernels elsewhere run on behind their"
                + " call");
  }

  @Test
  void a_roofline_is_the_least_time_of_bytes_and_operations() {
    assertThat(MACHINE.peak(DType.FLOAT32)).isEqualTo(1e11);
    assertThat(MACHINE.peak(DType.BFLOAT16)).isZero();
    assertThat(MACHINE.atBest(2e10, 1e11, DType.FLOAT32)).isEqualTo(1);
    assertThat(MACHINE.atBest(1e10, 2e11, DType.FLOAT32)).isEqualTo(2);
    assertThat(MACHINE.atBest(4e10, 9e99, DType.BFLOAT16)).isEqualTo(2);
    StepProfile.Operator row = new StepProfile.Operator("conv2d", 1, 4, 0.5, 8000, 16000, 1);
    assertThat(row.roofline()).isEqualTo(0.25);
    assertThat(row.bandwidth()).isEqualTo(2e6);
    assertThat(row.speed()).isEqualTo(4e6);
  }

  @Test
  void spans_lie_in_each_other() {
    StepProfile profile = profile("lenet5", 28);
    List<Profile.Event> events =
        profile.middle().events().stream()
            .sorted(
                Comparator.comparingLong(Profile.Event::start)
                    .thenComparing(Comparator.comparingLong(Profile.Event::end).reversed()))
            .toList();
    Deque<Profile.Event> open = new ArrayDeque<>();
    for (Profile.Event event : events) {
      while (!open.isEmpty() && open.getLast().end() <= event.start()) {
        open.removeLast();
      }
      assertThat(open.isEmpty() || event.end() <= open.getLast().end()).isTrue();
      open.addLast(event);
    }
  }

  @Test
  @SuppressWarnings("unchecked")
  void a_trace_has_the_spans_with_layer_shapes_and_bytes() {
    StepProfile profile = profile("lenet5", 28);
    List<Map<String, Object>> spans =
        (List<Map<String, Object>>) profile.trace().getOrDefault("traceEvents", List.of());
    assertThat(spans).hasSize(profile.middle().events().size() + 1);
    assertThat(spans.get(0)).containsEntry("name", "step").containsEntry("ph", "X");
    Map<String, Object> conv =
        spans.stream().filter(s -> "conv2d 5×5".equals(s.get("name"))).findFirst().orElseThrow();
    assertThat(conv.keySet())
        .containsExactly("name", "cat", "ph", "ts", "dur", "pid", "tid", "args");
    assertThat((Map<String, Object>) conv.get("args"))
        .containsEntry("layer", "conv1")
        .containsEntry("dtype", "fp32")
        .containsEntry("shapes", List.of("[2, 1, 28, 28]", "[6, 1, 5, 5]", "[6]"))
        .containsEntry("flops", 2L * BATCH * 6 * 28 * 28 * 25);
  }
}
