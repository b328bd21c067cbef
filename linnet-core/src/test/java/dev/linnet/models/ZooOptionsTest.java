package dev.linnet.models;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.offset;

import com.fasterxml.jackson.databind.JsonNode;
import dev.linnet.base.RandomState;
import dev.linnet.tensor.Autograd;
import dev.linnet.tensor.Device;
import dev.linnet.tensor.Nonlinearity;
import dev.linnet.tensor.Scope;
import dev.linnet.tensor.Shape;
import dev.linnet.tensor.Tensor;
import dev.linnet.testing.Golden;
import dev.linnet.testing.HashWeights;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Networks with options and at other sizes against {@code golden/zoo_options.json}, which {@code
 * tools/golden/zoo_options.py} wrote with torch 2.10.0 and timm 1.0.31; relative tolerance 1e-5.
 */
@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
class ZooOptionsTest {
  private static final double TOLERANCE = 1e-5;
  private static final JsonNode GOLDEN = Golden.json("zoo_options.json");

  static Stream<JsonNode> rows() {
    return StreamSupport.stream(GOLDEN.spliterator(), false)
        .filter(row -> Zoo.contains(row.get("name").asText()));
  }

  @ParameterizedTest
  @MethodSource("rows")
  void logits_and_maps_are_equal(JsonNode row) {
    ZooModel zoo = Zoo.find(row.get("name").asText());
    ModelOptions options = zoo.options().withParts(parts(row.get("args")));
    try (Scope scope = Scope.open("parity");
        Classifier model = zoo.create(options, Device.CPU, RandomState.of(1))) {
      assertThat(scope.name()).isEqualTo("parity");
      HashWeights.fill(model, row.get("gain").asDouble());
      if (row.get("args").has("reparameterized")) {
        try (RepVgg plain = ((RepVgg) model).reparameterized()) {
          compare(row, plain);
          compareState(row.get("state"), plain);
        }
      } else {
        compare(row, model);
      }
    }
  }

  private static void compare(JsonNode row, Classifier model) {
    long[] input = Golden.longs(row.get("input"));
    Tensor x = HashWeights.pictures(2, input[0], input[1], input[2]).channelsLast();
    Tensor logits = Autograd.off(() -> model.forward(x));
    for (int n = 0; n < 2; n++) {
      double norm = row.get("logits_norm").get(n).asDouble();
      assertThat(logits.select(0, n).norm().item()).isCloseTo(norm, offset(TOLERANCE * norm));
      double[] ours = logits.select(0, n).toDoubles();
      JsonNode first = row.get("logits").get(n);
      for (int i = 0; i < first.size(); i++) {
        assertThat(ours[i]).isCloseTo(first.get(i).asDouble(), offset(TOLERANCE * norm));
      }
    }
    List<Tensor> maps = Autograd.off(() -> model.featureMaps(x));
    assertThat(maps).hasSize(row.get("maps").size());
    for (int i = 0; i < maps.size(); i++) {
      long[] map = Golden.longs(row.get("maps").get(i));
      assertThat(maps.get(i).shape()).isEqualTo(Shape.of(2, map[0], map[1], map[2]));
    }
  }

  private static void compareState(JsonNode expected, Classifier model) {
    List<String> lines = new ArrayList<>();
    model
        .state()
        .forEach(
            (name, p) -> {
              List<String> sides =
                  LongStream.of(p.shape().toArray()).mapToObj(Long::toString).toList();
              lines.add(name + " " + String.join("x", sides));
            });
    assertThat(lines)
        .containsExactlyElementsOf(expected.valueStream().map(JsonNode::asText).toList());
  }

  private static Parts parts(JsonNode args) {
    Parts parts = Parts.PUBLISHED;
    if (args.has("output_stride")) {
      parts = parts.withOutputStride(args.get("output_stride").asInt());
    }
    if (args.has("width_factor")) {
      parts = parts.withWidth(args.get("width_factor").asDouble());
    }
    if (args.path("pad_type").asText().equals("same")) {
      parts = parts.withPadding(Parts.Border.SAME);
    }
    if (args.path("act_layer").asText().equals("silu")) {
      parts = parts.withActivation(Nonlinearity.SILU);
    }
    return parts;
  }
}
