package dev.linnet.models;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import dev.linnet.base.RandomState;
import dev.linnet.nn.Parameter;
import dev.linnet.tensor.Autograd;
import dev.linnet.tensor.DType;
import dev.linnet.tensor.Device;
import dev.linnet.tensor.Scope;
import dev.linnet.tensor.Shape;
import dev.linnet.tensor.Tensor;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Test;

/** The NASNet that timm has not, and the auxiliary heads, which no library has. */
@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
class NasNetMobileTest {
  private static final ZooModel MOBILE = Zoo.find("nasnetamobile");
  private final Scope scope = Scope.open("test");

  @AfterEach
  void close() {
    scope.close();
  }

  /** Table 2: 5.3 M parameters, 564 M multiply-adds. */
  @Test
  void parameters_and_macs_are_the_papers() {
    ModelCost cost = MOBILE.cost(MOBILE.options(), 224, 224);
    assertThat(cost.parameters()).isEqualTo(5_289_978);
    assertThat(cost.macs()).isBetween(563_500_000L, 580_000_000L);
  }

  @Test
  void names_are_those_of_the_published_weights() {
    List<String> names = List.copyOf(MOBILE.declare(MOBILE.options()).state().keySet());
    assertThat(names)
        .startsWith("conv0.conv.weight")
        .contains(
            "cell_stem_1.path_2.conv.weight",
            "cell_3.comb_iter_4_left.separable_2.pointwise_conv2d.weight",
            "cell_6.final_path_bn.running_var",
            "cell_15.conv_prev_1x1.bn.weight")
        .doesNotContain("cell_4.conv_1x1.conv.weight")
        .noneMatch(name -> name.startsWith("aux"))
        .endsWith("last_linear.bias");
  }

  @Test
  void the_least_size_works() {
    try (Classifier model = MOBILE.create(MOBILE.options(), Device.CPU, RandomState.of(1))) {
      Tensor logits = Autograd.off(() -> model.forward(pictures(1, 3)));
      assertThat(logits.shape()).isEqualTo(Shape.of(1, 1000));
    }
  }

  @Test
  void the_auxiliary_head_learns_in_training_only() {
    ModelOptions options = withAuxiliary();
    try (Classifier model = MOBILE.create(options, Device.CPU, RandomState.of(1))) {
      Tensor x = pictures(2, 64);
      assertThat(Autograd.off(() -> model.outputs(x)).auxiliary()).isEmpty();
      model.train();
      model.reseed(RandomState.of(2));
      Classifier.Outputs outputs = model.outputs(x);
      assertThat(outputs.logits().shape()).isEqualTo(Shape.of(2, 3));
      assertThat(outputs.auxiliary()).hasSize(1);
      Classifier.Outputs.Weighted middle = outputs.auxiliary().get(0);
      assertThat(middle.weight()).isEqualTo(0.4);
      assertThat(middle.logits().shape()).isEqualTo(Shape.of(2, 3));
      middle.logits().crossEntropy(Tensor.of(new long[] {0, 2}), null, 0).backward();
      for (String name :
          List.of("aux.conv0.conv.weight", "aux.fc.weight", "cell_9.conv_1x1.conv.weight")) {
        Tensor gradient = requireNonNull(model.state(name).value().grad(), name);
        assertThat(gradient.abs().sum().item()).as(name).isPositive();
      }
      assertThat(model.state("last_linear.weight").value().grad()).isNull();
    }
  }

  /** At the published size its pooling is the paper's: 14×14 to 4×4, which a 4×4 then sees. */
  @Test
  void the_auxiliary_head_sees_the_whole_picture() {
    Classifier mobile = MOBILE.declare(withAuxiliary());
    assertThat(mobile.state("aux.conv1.conv.weight").shape()).isEqualTo(Shape.of(768, 128, 4, 4));
    for (String name : List.of("nasnetalarge", "pnasnet5large")) {
      Parameter conv = Zoo.find(name).declare(withAuxiliary()).state("aux.conv1.conv.weight");
      assertThat(conv.shape()).as(name).isEqualTo(Shape.of(768, 128, 6, 6));
    }
  }

  private static ModelOptions withAuxiliary() {
    return ModelOptions.DEFAULT
        .withClasses(3)
        .withParts(Parts.PUBLISHED.withAuxiliary(Parts.Presence.WITH));
  }

  private static Tensor pictures(int n, int side) {
    return Tensor.normal(0, 1, RandomState.of(5), DType.FLOAT32, n, 3, side, side).channelsLast();
  }
}
