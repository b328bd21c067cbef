package dev.linnet.models;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.linnet.base.RandomState;
import dev.linnet.nn.DropBlock;
import dev.linnet.tensor.Autograd;
import dev.linnet.tensor.DType;
import dev.linnet.tensor.Device;
import dev.linnet.tensor.Scope;
import dev.linnet.tensor.Shape;
import dev.linnet.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
class ClassifierTest {
  private static final Set<String> QUICK =
      Set.of(
          "lenet5", "resnet20", "resnet18", "resnet26d", "convnext_atto", "vit_tiny_patch16_224");

  /** Sides of pictures where 48 will not do. */
  private static final Map<String, Integer> SIDES =
      Map.of(
          "lenet5", 28,
          "vit_small_patch32_224", 64,
          "vit_base_patch32_224", 64,
          "alexnet", 64,
          "inception_v3", 96);

  private final Scope scope = Scope.open("test");

  @AfterEach
  void close() {
    scope.close();
  }

  static Stream<String> quick() {
    return QUICK.stream().sorted();
  }

  static Stream<String> others() {
    String chosen = System.getProperty("linnet.models", ".*"); // a regular expression
    return Zoo.names().stream().filter(n -> !QUICK.contains(n) && n.matches(chosen));
  }

  @ParameterizedTest(allowZeroInvocations = true)
  @MethodSource("quick")
  void every_parameter_gets_a_gradient(String name) {
    trainOneStep(name);
  }

  @Tag("slow")
  @ParameterizedTest(allowZeroInvocations = true)
  @MethodSource("others")
  void every_parameter_of_the_others_gets_a_gradient(String name) {
    trainOneStep(name);
  }

  private static void trainOneStep(String name) {
    ZooModel zoo = Zoo.find(name);
    int channels = zoo.options().inChannels();
    int side = SIDES.getOrDefault(name, 48);
    ModelOptions options =
        zoo.options()
            .withClasses(3)
            .withDropPathRate(0.1)
            .withDropRate(0.1)
            .withZeroGamma(ZeroGamma.OFF);
    try (Classifier model = zoo.create(options, Device.CPU, RandomState.of(1))) {
      model.train();
      model.reseed(RandomState.of(2));
      Tensor x = pictures(4, channels, side);
      Tensor logits = model.forward(x);
      assertThat(logits.shape()).isEqualTo(Shape.of(4, 3));
      logits.crossEntropy(Tensor.of(new long[] {0, 1, 2, 0}), null, 0).backward();
      List<String> without = new ArrayList<>();
      model
          .parameters()
          .forEach(
              (n, p) -> {
                Tensor g = p.value().grad();
                if (g == null || !(g.abs().sum().item() > 0)) {
                  without.add(n);
                }
              });
      assertThat(without).isEmpty();
    }
  }

  @Test
  void the_head_is_replaced_and_the_rest_stays() {
    try (Classifier model = resnet20()) {
      Tensor before = model.state("conv1.weight").value();
      Tensor oldHead = model.state("fc.weight").value();
      model.train();
      model.resetHead(5, RandomState.of(3));
      assertThat(model.classes()).isEqualTo(5);
      assertThat(model.state("fc.weight").shape()).isEqualTo(Shape.of(5, 64));
      assertThat(model.state("conv1.weight").value()).isSameAs(before);
      assertThat(model.children().get("fc")).matches(head -> head != null && head.isTraining());
      assertThat(model.forward(pictures(2, 3, 32)).shape()).isEqualTo(Shape.of(2, 5));
      assertThatIllegalStateException().isThrownBy(oldHead::toFloats);
      assertThat(List.copyOf(model.state().keySet())).endsWith("fc.weight", "fc.bias");
    }
  }

  @Test
  void a_head_without_classes_is_refused() {
    try (Classifier model = resnet20()) {
      assertThatThrownBy(() -> model.resetHead(0, RandomState.of(3)))
          .hasMessage("classes: got 0; must be at least 1");
      assertThat(model.classes()).isEqualTo(10);
    }
  }

  @Test
  void forward_is_features_then_pool_then_head() {
    try (Classifier model = resnet20()) {
      Tensor x = pictures(2, 3, 32);
      Autograd.off(
          () -> {
            Tensor pooled = model.pool(model.features(x));
            assertThat(pooled.shape()).isEqualTo(Shape.of(2, model.numFeatures()));
            assertThat(model.head(pooled).equalBits(model.forward(x))).isTrue();
          });
    }
  }

  @Test
  void sizes_other_than_the_usual_and_single_pictures_work() {
    try (Classifier model = resnet20()) {
      for (int side : new int[] {1, 7, 33}) {
        assertThat(model.forward(pictures(1, 3, side)).shape()).isEqualTo(Shape.of(1, 10));
      }
    }
  }

  /** timm's drop_blocks: nothing in the first two stages. */
  @Test
  void drop_block_acts_in_every_block_of_the_last_two_stages_of_a_resnet() {
    ModelOptions options =
        ModelOptions.DEFAULT
            .withZeroGamma(ZeroGamma.OFF) // or nothing of a branch is seen
            .withParts(Parts.PUBLISHED.withDropBlockRate(0.2));
    List<String> active = new ArrayList<>();
    Zoo.find("resnet18")
        .declare(options)
        .walk(
            (name, module) -> {
              if (module instanceof DropBlock drop && drop.rate() > 0) {
                active.add(name + " " + drop.rate());
              }
            });
    assertThat(active)
        .containsExactly(
            "layer3.0.drop_block 0.2",
            "layer3.1.drop_block 0.2",
            "layer4.0.drop_block 0.2",
            "layer4.1.drop_block 0.2");
    try (Classifier model = Zoo.create("resnet18", options, Device.CPU, RandomState.of(1))) {
      model.train();
      Tensor x = pictures(2, 3, 64);
      model.reseed(RandomState.of(7));
      Tensor a = model.forward(x);
      model.reseed(RandomState.of(8));
      assertThat(model.forward(x).equalBits(a)).isFalse();
    }
  }

  @Test
  void training_draws_from_the_stream_alone() {
    ModelOptions options = Zoo.find("resnet20").options().withDropRate(0.3).withDropPathRate(0.3);
    try (Classifier model = Zoo.create("resnet20", options, Device.CPU, RandomState.of(1))) {
      model.train();
      Tensor x = pictures(8, 3, 16);
      model.reseed(RandomState.of(7));
      Tensor a = model.forward(x);
      model.reseed(RandomState.of(8));
      Tensor b = model.forward(x);
      model.reseed(RandomState.of(7));
      Tensor c = model.forward(x);
      assertThat(c.equalBits(a)).isTrue();
      assertThat(b.equalBits(a)).isFalse();
      model.eval();
      assertThat(model.forward(x).equalBits(model.forward(x))).isTrue();
    }
  }

  @Test
  void a_closed_network_says_so() {
    Classifier model = resnet20();
    model.close();
    model.close();
    Tensor x = pictures(1, 3, 32);
    assertThatIllegalStateException()
        .isThrownBy(() -> model.forward(x))
        .withMessage("the module has no memory yet; call materialize first");
  }

  private static Classifier resnet20() {
    return Zoo.create("resnet20", Zoo.find("resnet20").options(), Device.CPU, RandomState.of(1));
  }

  private static Tensor pictures(int n, int channels, int side) {
    return Tensor.normal(0, 1, RandomState.of(5), DType.FLOAT32, n, channels, side, side)
        .channelsLast();
  }
}
