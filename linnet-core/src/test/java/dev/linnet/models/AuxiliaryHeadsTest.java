package dev.linnet.models;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.linnet.base.LinnetException;
import dev.linnet.base.RandomState;
import dev.linnet.models.Classifier.Outputs.Weighted;
import dev.linnet.tensor.DType;
import dev.linnet.tensor.Device;
import dev.linnet.tensor.Scope;
import dev.linnet.tensor.Shape;
import dev.linnet.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Heads in the middle, of which {@code golden/zoo.json} has none: names, shapes and numbers of
 * parameters are those of torchvision 0.25.0 (GoogLeNet) and timm 1.0.31 (Inception v3) with {@code
 * aux_logits=True}.
 */
@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
class AuxiliaryHeadsTest {
  private static final ModelOptions WITH =
      ModelOptions.DEFAULT.withParts(Parts.PUBLISHED.withAuxiliary(Parts.Presence.WITH));

  private final Scope scope = Scope.open("test");

  @AfterEach
  void close() {
    scope.close();
  }

  @Test
  void the_states_are_torchvisions_and_timms() {
    assertThat(auxiliaryState("googlenet"))
        .containsExactly(
            "aux1.conv.conv.weight 128x512x1x1",
            "aux1.conv.bn.weight 128",
            "aux1.conv.bn.bias 128",
            "aux1.conv.bn.running_mean 128",
            "aux1.conv.bn.running_var 128",
            "aux1.conv.bn.num_batches_tracked ",
            "aux1.fc1.weight 1024x2048",
            "aux1.fc1.bias 1024",
            "aux1.fc2.weight 1000x1024",
            "aux1.fc2.bias 1000",
            "aux2.conv.conv.weight 128x528x1x1",
            "aux2.conv.bn.weight 128",
            "aux2.conv.bn.bias 128",
            "aux2.conv.bn.running_mean 128",
            "aux2.conv.bn.running_var 128",
            "aux2.conv.bn.num_batches_tracked ",
            "aux2.fc1.weight 1024x2048",
            "aux2.fc1.bias 1024",
            "aux2.fc2.weight 1000x1024",
            "aux2.fc2.bias 1000");
    assertThat(auxiliaryState("inception_v3"))
        .containsExactly(
            "AuxLogits.conv0.conv.weight 128x768x1x1",
            "AuxLogits.conv0.bn.weight 128",
            "AuxLogits.conv0.bn.bias 128",
            "AuxLogits.conv0.bn.running_mean 128",
            "AuxLogits.conv0.bn.running_var 128",
            "AuxLogits.conv0.bn.num_batches_tracked ",
            "AuxLogits.conv1.conv.weight 768x128x5x5",
            "AuxLogits.conv1.bn.weight 768",
            "AuxLogits.conv1.bn.bias 768",
            "AuxLogits.conv1.bn.running_mean 768",
            "AuxLogits.conv1.bn.running_var 768",
            "AuxLogits.conv1.bn.num_batches_tracked ",
            "AuxLogits.fc.weight 1000x768",
            "AuxLogits.fc.bias 1000");
    assertThat(Zoo.find("googlenet").declare(WITH).parameterCount()).isEqualTo(13_004_888);
    assertThat(Zoo.find("inception_v3").declare(WITH).parameterCount()).isEqualTo(27_161_264);
  }

  @Test
  void heads_stand_in_the_state_where_the_libraries_have_them() {
    assertThat(List.copyOf(Zoo.find("googlenet").declare(WITH).children().keySet()))
        .containsSubsequence("inception5b", "aux1", "aux2", "fc");
    assertThat(List.copyOf(Zoo.find("inception_v3").declare(WITH).children().keySet()))
        .containsSubsequence("Mixed_6e", "AuxLogits", "Mixed_7a", "fc");
  }

  @Test
  void googlenet_trains_with_two_heads_in_the_middle() {
    trainOneStep("googlenet", 4, 48, 0.3, 0.3);
  }

  @Tag("slow")
  @Test
  void inception_v3_trains_with_one_head_in_the_middle() {
    trainOneStep("inception_v3", 2, 299, 0.4);
  }

  @Test
  void inception_v3_says_the_size_that_its_head_in_the_middle_needs() {
    try (Classifier model = create("inception_v3")) {
      Tensor x = pictures(1, 128);
      assertThat(model.forward(x).shape()).isEqualTo(Shape.of(1, 3));
      model.train();
      assertThatThrownBy(() -> model.outputs(x))
          .isInstanceOf(LinnetException.class)
          .hasMessage(
              "inception_v3: got pictures of 128×128 pixels; must be at least 299×299 for the head"
                  + " in the middle; resize them, or remove model_options.auxiliary");
    }
  }

  @Test
  void evaluation_leaves_the_heads_in_the_middle_out_and_a_new_head_renews_them() {
    try (Classifier model = create("googlenet")) {
      Tensor x = pictures(1, 48);
      Classifier.Outputs outputs = model.outputs(x);
      assertThat(outputs.auxiliary()).isEmpty();
      assertThat(outputs.logits().equalBits(model.forward(x))).isTrue();
      model.resetHead(7, RandomState.of(3));
      assertThat(model.state("aux2.fc2.weight").shape()).isEqualTo(Shape.of(7, 1024));
      model.train();
      model.reseed(RandomState.of(4));
      assertThat(model.outputs(pictures(2, 48)).auxiliary())
          .extracting(head -> head.logits().shape())
          .containsExactly(Shape.of(2, 7), Shape.of(2, 7));
    }
  }

  private static void trainOneStep(String name, int batch, int side, double... weights) {
    try (Classifier model = create(name)) {
      model.train();
      model.reseed(RandomState.of(2));
      Classifier.Outputs outputs = model.outputs(pictures(batch, side));
      assertThat(outputs.auxiliary().stream().mapToDouble(Weighted::weight).toArray())
          .containsExactly(weights);
      Tensor targets = Tensor.zeros(DType.INT64, Device.CPU, batch);
      Tensor loss = outputs.logits().crossEntropy(targets, null, 0);
      for (Weighted head : outputs.auxiliary()) {
        assertThat(head.logits().shape()).isEqualTo(Shape.of(batch, 3));
        loss = loss.add(head.logits().crossEntropy(targets, null, 0).mul(head.weight()));
      }
      loss.backward();
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

  private static List<String> auxiliaryState(String name) {
    List<String> lines = new ArrayList<>();
    Zoo.find(name)
        .declare(WITH)
        .state()
        .forEach(
            (n, p) -> {
              if (n.startsWith("aux") || n.startsWith("Aux")) {
                List<String> sides =
                    LongStream.of(p.shape().toArray()).mapToObj(Long::toString).toList();
                lines.add(n + " " + String.join("x", sides));
              }
            });
    return lines;
  }

  private static Classifier create(String name) {
    return Zoo.create(name, WITH.withClasses(3), Device.CPU, RandomState.of(1));
  }

  private static Tensor pictures(int n, int side) {
    return Tensor.normal(0, 1, RandomState.of(5), DType.FLOAT32, n, 3, side, side).channelsLast();
  }
}
