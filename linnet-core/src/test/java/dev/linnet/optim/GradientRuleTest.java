package dev.linnet.optim;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import dev.linnet.base.InvalidValueException;
import dev.linnet.nn.Net;
import dev.linnet.nn.Parameter;
import dev.linnet.tensor.Scope;
import dev.linnet.tensor.Tensor;
import dev.linnet.testing.Golden;
import java.util.ArrayList;
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
import org.junit.jupiter.params.provider.ValueSource;

@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
final class GradientRuleTest {
  private static final JsonNode GOLDEN = Golden.json("semantics.json").at("/tricks/clipping");

  private final Scope scope = Scope.open("clipping test");
  private final List<double[]> gradients = new ArrayList<>();
  private final Net net = net();

  @AfterEach
  void close() {
    net.close();
    scope.close();
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 100})
  void gradients_and_norm_are_the_recorded_ones(int max) {
    backward();
    JsonNode expected = GOLDEN.get("results").get("norm_" + max);
    assertThat(NormClipping.norm(groups()))
        .isCloseTo(expected.get("returned").doubleValue(), Offset.offset(1e-11));
    assertThat(new NormClipping(max).apply(groups()).getAsDouble())
        .isCloseTo(expected.get("returned").doubleValue(), Offset.offset(1e-11));
    for (int i = 0; i < gradients.size(); i++) {
      assertThat(gradient(i))
          .containsExactly(Golden.doubles(expected.get("gradients").get(i)), Offset.offset(1e-11));
    }
  }

  @Test
  void a_short_gradient_keeps_its_bits() {
    backward();
    new NormClipping(100).apply(groups());
    for (int i = 0; i < gradients.size(); i++) {
      assertThat(gradient(i)).containsExactly(gradients.get(i));
    }
  }

  @Test
  void the_fused_update_equals_its_plain_loop() {
    backward();
    double square = 0;
    for (double[] g : gradients) {
      for (double x : g) {
        square += x * x;
      }
    }
    double scale = Math.min(1, 0.7 / (Math.sqrt(square) + 1e-6));
    new NormClipping(0.7).apply(groups());
    for (int i = 0; i < gradients.size(); i++) {
      double[] plain = gradients.get(i).clone();
      for (int j = 0; j < plain.length; j++) {
        plain[j] *= scale;
      }
      assertThat(gradient(i)).containsExactly(plain, Offset.offset(1e-14));
    }
  }

  @Test
  void parameters_without_a_gradient_do_not_count() {
    assertThat(new NormClipping(1).apply(groups()).getAsDouble()).isZero();
    net.tensor(1).sum().backward();
    assertThat(new NormClipping(1).apply(groups()).getAsDouble())
        .isCloseTo(Math.sqrt((double) net.tensor(1).count()), Offset.offset(1e-12));
    assertThat(net.tensor(0).grad()).isNull();
  }

  @Test
  void a_gradient_that_is_not_a_number_shows_in_the_norm() {
    backward();
    net.tensor(0).mul(Double.NaN).sum().backward();
    assertThat(new NormClipping(1).apply(groups()).getAsDouble()).isNaN();
  }

  @Test
  void clipping_by_value_gives_the_recorded_gradients() {
    backward();
    double norm = NormClipping.norm(groups());
    assertThat(new ValueClipping(0.3).apply(groups())).hasValue(norm);
    assertRecorded("value_0.3");
  }

  @ParameterizedTest
  @ValueSource(strings = {"0.1", "0.5"})
  void adaptive_clipping_gives_the_recorded_gradients(String factor) {
    backward();
    double norm = NormClipping.norm(groups());
    AdaptiveClipping rule = new AdaptiveClipping(Double.parseDouble(factor), 1e-3, Set.of("head"));
    assertThat(rule.apply(groups())).hasValue(norm);
    assertRecorded("agc_" + factor);
  }

  @Test
  void adaptive_clipping_leaves_out_what_is_excepted() {
    backward();
    new AdaptiveClipping(0.1, 1e-3, Set.of("p0", "q")).apply(List.of(modules()));
    assertThat(gradient(0)).containsExactly(gradients.get(0));
    assertThat(gradient(2)).isNotEqualTo(gradients.get(2));
  }

  @Test
  void centralized_rows_have_mean_0_and_vectors_stay() {
    backward();
    assertThat(GradientCentralization.DEFAULT.apply(groups())).isEmpty();
    double[] rows = gradient(0);
    for (int row = 0; row < 4; row++) {
      double mean = 0;
      double plain = 0;
      for (int i = 0; i < 3; i++) {
        mean += rows[3 * row + i] / 3;
        plain += gradients.get(0)[3 * row + i] / 3;
      }
      assertThat(mean).isCloseTo(0, Offset.offset(1e-14));
      assertThat(rows[3 * row]).isCloseTo(gradients.get(0)[3 * row] - plain, Offset.offset(1e-14));
    }
    assertThat(gradient(1)).containsExactly(gradients.get(1));
  }

  @ParameterizedTest
  @ValueSource(doubles = {Double.NaN, Double.POSITIVE_INFINITY})
  void every_clipping_shows_a_gradient_that_is_not_finite(double wrong) {
    List<GradientRule> rules =
        List.of(
            new NormClipping(1), new ValueClipping(1), new AdaptiveClipping(0.1, 1e-3, Set.of()));
    for (GradientRule rule : rules) {
      net.parameters().values().forEach(p -> p.value().clearGrad());
      backward();
      net.tensor(0).mul(wrong).sum().backward();
      assertThat(rule.apply(groups()).getAsDouble()).as(rule.toString()).isNotFinite();
    }
  }

  @Test
  void wrong_numbers_are_named() {
    message(() -> new NormClipping(0), "clip.max: got 0.0; must be above 0");
    message(() -> new ValueClipping(Double.NaN), "clip.max: got NaN; must be above 0");
    message(
        () -> new AdaptiveClipping(2, 1e-3, Set.of()), "clip.factor: got 2.0; must be in (0, 1]");
    message(() -> new AdaptiveClipping(0.1, 0, Set.of()), "clip.eps: got 0.0; must be in (0, 1)");
  }

  private static void message(
      org.assertj.core.api.ThrowableAssert.ThrowingCallable call, String line) {
    assertThatThrownBy(call).isInstanceOf(InvalidValueException.class).hasMessage(line);
  }

  private void assertRecorded(String name) {
    JsonNode expected = GOLDEN.get("results").get(name).get("gradients");
    for (int i = 0; i < gradients.size(); i++) {
      assertThat(gradient(i))
          .containsExactly(Golden.doubles(expected.get(i)), Offset.offset(1e-11));
    }
  }

  /** The same parameters, as if each were the weight of a module. */
  private ParameterGroup modules() {
    Map<String, Parameter> parameters = new LinkedHashMap<>();
    net.parameters().forEach((name, p) -> parameters.put(name + ".weight", p));
    return new ParameterGroup(parameters, 0, 1);
  }

  private List<ParameterGroup> groups() {
    return ParameterGroups.of(net, 0.1, Decay.ALL);
  }

  private Net net() {
    Map<String, Tensor> parameters = new LinkedHashMap<>();
    for (int i = 0; i < GOLDEN.get("shapes").size(); i++) {
      double[] values = Golden.doubles(GOLDEN.get("parameters").get(i));
      long[] shape = Golden.longs(GOLDEN.get("shapes").get(i));
      parameters.put("p" + i, Tensor.of(values, shape));
      gradients.add(Golden.doubles(GOLDEN.get("gradients").get(i)));
    }
    return Net.of(parameters);
  }

  private void backward() {
    for (int i = 0; i < gradients.size(); i++) {
      Tensor p = net.tensor(i);
      p.mul(Tensor.of(gradients.get(i), p.shape().toArray())).sum().backward();
    }
  }

  private double[] gradient(int i) {
    Tensor g = net.tensor(i).grad();
    return g == null ? new double[0] : g.toDoubles();
  }
}
