package dev.linnet.models;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.offset;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import dev.linnet.base.RandomState;
import dev.linnet.nn.DropPath;
import dev.linnet.nn.Parameter;
import dev.linnet.tensor.DType;
import dev.linnet.tensor.Device;
import dev.linnet.tensor.Scope;
import dev.linnet.tensor.Tensor;
import dev.linnet.testing.Golden;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** How networks start, against timm's ({@code tools/golden/starts.py}). */
@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
class StartsTest {
  private static final JsonNode GOLDEN = Golden.json("starts.json");
  private final Scope scope = Scope.open("test");

  @AfterEach
  void close() {
    scope.close();
  }

  static Stream<String> names() {
    return GOLDEN.propertyStream().map(Map.Entry::getKey).filter(Zoo::contains);
  }

  @ParameterizedTest
  @MethodSource("names")
  void weights_start_with_the_deviation_of_timms(String name) {
    try (Classifier model = create(name, ModelOptions.DEFAULT)) {
      GOLDEN
          .get(name)
          .get("deviation")
          .properties()
          .forEach(
              e -> {
                Parameter p = model.state(e.getKey());
                double expected = e.getValue().asDouble();
                double noise = 4 / Math.sqrt((double) p.shape().count()); // of both sides together
                assertThat(deviation(p))
                    .as(e.getKey())
                    .isCloseTo(expected, within(noise * expected));
              });
    }
  }

  @ParameterizedTest
  @MethodSource("names")
  void vectors_start_with_the_mean_of_timms(String name) {
    try (Classifier model = create(name, ModelOptions.DEFAULT)) {
      GOLDEN
          .get(name)
          .get("mean")
          .properties()
          .forEach(
              e -> {
                Parameter p = model.state(e.getKey());
                double deviation = GOLDEN.get(name).get("deviation").get(e.getKey()).asDouble();
                double noise = 6 / Math.sqrt((double) p.shape().count()); // of both sides together
                assertThat(p.value().detach().mean().item())
                    .as(e.getKey())
                    .isCloseTo(e.getValue().asDouble(), within(noise * deviation));
              });
    }
  }

  @ParameterizedTest
  @MethodSource("names")
  void the_last_gammas_of_branches_start_at_0_as_in_timm(String name) {
    List<String> expected = new ArrayList<>();
    GOLDEN.get(name).get("zero_gamma").forEach(n -> expected.add(n.asText()));
    try (Classifier model = create(name, ModelOptions.DEFAULT)) {
      assertThat(zeros(model)).containsExactlyElementsOf(expected);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"resnet20", "wrn_16_4", "pyramidnet110_a48"})
  void the_cifar_networks_start_as_in_their_papers(String name) {
    try (Classifier model = create(name, ModelOptions.DEFAULT)) {
      assertThat(zeros(model)).isEmpty();
      model
          .parameters()
          .forEach(
              (n, p) -> {
                if (p.shape().rank() == 4) {
                  double fanOut = (double) p.shape().count() / p.shape().dim(1);
                  double expected = Math.sqrt(2 / fanOut);
                  double noise = 4 / Math.sqrt((double) p.shape().count());
                  assertThat(deviation(p)).as(n).isCloseTo(expected, within(noise * expected));
                } else if (p.shape().rank() == 1 && n.endsWith("weight")) {
                  assertThat(p.value().detach().toFloats()).as(n).containsOnly(1f);
                }
              });
    }
  }

  @Test
  void zero_gamma_can_be_switched() {
    try (Classifier on = create("resnet20", ModelOptions.DEFAULT.withZeroGamma(ZeroGamma.ON));
        Classifier off = create("resnet18", ModelOptions.DEFAULT.withZeroGamma(ZeroGamma.OFF))) {
      assertThat(zeros(on)).hasSize(9).contains("layer1.0.bn2.weight", "layer3.2.bn2.weight");
      assertThat(zeros(off)).isEmpty();
    }
  }

  @ParameterizedTest
  @CsvSource({"wrn_16_4, 6, layer3.1.conv2", "pyramidnet110_a48, 54, layer3.17.bn3"})
  void a_branch_without_a_norm_and_activation_at_its_end_starts_at_0_too(
      String name, int blocks, String last) {
    ModelOptions options = ModelOptions.DEFAULT.withZeroGamma(ZeroGamma.ON);
    try (Classifier model = create(name, options)) {
      assertThat(zeros(model)).hasSize(blocks).contains(last + ".weight");
    }
  }

  @ParameterizedTest
  @MethodSource("names")
  void rates_of_dropped_paths_are_timms(String name) {
    JsonNode golden = GOLDEN.get(name);
    double rate = golden.get("drop_path_rate").asDouble();
    Map<String, Double> rates = new TreeMap<>();
    Zoo.find(name)
        .declare(ModelOptions.DEFAULT.withDropPathRate(rate))
        .walk(
            (path, module) -> {
              if (module instanceof DropPath drop && drop.rate() > 0) {
                rates.put(path.replace(".drop_path", ""), drop.rate());
              }
            });
    assertThat(rates).hasSize(golden.get("drop_path").size());
    golden
        .get("drop_path")
        .properties()
        .forEach(
            e ->
                assertThat(rates.get(e.getKey())).isCloseTo(e.getValue().asDouble(), offset(1e-8)));
  }

  @Test
  void rates_of_dropped_paths_are_those_recorded_with_the_tricks() {
    Golden.json("semantics.json")
        .get("tricks")
        .get("drop_path_rates_timm")
        .properties()
        .forEach(e -> assertRates(e.getKey(), e.getValue()));
  }

  private static void assertRates(String name, JsonNode golden) {
    Map<String, Double> rates = new TreeMap<>();
    Zoo.find(name)
        .declare(ModelOptions.DEFAULT.withDropPathRate(golden.get("rate").asDouble()))
        .walk(
            (path, module) -> {
              if (module instanceof DropPath drop && drop.rate() > 0) {
                rates.put(path.replaceFirst("\\.drop_path\\d?$", ""), drop.rate());
              }
            });
    assertThat(rates).as(name).hasSize(golden.get("blocks").size());
    golden
        .get("blocks")
        .forEach(
            block ->
                assertThat(rates.get(block.get(0).asText()))
                    .as("%s %s", name, block)
                    .isCloseTo(block.get(1).asDouble(), offset(1e-7)));
  }

  private static Classifier create(String name, ModelOptions options) {
    return Zoo.create(name, options, Device.CPU, RandomState.of(11));
  }

  private static List<String> zeros(Classifier model) {
    List<String> names = new ArrayList<>();
    model
        .parameters()
        .forEach(
            (name, p) -> {
              if (name.endsWith("weight") && p.value().detach().abs().sum().item() == 0) {
                names.add(name);
              }
            });
    return names;
  }

  private static double deviation(Parameter p) {
    Tensor w = p.value().detach().to(DType.FLOAT64);
    return w.sub(w.mean()).pow(2).mean().sqrt().item();
  }
}
