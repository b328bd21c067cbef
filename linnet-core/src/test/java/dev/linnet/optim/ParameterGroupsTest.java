package dev.linnet.optim;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import dev.linnet.base.LinnetException;
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
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

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

  @ParameterizedTest
  @ValueSource(strings = {"resnet50", "convnext_tiny", "vit_tiny_patch16_224"})
  void layer_decay_gives_the_rates_of_timm(String name) {
    JsonNode golden = Golden.json("semantics.json").at("/parameter_lists/layer_decay_timm_0.75");
    Map<String, Double> scales = new LinkedHashMap<>();
    Map<String, Double> decays = new LinkedHashMap<>();
    try (Classifier net = Zoo.find(name).declare(Zoo.find(name).options())) {
      List<ParameterGroup> groups =
          ParameterGroups.of(0.05, Decay.WEIGHTS_ONLY).withLayerDecay(0.75, net.layers()).over(net);
      for (ParameterGroup group : groups) {
        for (String parameter : group.parameters().keySet()) {
          scales.put(parameter, group.lrScale());
          decays.put(parameter, group.weightDecay());
        }
      }
      assertThat(scales.keySet()).hasSameElementsAs(net.parameters().keySet());
    }
    for (JsonNode group : golden.get(name)) {
      for (String parameter : texts(group.get("names"))) {
        assertThat(scales.getOrDefault(parameter, Double.NaN))
            .as(parameter)
            .isCloseTo(group.get("lr_scale").doubleValue(), Offset.offset(1e-9));
        assertThat(decays.getOrDefault(parameter, Double.NaN))
            .as(parameter)
            .isEqualTo(group.get("weight_decay").doubleValue());
      }
    }
  }

  /** By timm's group_matcher: first the stem, then blocks; what follows them, by the family. */
  @ParameterizedTest
  @CsvSource({
    "resnet18, 10, layer4.1.bn2.weight, 8",
    "efficientnet_b0, 18, conv_head.weight, 16",
    "mobilenetv3_small_100, 14, conv_head.weight, 13",
    "regnety_004, 18, s4.b6.conv3.conv.weight, 16",
    "resnetv2_50, 18, norm.weight, 16",
    "densenet121, 60, features.transition3.conv.weight, 42",
    "ghostnet_100, 19, conv_head.weight, 17",
    "vgg11, 9, features.18.weight, 7"
  })
  void layers_are_those_of_timm(String name, int layers, String parameter, int layer) {
    try (Classifier net = Zoo.find(name).declare(Zoo.find(name).options())) {
      assertThat(Set.copyOf(net.layers().values())).as("layers").hasSize(layers);
      assertThat(net.layers()).containsEntry(parameter, layer);
    }
  }

  @Test
  void every_network_has_its_head_in_the_last_layer_and_its_first_convolution_in_the_first() {
    for (String name : Zoo.names()) {
      try (Classifier net = Zoo.find(name).declare(Zoo.find(name).options())) {
        Map<String, Integer> layers = net.layers();
        int last = Collections.max(layers.values());
        assertThat(last).as(name).isPositive();
        assertThat(layers).as(name).containsEntry(net.headName() + ".weight", last);
        assertThat(layers).as(name).containsEntry(net.parameters().keySet().iterator().next(), 0);
        assertThat(Set.copyOf(layers.values())).as(name).hasSize(last + 1);
      }
    }
  }

  @Test
  void rules_give_rates_and_decays_by_name_and_the_first_match_counts() {
    Net net = named("conv1.weight", "conv1.bias", "layer4.weight", "layer4.bn.bias", "fc.weight");
    List<ParameterGroup> groups =
        ParameterGroups.of(0.1, Decay.WEIGHTS_ONLY)
            .with(ParameterGroups.Rule.of("^layer4", 0.5).withWeightDecay(0.2))
            .with(ParameterGroups.Rule.of("bn|fc", 10))
            .over(net);
    assertThat(groups).extracting(ParameterGroup::weightDecay).containsExactly(0.0, 0.1, 0.2, 0.1);
    assertThat(groups).extracting(ParameterGroup::lrScale).containsExactly(1.0, 1.0, 0.5, 10.0);
    assertThat(groups)
        .extracting(group -> String.join(" ", group.parameters().keySet()))
        .containsExactly("conv1.bias", "conv1.weight", "layer4.weight layer4.bn.bias", "fc.weight");
    net.close();
  }

  @Test
  void a_rule_multiplies_the_rate_of_its_layer() {
    Net net = named("a.weight", "b.weight");
    ParameterGroups groups =
        ParameterGroups.of(0, Decay.ALL)
            .withLayerDecay(0.5, Map.of("a.weight", 0, "b.weight", 3))
            .with(ParameterGroups.Rule.of("^a", 2));
    assertThat(groups.over(net)).extracting(ParameterGroup::lrScale).containsExactly(0.25, 1.0);
    net.close();
  }

  @Test
  void a_rule_without_parameters_is_refused_with_the_nearest_names() {
    Net net = named("conv1.weight", "layer4.0.weight");
    assertThatThrownBy(
            () ->
                ParameterGroups.of(0, Decay.ALL)
                    .with(ParameterGroups.Rule.of("^layre4\\.0", 2))
                    .over(net))
        .isExactlyInstanceOf(LinnetException.class)
        .hasMessage(
            "optimizer.groups: match \"^layre4\\.0\" is found in no parameter's name; did you mean"
                + " \"layer4.0\" or \"layer4\"?");
    net.close();
  }

  private static Net named(String... names) {
    Map<String, Tensor> parameters = new LinkedHashMap<>();
    for (String name : names) {
      parameters.put(name, ones(name.endsWith("bias") ? 1 : 2));
    }
    return Net.of(parameters);
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
