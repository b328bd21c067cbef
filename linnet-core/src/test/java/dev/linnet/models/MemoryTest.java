package dev.linnet.models;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.linnet.base.RandomState;
import dev.linnet.nn.Detour;
import dev.linnet.nn.Taps;
import dev.linnet.tensor.Autocast;
import dev.linnet.tensor.DType;
import dev.linnet.tensor.Device;
import dev.linnet.tensor.Fusion;
import dev.linnet.tensor.Scope;
import dev.linnet.tensor.Tensor;
import dev.linnet.testing.LiveObjects;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Steps that compute blocks again give what steps that keep everything give, bit for bit. */
@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
final class MemoryTest {
  private static final int CLASSES = 5;

  private static Classifier network(String name, UnaryOperator<ModelOptions> options) {
    ZooModel zoo = Zoo.find(name);
    return zoo.create(
        options.apply(zoo.options().withClasses(CLASSES)), Device.CPU, RandomState.of(1));
  }

  /** Loss, gradients and running statistics after two steps without an update. */
  private static Map<String, double[]> steps(
      Classifier model, int height, int width, DType dtype, Function<Tensor, Tensor> forward) {
    Map<String, double[]> found = new LinkedHashMap<>();
    for (int step = 0; step < 2; step++) {
      Scope scope = Scope.open("step");
      try {
        RandomState random = RandomState.of(step);
        Tensor x =
            Tensor.normal(0, 1, random, DType.FLOAT32, 2, model.inChannels(), height, width)
                .channelsLast();
        model.reseed(random.at(1));
        Tensor loss =
            Scope.keeping(
                "forward",
                () ->
                    Autocast.run(
                        Device.CPU,
                        dtype,
                        () -> {
                          Tensor y = forward.apply(x).to(DType.FLOAT32);
                          return y.mul(Tensor.normal(1, 1, random, DType.FLOAT32, 2, CLASSES))
                              .sum();
                        }));
        loss.backward();
        found.put("loss " + step, new double[] {loss.item()});
      } finally {
        scope.close();
      }
    }
    Scope.run(
        "read",
        () ->
            model
                .state()
                .forEach(
                    (name, p) -> {
                      Tensor grad = p.value().grad();
                      if (grad != null) {
                        found.put("gradient of " + name, grad.toDoubles());
                      }
                      if (p.kind() != dev.linnet.nn.Parameter.Kind.TRAINED) {
                        found.put(name, p.value().to(DType.FLOAT64).toDoubles());
                      }
                    }));
    return found;
  }

  private static Map<String, double[]> steps(
      String name, UnaryOperator<ModelOptions> options, int size, DType dtype, Memory memory) {
    try (Classifier model = network(name, options)) {
      model.train();
      model.keep(memory);
      return steps(model, size, size, dtype, model::forward);
    }
  }

  private static void assertSame(Map<String, double[]> low, Map<String, double[]> usual) {
    assertThat(low.keySet()).isEqualTo(usual.keySet()).hasSizeGreaterThan(4);
    usual.forEach((name, values) -> assertThat(low.get(name)).as(name).isEqualTo(values));
  }

  @ParameterizedTest
  @CsvSource({
    "resnet20, 16, FLOAT32",
    "resnet26d, 48, BFLOAT16",
    "densenet_bc_100_12, 8, BFLOAT16",
    "vit_tiny_patch16_224, 32, BFLOAT16",
    "convnext_atto, 32, FLOAT32",
    "mobilenetv3_small_100, 32, BFLOAT16",
  })
  void blocks_that_are_computed_again_train_to_the_same_bits(String name, int size, DType dtype) {
    UnaryOperator<ModelOptions> drops = o -> o.withDropRate(0.3).withDropPathRate(0.4);
    assertSame(
        steps(name, drops, size, dtype, Memory.LOW), steps(name, drops, size, dtype, Memory.USUAL));
  }

  @Test
  void so_do_they_on_libtorchs_own_operators() {
    assertSame(
        Fusion.off(() -> steps("resnet20", o -> o, 16, DType.BFLOAT16, Memory.LOW)),
        Fusion.off(() -> steps("resnet20", o -> o, 16, DType.BFLOAT16, Memory.USUAL)));
  }

  static Stream<Swept> small() {
    return Swept.small();
  }

