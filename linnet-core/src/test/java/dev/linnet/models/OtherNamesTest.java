package dev.linnet.models;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import dev.linnet.testing.Golden;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.LongStream;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Names that torchvision gives to what timm names otherwise, from {@code
 * golden/torchvision_names.txt}, which {@code tools/golden/torchvision_names.py} wrote.
 */
@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
class OtherNamesTest {
  private static final Map<String, Map<String, Long>> THEIRS = read();

  private static Map<String, Map<String, Long>> read() {
    Map<String, Map<String, Long>> models = new LinkedHashMap<>();
    Map<String, Long> state = new TreeMap<>();
    for (String line : Golden.text("torchvision_names.txt").lines().toList()) {
      String[] words = line.split(" ", -1);
      if (words[0].equals("#")) {
        state = new TreeMap<>();
        models.put(words[1], state);
      } else {
        state.put(words[0], count(words[1]));
      }
    }
    return models;
  }

  private static long count(String shape) {
    return shape.equals("-")
        ? 1
        : Arrays.stream(shape.split("x")).mapToLong(Long::parseLong).reduce(1, (a, b) -> a * b);
  }

  static List<String> models() {
    return new ArrayList<>(THEIRS.keySet());
  }

  @ParameterizedTest
  @MethodSource("models")
  void every_name_of_torchvision_is_one_of_the_networks_with_as_many_numbers(String name) {
    ZooModel zoo = Zoo.find(name);
    Classifier model = zoo.declare(zoo.options());
    Map<String, Long> ours = new TreeMap<>();
    model
        .state()
        .forEach(
            (n, p) -> ours.put(n, LongStream.of(p.shape().toArray()).reduce(1, (a, b) -> a * b)));
    Map<String, Long> theirs = new TreeMap<>();
    requireNonNull(THEIRS.get(name)).forEach((n, count) -> theirs.put(model.stateName(n), count));
    assertThat(theirs).isEqualTo(ours);
  }

  @Test
  void own_names_stay() {
    for (ZooModel zoo : Zoo.models()) {
      Classifier model = zoo.declare(zoo.options());
      assertThat(model.state().keySet())
          .as(zoo.name())
          .allSatisfy(name -> assertThat(model.stateName(name)).isEqualTo(name));
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "features",
        "features.0",
        "features.1.0.block",
        "features.9.0.block.0.0.weight",
        "features.1.0.block.7.7.weight",
        "features.99999999999.0.block.0.0.weight",
        "classifier..",
        ""
      })
  void names_that_are_nobodys_do_no_harm(String name) {
    for (ZooModel zoo : Zoo.models()) {
      Classifier model = zoo.declare(zoo.options());
      assertThat(model.state()).doesNotContainKey(model.stateName(name));
    }
  }
}
