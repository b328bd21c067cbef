package dev.linnet.weights;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.linnet.base.RandomState;
import dev.linnet.models.Classifier;
import dev.linnet.models.ModelOptions;
import dev.linnet.models.Zoo;
import dev.linnet.models.ZooModel;
import dev.linnet.tensor.Autograd;
import dev.linnet.tensor.Device;
import dev.linnet.tensor.Scope;
import dev.linnet.tensor.Tensor;
import dev.linnet.testing.Golden;
import dev.linnet.testing.HashWeights;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Weights that cross between Linnet and Python's libraries. Makes what {@code tools/check_timm.py}
 * checks: a weights folder for each network, and in it {@code check.safetensors} with pictures and
 * their logits. Asked for by {@code -Dlinnet.out=}; {@code -Dlinnet.models=}, {@code
 * -Dlinnet.classes=} and {@code -Dlinnet.channels=} choose. Reads what {@code tools/save_timm.py}
 * made with {@code -Dlinnet.in=}.
 */
@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
class SavedNetworksTest {
  private static final Optional<String> OUT = Optional.ofNullable(System.getProperty("linnet.out"));

  /** The networks that timm or torchvision have, with the size and the gain of their recording. */
  static Stream<JsonNode> networks() {
    if (OUT.isEmpty()) {
      return Stream.of();
    }
    String chosen = System.getProperty("linnet.models", ".*"); // a regular expression
    return StreamSupport.stream(Golden.json("zoo.json").get("models").spliterator(), false)
        .filter(row -> row.get("name").asText().matches(chosen))
        .filter(row -> Zoo.contains(row.get("name").asText()));
  }

  @ParameterizedTest(allowZeroInvocations = true)
  @MethodSource("networks")
  void weights_for_other_tools(JsonNode row) {
    ZooModel zoo = Zoo.find(row.get("name").asText());
    ModelOptions options =
        zoo.options()
            .withClasses(Integer.getInteger("linnet.classes", zoo.options().classes()))
            .withInChannels(Integer.getInteger("linnet.channels", zoo.options().inChannels()));
    Path folder = Path.of(OUT.orElseThrow()).resolve(zoo.name());
    long[] input = Golden.longs(row.get("input"));
    try (Scope scope = Scope.open("saved");
        Classifier model = zoo.create(options, Device.CPU, RandomState.of(1))) {
      HashWeights.fill(model, row.get("gain").asDouble());
      Tensor x = HashWeights.pictures(2, options.inChannels(), input[1], input[2]);
      Tensor logits = Autograd.off(() -> model.forward(x.channelsLast()));
      WeightsFolder.save(
          folder,
          model,
          Collections.nCopies(options.classes(), scope.name()),
          zoo.published().preprocessing().withChannels(options.inChannels()));
      Map<String, Tensor> check = Map.of("input", x, "logits", logits);
      SafeTensors.write(folder.resolve("check.safetensors"), check, Map.of());
    }
    assertThat(folder.resolve("check.safetensors")).isRegularFile();
  }

  static Stream<Path> theirs() throws IOException {
    String in = System.getProperty("linnet.in", "");
    if (in.isEmpty()) {
      return Stream.empty();
    }
    try (Stream<Path> folders = Files.list(Path.of(in))) {
      return folders.sorted().toList().stream();
    }
  }

  @ParameterizedTest(allowZeroInvocations = true)
  @MethodSource("theirs")
  void weights_of_other_tools_give_their_logits(Path folder) {
    try (Scope scope = Scope.open("theirs");
        SafeTensors check = SafeTensors.open(folder.resolve("check.safetensors"));
        Classifier model = WeightsFolder.load(folder, Device.CPU).model()) {
      assertThat(scope.name()).isEqualTo("theirs");
      Tensor x = check.tensor("input").channelsLast();
      Tensor logits = Autograd.off(() -> model.forward(x));
      Tensor expected = check.tensor("logits");
      assertThat(logits.shape()).isEqualTo(expected.shape());
      double distance = logits.sub(expected).norm().item() / expected.norm().item();
      assertThat(distance).as(folder.toString()).isLessThan(1e-4);
    }
  }
}
