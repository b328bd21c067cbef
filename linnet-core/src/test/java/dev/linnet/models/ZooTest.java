package dev.linnet.models;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.linnet.base.LinnetException;
import dev.linnet.base.RandomState;
import dev.linnet.nn.Conv2d;
import dev.linnet.nn.Parameter;
import dev.linnet.tensor.Device;
import dev.linnet.tensor.Shape;
import dev.linnet.tensor.Tensor;
import dev.linnet.testing.Repository;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Test;

@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
class ZooTest {
  private static final Published TINY =
      Published.paper(Preprocessing.IMAGENET.withInput(InputSize.square(3, 16)), 2);

  /** Two convolutions without padding, which need 9 pixels. */
  private static final class Tiny extends Classifier {
    private final Conv2d conv;

    Tiny(Integer channels, ModelOptions options) {
      super(options);
      conv = child("conv", Conv2d.of(options.inChannels(), channels, 9).withPadding(0));
      head("fc", channels);
    }

    @Override
    public Tensor features(Tensor x) {
      return conv.forward(x);
    }
  }

  private static final Family<Integer> FAMILY =
      Family.of("tiny", Tiny::new).model("tiny4", 4, TINY).model("tiny8", 8, TINY);

  @Test
  void an_unknown_name_gets_the_nearest_ones() {
    assertThatThrownBy(() -> Zoo.find("LeNet-6"))
        .isInstanceOf(LinnetException.class)
        .hasMessage("model: got \"LeNet-6\"; must be a name of the zoo; did you mean \"lenet5\"?");
    assertThatThrownBy(() -> Zoo.find("transformer"))
        .hasMessage(
            "model: got \"transformer\"; must be a name of the zoo; linnet models lists them");
  }

  @Test
  void a_name_in_two_families_fails() {
    Family<Integer> other = Family.of("other", Tiny::new).model("tiny8", 1, TINY);
    assertThatThrownBy(() -> Zoo.index(List.of(FAMILY, other)))
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("the families tiny and other both name tiny8");
    assertThatThrownBy(() -> FAMILY.model("tiny4", 1, TINY))
        .hasMessage("the family tiny names tiny4 twice");
  }

  /** No family is forgotten: each file of this room that declares one is in the zoo's list. */
  @Test
  void the_zoo_lists_every_family_in_the_folder() throws IOException {
    Path folder = Repository.path("linnet-core/src/main/java/dev/linnet/models");
    try (Stream<Path> files = Files.list(folder)) {
      List<String> declared =
          files.filter(ZooTest::declaresFamily).map(f -> f.getFileName().toString()).toList();
      assertThat(declared).hasSameSizeAs(Zoo.FAMILIES);
    }
  }

