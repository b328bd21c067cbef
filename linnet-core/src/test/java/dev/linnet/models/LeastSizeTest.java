package dev.linnet.models;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.linnet.base.LinnetException;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The least size is torchvision's {@code min_size}, where it has one. */
@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
class LeastSizeTest {
  @ParameterizedTest
  @CsvSource({
    "alexnet, 63",
    "vgg11, 32",
    "vgg19_bn, 32",
    "squeezenet1_0, 21",
    "squeezenet1_1, 17",
    "densenet121, 29",
    "densenet_bc_100_12, 4",
    "googlenet, 15",
    "inception_v3, 75",
  })
  void a_network_says_the_least_size_that_it_takes(String name, int least) {
    ZooModel zoo = Zoo.find(name);
    assertThat(zoo.cost(zoo.options(), least, least).macs()).isPositive();
    assertThatThrownBy(() -> zoo.cost(zoo.options(), least, least - 1))
        .isInstanceOf(LinnetException.class)
        .hasMessage(
            "%s: got pictures of %d×%d pixels; must be at least %d×%d, or its layers reduce them to"
                + " nothing; resize them",
            name, least, least - 1, least, least);
  }
}
