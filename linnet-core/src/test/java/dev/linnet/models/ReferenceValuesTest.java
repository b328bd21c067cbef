package dev.linnet.models;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.offset;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import dev.linnet.base.RandomState;
import dev.linnet.tensor.Autograd;
import dev.linnet.tensor.Device;
import dev.linnet.tensor.Scope;
import dev.linnet.tensor.Shape;
import dev.linnet.tensor.Tensor;
import dev.linnet.testing.Golden;
import dev.linnet.testing.HashWeights;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Every network against {@code golden/zoo.json}, which {@code tools/golden/zoo_rows.py} wrote with
 * torch 2.10.0 and timm 1.0.31. Logits: relative L2 at most max(1e-5, 10 × float32_error).
 */
@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
class ReferenceValuesTest {
  private static final JsonNode GOLDEN = Golden.json("zoo.json");
  private static final Set<String> QUICK =
      Set.of(
          "lenet5",
          "resnet20",
          "resnet18",
          "resnet50",
          "resnet50d",
          "resnext50_32x4d",
          "convnext_atto",
          "vit_tiny_patch16_224",
          "legacy_xception",
          "mobilenetv2_035",
          "efficientnet_b0",
          "tf_efficientnet_lite0",
          "mobilenetv1_100",
          "mobilenetv3_small_050",
          "mnasnet_small",
          "tf_efficientnetv2_b0",
          "ghostnet_050",
          "squeezenet1_1",
          "densenet_bc_100_12",
          "wrn_16_4",
          "repvgg_a0",
          "pyramidnet110_a48",
          "googlenet",
          "regnety_002",
          "resnetv2_18",
          "shufflenet_v2_x0_5");

  /** Neither library has these; {@link NasNetMobileTest} and {@link ZooOptionsTest} do. */
  private static final Set<String> NOT_RECORDED = Set.of("nasnetamobile");

  static Stream<String> all() {
    String chosen = System.getProperty("linnet.models", ".*"); // a regular expression
    return Zoo.names().stream()
        .filter(name -> !NOT_RECORDED.contains(name) && name.matches(chosen));
  }

  static Stream<String> quick() {
    return all().filter(QUICK::contains);
  }

  static Stream<String> others() {
    return all().filter(name -> !QUICK.contains(name));
  }

  @Test
  void the_hash_is_the_recorded_one() {
    for (JsonNode row : GOLDEN.get("hash_check").get("u(k,j)")) {
      assertThat(HashWeights.uniform(row.get(0).asInt(), row.get(1).asInt()))
          .isEqualTo(row.get(2).asDouble());
    }
  }

  @Test
  void every_recorded_network_is_there() {
    assertThat(GOLDEN.get("models"))
        .allSatisfy(model -> assertThat(Zoo.contains(model.get("name").asText())).isTrue());
  }

  @ParameterizedTest(allowZeroInvocations = true)
  @MethodSource("all")
  void parameters_macs_and_state_names_are_exact(String name) {
    JsonNode golden = row(name);
    ZooModel model = Zoo.find(name);
    JsonNode macsInput = golden.get("macs_input");
    ModelCost cost =
        model.cost(model.options(), macsInput.get(1).asInt(), macsInput.get(2).asInt());
    assertThat(cost.parameters()).isEqualTo(golden.get("parameters").asLong());
    assertThat(cost.macs()).isEqualTo(golden.get("macs").asLong());
    assertThat(sha256(stateLines(model.declare(model.options()))))
        .isEqualTo(golden.get("state_sha256").asText());
  }

  @ParameterizedTest(allowZeroInvocations = true)
  @MethodSource("all")
  void what_is_published_is_recorded(String name) {
    JsonNode golden = row(name);
    ZooModel model = Zoo.find(name);
    assertThat(model.published().source()).hasToString(golden.get("source").asText());
    assertThat(model.published().classes()).isEqualTo(golden.get("classes").asInt());
    JsonNode cfg = golden.get("preprocessing");
    if (cfg == null) {
      return;
    }
    Preprocessing ours = model.published().preprocessing();
    assertThat(ours.input())
        .hasToString(
            cfg.get("input_size").get(0)
                + "×"
                + cfg.get("input_size").get(1)
                + "×"
                + cfg.get("input_size").get(2));
    assertThat(ours.interpolation()).isEqualTo(cfg.get("interpolation").asText());
    assertThat(ours.cropPct()).isEqualTo(cfg.get("crop_pct").asDouble());
    assertThat(ours.cropMode()).isEqualTo(cfg.path("crop_mode").asText("center"));
    assertThat(ours.mean()).hasToString(cfg.get("mean").toString().replace(",", ", "));
    assertThat(ours.std()).hasToString(cfg.get("std").toString().replace(",", ", "));
    Classifier declared = model.declare(model.options());
    JsonNode first = golden.get("first_conv");
    List<String> stems = new ArrayList<>();
    (first.isArray() ? first : List.of(first)).forEach(stem -> stems.add(stem.asText()));
    assertThat(declared.firstConvNames()).isEqualTo(stems);
    assertThat(declared.headName()).isEqualTo(golden.get("classifier").asText());
    JsonNode maps = golden.get("feature_maps");
    assertThat(declared.levels().stream().map(level -> (long) level.channels()))
        .containsExactly(boxed(maps.get("channels")));
    assertThat(declared.levels().stream().map(level -> (long) level.stride()))
        .containsExactly(boxed(maps.get("reduction")));
  }

