package dev.linnet.optim;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.linnet.models.Classifier;
import dev.linnet.models.Zoo;
import dev.linnet.nn.Net;
import dev.linnet.nn.Parameter;
import dev.linnet.tensor.DType;
import dev.linnet.tensor.Device;
import dev.linnet.tensor.Scope;
import dev.linnet.tensor.Tensor;
import dev.linnet.testing.Golden;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
final class ParameterGroupsTest {
  private final Scope scope = Scope.open("groups test");

  @AfterEach
  void close() {
    scope.close();
  }

  @Test
  void weights_only_leaves_out_what_timm_leaves_out() {
    JsonNode golden = Golden.json("semantics.json").at("/parameter_lists/weight_decay_groups_timm");
    JsonNode resnet50 = golden.get("resnet50");
    Map<String, Tensor> parameters = new LinkedHashMap<>();
    resnet50
        .get("dimensions")
        .propertyStream()
        .forEach(e -> parameters.put(e.getKey(), ones(e.getValue().intValue())));
    Net net = Net.of(parameters);
    List<ParameterGroup> groups = ParameterGroups.of(net, 0.05, Decay.WEIGHTS_ONLY);
    assertThat(groups).extracting(ParameterGroup::weightDecay).containsExactly(0.0, 0.05);
    assertThat(groups).extracting(ParameterGroup::lrScale).containsExactly(1.0, 1.0);
    assertThat(groups.get(0).parameters().keySet())
        .containsExactlyElementsOf(texts(resnet50.at("/not_decayed/names")));
    assertThat(groups.get(1).parameters().keySet())
        .containsExactlyElementsOf(texts(resnet50.at("/decayed/names")));
    assertThat(groups.get(0).parameters()).hasSize(resnet50.at("/not_decayed/tensors").intValue());
    net.close();
  }

  /** Counts of {@code weight_decay_groups_timm} in tools/golden/semantics.py's output. */
  @ParameterizedTest
  @CsvSource({
    "resnet50, 107, bn1.weight",
    "vit_tiny_patch16_224, 102, pos_embed",
    "vit_tiny_patch16_224, 102, cls_token",
    "convnext_tiny, 123, stages.0.blocks.0.gamma",
    "efficientnet_b0, 131, blocks.0.0.se.conv_reduce.bias"
  })
  void networks_of_the_zoo_leave_out_what_timm_leaves_out(String name, int count, String one) {
    try (Classifier net = Zoo.find(name).declare(Zoo.find(name).options())) {
      Map<String, Parameter> without =
          ParameterGroups.of(net, 0.05, Decay.WEIGHTS_ONLY).get(0).parameters();
      assertThat(without).hasSize(count).containsKey(one);
    }
  }

  @Test
  void all_is_one_group_in_the_order_of_the_network() {
    Net net = Net.of(Map.of("fc.weight", ones(2)));
    net.withBuffer("running_mean", ones(1));
    List<ParameterGroup> groups = ParameterGroups.of(net, 0.05, Decay.ALL);
    assertThat(groups).hasSize(1);
    assertThat(groups.get(0).parameters()).containsOnlyKeys("fc.weight");
    assertThat(groups.get(0).weightDecay()).isEqualTo(0.05);
    net.close();
  }

  @Test
  void a_matrix_named_bias_is_not_decayed_and_an_empty_group_is_left_out() {
    Net net = Net.of(Map.of("head.bias", ones(2)));
    List<ParameterGroup> groups = ParameterGroups.of(net, 0.05, Decay.WEIGHTS_ONLY);
    assertThat(groups).hasSize(1);
    assertThat(groups.get(0).weightDecay()).isZero();
    net.close();
  }

  private static Tensor ones(int dimensions) {
    long[] shape = new long[dimensions];
    Arrays.fill(shape, 1);
    return Tensor.empty(DType.FLOAT32, Device.META, shape);
  }

  private static List<String> texts(JsonNode names) {
    return names.valueStream().map(JsonNode::textValue).toList();
  }
}
