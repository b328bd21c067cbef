package dev.linnet.search;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.assertj.core.api.Assertions.withinPercentage;

import com.fasterxml.jackson.databind.JsonNode;
import dev.linnet.testing.Golden;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Test;

/** Statistics against scipy; {@code tools/golden/student_t.py} made the values. */
@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
final class DifferenceTest {
  private static final double PERCENT = 1e-8; // relative error 1e-10

  @Test
  void the_tails_of_students_distribution_are_those_of_scipy() {
    for (JsonNode value : Golden.json("student_t.json").get("two_sided")) {
      double[] v = Golden.doubles(value);
      assertThat(StudentT.twoSided(v[0], v[1]))
          .as("t = %s with %s degrees of freedom", v[0], v[1])
          .isCloseTo(v[2], withinPercentage(PERCENT));
    }
  }

  @Test
  void both_tests_give_the_values_of_scipy() {
    for (JsonNode test : Golden.json("student_t.json").get("tests")) {
      Difference difference = Difference.of(bySeed(test.get("x")), bySeed(test.get("y")));
      assertIs(difference.difference(), test.get("difference"));
      assertIs(difference.error(), test.get("error"));
      assertIs(difference.welch(), test.get("welch"));
      assertIs(difference.paired(), test.get("difference"));
      assertIs(difference.deviation(), test.get("deviation"));
      assertIs(difference.pairedP(), test.get("paired"));
      assertThat(difference.pairs()).isEqualTo(test.get("x").size());
    }
  }

  @Test
  void only_seeds_that_both_have_are_pairs() {
    Difference difference = Difference.of(Map.of(0L, 5.0, 1L, 7.0), Map.of(1L, 4.0, 2L, 1.0));
    assertThat(difference.pairs()).isEqualTo(1);
    assertThat(difference.paired()).hasValue(3.0);
    assertThat(difference.difference()).hasValue(3.5);
    assertThat(difference.deviation()).isEmpty();
    assertThat(difference.pairedP()).isEmpty();
  }

  @Test
  void one_seed_gives_a_difference_and_no_test() {
    Difference difference = Difference.of(Map.of(0L, 5.0), Map.of(0L, 4.0));
    assertThat(difference.paired()).hasValue(1.0);
    assertThat(List.of(difference.error(), difference.welch(), difference.pairedP()))
        .containsOnly(OptionalDouble.empty());
  }

  @Test
  void without_a_run_there_is_no_difference() {
    Difference difference = Difference.of(Map.of(), Map.of(0L, 4.0));
    assertThat(difference.difference()).isEmpty();
    assertThat(difference.paired()).isEmpty();
  }

  @Test
  void differences_that_are_all_the_same_are_not_tested() {
    Difference difference = Difference.of(Map.of(0L, 70.1, 1L, 71.3), Map.of(0L, 70.0, 1L, 71.2));
    assertThat(difference.paired().getAsDouble()).isCloseTo(0.1, within(1e-9));
    assertThat(difference.pairedP()).isEmpty();
    assertThat(difference.welch()).isPresent();
  }

  @Test
  void a_deviation_is_that_of_a_sample() {
    assertThat(Sample.of(List.of(1.0, 2.0, 3.0)).deviation()).hasValue(1.0);
    assertThat(Sample.of(List.of(1.0)).deviation()).isEmpty();
    assertThat(Sample.of(List.of()).mean()).isNaN();
  }

  private static void assertIs(OptionalDouble value, JsonNode expected) {
    assertThat(value.getAsDouble()).isCloseTo(expected.asDouble(), withinPercentage(PERCENT));
  }

  private static Map<Long, Double> bySeed(JsonNode values) {
    Map<Long, Double> bySeed = new LinkedHashMap<>();
    for (JsonNode value : values) {
      bySeed.put((long) bySeed.size(), value.asDouble());
    }
    return bySeed;
  }
}
