package dev.linnet.models;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.linnet.base.LinnetException;
import dev.linnet.base.RandomState;
import dev.linnet.models.MobilePlan.Row;
import dev.linnet.models.MobilePlan.Scaling;
import dev.linnet.models.MobilePlan.Stage;
import dev.linnet.tensor.Autograd;
import dev.linnet.tensor.DType;
import dev.linnet.tensor.Device;
import dev.linnet.tensor.Scope;
import dev.linnet.tensor.Shape;
import dev.linnet.tensor.Tensor;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** MobileNets, MnasNets, EfficientNets and GhostNets beyond the recorded values. */
@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
class MobileNetworkTest {

  @ParameterizedTest
  @CsvSource({
    "mobilenetv1_100, 1.25, mobilenetv1_125",
    "mobilenetv2_100, 0.35, mobilenetv2_035",
    "mobilenetv3_small_100, 0.5, mobilenetv3_small_050",
    "mnasnet_100, 1.4, mnasnet_140",
    "ghostnet_100, 1.3, ghostnet_130"
  })
  void a_width_gives_the_network_that_is_named_after_it(String name, double width, String other) {
    Parts parts = Parts.PUBLISHED.withWidth(width);
    assertThat(shapes(name, parts)).isEqualTo(shapes(other, Parts.PUBLISHED));
  }

  @Test
  void squeeze_excite_can_be_left_out_and_put_in() {
    Parts with = Parts.PUBLISHED.withSqueezeExcite(Parts.Presence.WITH);
    Parts without = Parts.PUBLISHED.withSqueezeExcite(Parts.Presence.WITHOUT);
    Map<String, Shape> b0 = shapes("efficientnet_b0", Parts.PUBLISHED);
    Map<String, Shape> lite0 = shapes("efficientnet_lite0", Parts.PUBLISHED);
    assertThat(shapes("efficientnet_b0", without)).isEqualTo(lite0);
    assertThat(shapes("efficientnet_lite0", with)).isEqualTo(b0);
    assertThat(shapes("ghostnet_100", without).keySet()).noneMatch(n -> n.contains(".se."));
    assertThat(shapes("mobilenetv1_100", with)).containsKey("blocks.4.1.se.conv_expand.bias");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "mobilenetv1_100",
        "mobilenetv2_035",
        "mobilenetv3_small_050",
        "mnasnet_small",
        "efficientnet_lite0",
        "tf_efficientnetv2_b0",
        "ghostnet_050"
      })
  void pictures_of_any_size_and_color_work(String name) {
    ZooModel zoo = Zoo.find(name);
    ModelOptions options = zoo.options().withClasses(5).withInChannels(1);
    try (Scope scope = Scope.open("test");
        Classifier model = zoo.create(options, Device.CPU, RandomState.of(1))) {
      assertThat(scope.name()).isEqualTo("test");
      for (long[] size : new long[][] {{1, 1}, {31, 2}, {33, 47}}) {
        Tensor x = Tensor.zeros(DType.FLOAT32, Device.CPU, 1, 1, size[0], size[1]);
        Tensor features = Autograd.off(() -> model.features(x));
        assertThat(features.dim(2)).isEqualTo((size[0] + 31) / 32);
        assertThat(features.dim(3)).isEqualTo((size[1] + 31) / 32);
        Tensor pooled = Autograd.off(() -> model.pool(features));
        assertThat(pooled.shape()).isEqualTo(Shape.of(1, model.numFeatures()));
        assertThat(Autograd.off(() -> model.head(pooled)).shape()).isEqualTo(Shape.of(1, 5));
      }
    }
  }

  @Test
  void ghostnet_has_no_output_stride() {
    ModelOptions options = ModelOptions.DEFAULT.withParts(Parts.PUBLISHED.withOutputStride(8));
    assertThatThrownBy(() -> Zoo.find("ghostnet_100").declare(options))
        .isInstanceOf(LinnetException.class)
        .hasMessage(
            "model_options.output_stride: ghostnet_100 has no such option; it has activation,"
                + " padding, squeeze_excite, width");
  }

  @Test
  void residual_branches_start_at_0_when_asked() {
    assertThat(zeroGammas("mobilenetv2_100", ZeroGamma.USUAL)).isZero();
    assertThat(zeroGammas("mobilenetv2_100", ZeroGamma.ON)).isEqualTo(10); // one a shortcut
    assertThat(zeroGammas("ghostnet_050", ZeroGamma.ON)).isEqualTo(32); // two halves a block
  }

  @Test
  void scaling_rounds_channels_to_multiples_of_8_and_blocks_up() {
    Scaling scaling = Scaling.of(1.2, 1.4);
    assertThat(scaling.channels(32)).isEqualTo(40); // 38.4
    assertThat(scaling.channels(40)).isEqualTo(48);
    assertThat(Scaling.of(0.35, 1).channels(32)).isEqualTo(16); // 11.2, of which 8 is too little
    assertThat(new Scaling(0.35, 1, 0).channels(32)).isEqualTo(8);
    assertThat(scaling.blocks(2)).isEqualTo(3); // 2.8
    assertThat(scaling.blocks(1)).isEqualTo(2); // 1.4
  }

  @Test
  void inner_stages_alone_become_deeper() {
    List<Stage> table =
        List.of(
            Stage.of(Row.inverted(1, 3, 16)),
            Stage.of(Row.inverted(6, 3, 24).times(2)),
            Stage.of(Row.inverted(6, 3, 32)));
    assertThat(Scaling.of(2, 2).innerStages(table))
        .containsExactly(
            Stage.of(Row.inverted(1, 3, 32)),
            Stage.of(Row.inverted(6, 3, 48).times(4)),
            Stage.of(Row.inverted(6, 3, 64)));
  }

  @Test
  void impossible_rows_are_refused() {
    assertThatThrownBy(() -> Row.inverted(6, 4, 16)).hasMessage("kernel: got 4; must be odd");
    assertThatThrownBy(() -> Row.inverted(0.5, 3, 16))
        .hasMessage("expansion: got 0.5; must be at least 1");
    assertThatThrownBy(() -> Row.conv(3, 16).stride(3)).hasMessage("stride: got 3; must be 1 or 2");
  }

  private static Map<String, Shape> shapes(String name, Parts parts) {
    Map<String, Shape> shapes = new LinkedHashMap<>();
    Zoo.find(name)
        .declare(ModelOptions.DEFAULT.withParts(parts))
        .state()
        .forEach((n, p) -> shapes.put(n, p.shape()));
    return shapes;
  }

  private static long zeroGammas(String name, ZeroGamma zeroGamma) {
    ModelOptions options = ModelOptions.DEFAULT.withZeroGamma(zeroGamma);
    try (Scope scope = Scope.open("test");
        Classifier model = Zoo.create(name, options, Device.CPU, RandomState.of(1))) {
      assertThat(scope.name()).isEqualTo("test");
      return model.parameters().entrySet().stream()
          .filter(e -> e.getKey().endsWith("weight") && e.getValue().shape().rank() == 1)
          .filter(e -> e.getValue().value().detach().abs().sum().item() == 0)
          .count();
    }
  }
}