  @Tag("slow")
  @ParameterizedTest(allowZeroInvocations = true)
  @MethodSource("small")
  void so_do_those_of_every_family(Swept swept) throws IOException {
    try (swept) {
      Swept.Size size = swept.sensible();
      UnaryOperator<ModelOptions> drops = o -> o.withDropPathRate(0.4);
      Map<Memory, Map<String, double[]>> found = new LinkedHashMap<>();
      for (Memory memory : Memory.values()) {
        try (Classifier model = network(swept.name(), drops)) {
          model.train();
          model.keep(memory);
          found.put(
              memory, steps(model, size.height(), size.width(), DType.BFLOAT16, model::forward));
        }
      }
      assertSame(
          Objects.requireNonNull(found.get(Memory.LOW)),
          Objects.requireNonNull(found.get(Memory.USUAL)));
    }
  }

  @Test
  void frozen_blocks_stay_frozen() {
    Map<Memory, Map<String, double[]>> found = new LinkedHashMap<>();
    for (Memory memory : Memory.values()) {
      try (Classifier model = network("resnet20", o -> o)) {
        model.trainTop(2);
        model.train();
        model.keep(memory);
        found.put(memory, steps(model, 16, 16, DType.FLOAT32, model::forward));
      }
    }
    Map<String, double[]> low = Objects.requireNonNull(found.get(Memory.LOW));
    assertSame(low, Objects.requireNonNull(found.get(Memory.USUAL)));
    assertThat(low).doesNotContainKey("gradient of layer1.0.conv1.weight");
  }

  /** What is seen or changed inside a block has its gradient as ever. */
  @Test
  void looks_and_detours_inside_a_block_are_as_without() {
    Map<Memory, Map<String, double[]>> found = new LinkedHashMap<>();
    for (Memory memory : Memory.values()) {
      try (Classifier model = network("resnet20", o -> o)) {
        model.train();
        model.keep(memory);
        found.put(
            memory,
            steps(
                model,
                16,
                16,
                DType.FLOAT32,
                x ->
                    Detour.run(
                        model,
                        "layer2.1.conv1",
                        maps -> maps.mul(2),
                        () -> {
                          Taps.Seen seen =
                              Taps.run(model, List.of("layer1.1.bn1"), () -> model.forward(x));
                          Tensor tapped = Objects.requireNonNull(seen.tapped().get("layer1.1.bn1"));
                          return seen.output().add(tapped.mul(tapped).mean());
                        })));
      }
    }
    assertSame(
        Objects.requireNonNull(found.get(Memory.LOW)),
        Objects.requireNonNull(found.get(Memory.USUAL)));
  }

  @Test
  void blocks_are_those_of_the_papers() {
    try (Classifier resnet = Zoo.find("resnet18").declare(ModelOptions.DEFAULT);
        Classifier efficientnet = Zoo.find("efficientnet_b0").declare(ModelOptions.DEFAULT);
        Classifier googlenet = Zoo.find("googlenet").declare(ModelOptions.DEFAULT);
        Classifier vgg = Zoo.find("vgg11").declare(ModelOptions.DEFAULT);
        Classifier lenet = Zoo.find("lenet5").declare(ModelOptions.DEFAULT)) {
      assertThat(resnet.blocks())
          .containsExactly(
              "layer1.0",
              "layer1.1",
              "layer2.0",
              "layer2.1",
              "layer3.0",
              "layer3.1",
              "layer4.0",
              "layer4.1");
      assertThat(efficientnet.blocks()).hasSize(16).startsWith("blocks.0.0", "blocks.1.0");
      assertThat(googlenet.blocks()).contains("conv2", "inception3a").doesNotContain("fc");
      assertThat(vgg.blocks()).isEmpty();
      assertThat(lenet.blocks()).isEmpty();
    }
  }

  @Test
  void steps_leave_nothing_behind() {
    try (Classifier model = network("resnet20", o -> o.withDropPathRate(0.2))) {
      model.train();
      model.keep(Memory.LOW);
      long before = 0;
      for (int round = 0; round < 6; round++) {
        steps(model, 8, 8, DType.BFLOAT16, model::forward);
        if (round == 2) {
          before = LiveObjects.settled();
        }
      }
      assertThat(LiveObjects.settled()).isLessThanOrEqualTo(before);
    }
  }

  @Test
  void a_failure_inside_a_block_comes_out_as_it_is() {
    try (Classifier model = network("resnet20", o -> o.withDropPathRate(0.5))) {
      model.train();
      model.keep(Memory.LOW);
      assertThatThrownBy(
              () ->
                  Scope.run(
                      "pass",
                      () -> model.forward(Tensor.zeros(DType.FLOAT32, Device.CPU, 2, 3, 8, 8))))
          .isInstanceOf(IllegalStateException.class)
          .hasMessage(
              "a layer that drops at random has no stream yet; call reseed on the model first");
    }
  }
}