  private static boolean declaresFamily(Path file) {
    try {
      return Files.readString(file).contains("Family.of(\"");
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  @Test
  void networks_for_photos_are_discouraged_for_small_pictures() {
    assertThat(Zoo.advice("resnet50", 32))
        .hasValue(
            "resnet50 was made for pictures of 224×224 pixels and sees little in 32 pixels; made"
                + " for small pictures are resnet20, resnet32, resnet44, resnet56, resnet110,"
                + " wrn_16_4, wrn_16_8, wrn_40_2, wrn_40_4, wrn_28_10, pyramidnet110_a48,"
                + " pyramidnet110_a84, pyramidnet200_a240, densenet_bc_100_12");
    assertThat(Zoo.advice("resnet50", 63)).isPresent();
    assertThat(Zoo.advice("resnet50", 64)).isEmpty();
    assertThat(Zoo.advice("resnet20", 32)).isEmpty();
    assertThat(Zoo.advice("lenet5", 28)).isEmpty();
  }

  @Test
  void pictures_that_are_too_small_get_one_line() {
    ZooModel tiny = FAMILY.models().get(0);
    assertThat(tiny.cost(tiny.options(), 9, 9).macs()).isEqualTo(4 * 3 * 81 + 8);
    assertThatThrownBy(() -> tiny.cost(tiny.options(), 9, 8))
        .isInstanceOf(LinnetException.class)
        .hasMessage(
            "tiny4: got pictures of 9×8 pixels, which its layers reduce to nothing; use larger"
                + " pictures, such as 3×16×16");
  }

  @Test
  void lenet_says_the_one_size_that_it_takes() {
    assertThatThrownBy(() -> Zoo.describe("lenet5", ModelOptions.DEFAULT, 32, 32))
        .isInstanceOf(LinnetException.class)
        .hasMessage(
            "lenet5: got pictures of 32×32 pixels; must be 28×28; resize them, or choose a network"
                + " that takes any size, such as resnet20");
  }

  @Test
  void a_convnext_says_the_least_size_that_it_takes() {
    assertThatThrownBy(() -> Zoo.describe("convnext_atto", ModelOptions.DEFAULT, 64, 31))
        .isInstanceOf(LinnetException.class)
        .hasMessage(
            "convnext_atto: got pictures of 64×31 pixels; must be at least 32×32, or its layers"
                + " reduce them to nothing; resize them");
    assertThat(Zoo.describe("convnext_atto", ModelOptions.DEFAULT, 64, 32).macs()).isPositive();
  }

  @Test
  void a_transformer_takes_whole_patches() {
    assertThatThrownBy(() -> Zoo.describe("vit_tiny_patch16_224", ModelOptions.DEFAULT, 160, 200))
        .isInstanceOf(LinnetException.class)
        .hasMessage(
            "vit_tiny_patch16_224: got pictures of 160×200 pixels; both must be multiples of its"
                + " patches' 16, such as 224×224; resize them");
    assertThat(Zoo.describe("vit_tiny_patch16_224", ModelOptions.DEFAULT, 160, 192).macs())
        .isPositive();
  }

  @Test
  void pictures_with_other_colors_get_one_line() {
    ZooModel zoo = Zoo.find("resnet18");
    assertThatThrownBy(() -> zoo.record(zoo.options(), Shape.of(2, 1, 64, 64)))
        .isInstanceOf(LinnetException.class)
        .hasMessage(
            "resnet18: got pictures [2, 1, 64, 64]; must be [N, 3, H, W]; choose the color mode of"
                + " the pictures, or in_channels of the model");
  }

  @Test
  void options_change_head_and_stem() {
    ModelOptions options = ModelOptions.DEFAULT.withClasses(7).withInChannels(1);
    Classifier model = Zoo.find("resnet18d").declare(options);
    assertThat(model.state("conv1.0.weight").shape()).isEqualTo(Shape.of(32, 1, 3, 3));
    assertThat(model.state("fc.weight").shape()).isEqualTo(Shape.of(7, 512));
    assertThat(model.firstConvNames()).containsExactly("conv1.0");
    assertThat(model.numFeatures()).isEqualTo(512);
    assertThat(model.architecture()).isEqualTo("resnet18d");
  }

  @Test
  void impossible_options_are_refused() {
    assertThatThrownBy(() -> ModelOptions.DEFAULT.withClasses(0))
        .hasMessage("classes: got 0; must be at least 1");
    assertThatThrownBy(() -> ModelOptions.DEFAULT.withInChannels(-1))
        .hasMessage("in_channels: got -1; must be at least 1");
    assertThatThrownBy(() -> ModelOptions.DEFAULT.withDropRate(1))
        .hasMessage("drop_rate: got 1.0; must be in [0, 1)");
    assertThatThrownBy(() -> ModelOptions.DEFAULT.withDropPathRate(Double.NaN))
        .hasMessage("drop_path_rate: got NaN; must be in [0, 1)");
  }

  @Test
  void the_same_seed_gives_the_same_bits_and_another_seed_others() {
    try (Classifier a = create(1);
        Classifier b = create(1);
        Classifier c = create(2)) {
      Map<String, Parameter> others = b.state();
      a.state().forEach((n, p) -> assertThat(same(p, b.state(n))).as(n).isTrue());
      assertThat(others).hasSameSizeAs(c.state());
      assertThat(same(a.state("conv1.weight"), c.state("conv1.weight"))).isFalse();
    }
  }

  @Test
  void weights_are_channels_last() {
    try (Classifier model = create(1)) {
      assertThat(model.state("layer2.0.conv1.weight").value().isChannelsLast()).isTrue();
    }
  }

  private static boolean same(Parameter a, Parameter b) {
    return a.value().equalBits(b.value());
  }

  private static Classifier create(long seed) {
    ModelOptions options = ModelOptions.DEFAULT.withClasses(10);
    return Zoo.create("resnet20", options, Device.CPU, RandomState.of(seed));
  }
}