  @ParameterizedTest(allowZeroInvocations = true)
  @MethodSource("quick")
  void logits_are_equal(String name) {
    compareLogits(name);
  }

  @Tag("slow")
  @ParameterizedTest(allowZeroInvocations = true)
  @MethodSource("others")
  void logits_of_large_networks_are_equal(String name) {
    compareLogits(name);
  }

  private static void compareLogits(String name) {
    JsonNode golden = row(name);
    ZooModel zoo = Zoo.find(name);
    try (Scope scope = Scope.open("parity");
        Classifier model = zoo.create(zoo.options(), Device.CPU, RandomState.of(1))) {
      assertThat(scope.name()).isEqualTo("parity");
      double sum = HashWeights.fill(model, golden.get("gain").asDouble());
      double expectedSum = golden.get("weights_sum").asDouble();
      assertThat(sum).isCloseTo(expectedSum, within(1e-9 * Math.abs(expectedSum)));
      long[] shape =
          LongStream.concat(LongStream.of(2), LongStream.of(Golden.longs(golden.get("input"))))
              .toArray();
      Tensor x = HashWeights.pictures(shape).channelsLast();
      Tensor features = Autograd.off(() -> model.features(x));
      assertThat(features.shape()).isEqualTo(Shape.of(Golden.longs(golden.get("features_shape"))));
      Tensor logits = Autograd.off(() -> model.forward(x));
      if (golden.has("feature_maps")) {
        List<Tensor> maps = Autograd.off(() -> model.featureMaps(x));
        JsonNode shapes = golden.get("feature_maps").get("shapes");
        assertThat(maps).hasSize(shapes.size());
        for (int i = 0; i < maps.size(); i++) {
          long[] map = Golden.longs(shapes.get(i));
          assertThat(maps.get(i).shape()).isEqualTo(Shape.of(2, map[0], map[1], map[2]));
        }
      }
      double tolerance = Math.max(1e-5, 10 * golden.get("float32_error").asDouble());
      for (int n = 0; n < 2; n++) {
        double norm = golden.get("logits_norm").get(n).asDouble();
        double[] ours = logits.select(0, n).toDoubles();
        JsonNode first = golden.get("logits").get(n);
        double square = 0;
        for (int i = 0; i < first.size(); i++) {
          square += Math.pow(ours[i] - first.get(i).asDouble(), 2);
        }
        double share = Math.sqrt((double) first.size() / ours.length);
        assertThat(Math.sqrt(square)).isLessThanOrEqualTo(tolerance * norm * Math.max(share, 0.3));
        assertThat(logits.select(0, n).norm().item()).isCloseTo(norm, offset(tolerance * norm));
        assertThat(logits.select(0, n).argmax(0).item())
            .isEqualTo(golden.get("logits_argmax").get(n).asDouble());
        double featuresNorm = golden.get("features_norm").get(n).asDouble();
        assertThat(features.select(0, n).norm().item())
            .isCloseTo(featuresNorm, offset(tolerance * featuresNorm));
      }
    }
  }

  private static Long[] boxed(JsonNode numbers) {
    return LongStream.of(Golden.longs(numbers)).boxed().toArray(Long[]::new);
  }

  private static List<String> stateLines(Classifier model) {
    List<String> lines = new ArrayList<>();
    model
        .state()
        .forEach(
            (name, p) -> {
              String shape =
                  LongStream.of(p.shape().toArray())
                      .mapToObj(Long::toString)
                      .collect(Collectors.joining("x"));
              lines.add(name + " " + (shape.isEmpty() ? "-" : shape));
            });
    return lines;
  }

  private static String sha256(List<String> lines) {
    try {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      return HexFormat.of()
          .formatHex(digest.digest(String.join("\n", lines).getBytes(StandardCharsets.UTF_8)));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  private static JsonNode row(String name) {
    for (JsonNode model : GOLDEN.get("models")) {
      if (model.get("name").asText().equals(name)) {
        return model;
      }
    }
    throw new IllegalStateException("no reference values for " + name);
  }
}
