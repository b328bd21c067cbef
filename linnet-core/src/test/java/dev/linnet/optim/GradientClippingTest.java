package dev.linnet.optim;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import dev.linnet.base.InvalidValueException;
import dev.linnet.nn.Net;
import dev.linnet.tensor.Scope;
import dev.linnet.tensor.Tensor;
import dev.linnet.testing.Golden;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
final class GradientClippingTest {
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
    assertThat(GradientClipping.norm(net.parameters().values()))
        .isCloseTo(expected.get("returned").doubleValue(), Offset.offset(1e-11));
    assertThat(new GradientClipping(max).apply(net.parameters().values()))
        .isCloseTo(expected.get("returned").doubleValue(), Offset.offset(1e-11));
    for (int i = 0; i < gradients.size(); i++) {
      assertThat(gradient(i))
          .containsExactly(Golden.doubles(expected.get("gradients").get(i)), Offset.offset(1e-11));
    }
  }

  @Test
  void a_short_gradient_keeps_its_bits() {
    backward();
    new GradientClipping(100).apply(net.parameters().values());
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
    new GradientClipping(0.7).apply(net.parameters().values());
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
    assertThat(new GradientClipping(1).apply(net.parameters().values())).isZero();
    net.tensor(1).sum().backward();
    assertThat(new GradientClipping(1).apply(net.parameters().values()))
        .isCloseTo(Math.sqrt((double) net.tensor(1).count()), Offset.offset(1e-12));
    assertThat(net.tensor(0).grad()).isNull();
  }

  @Test
  void a_gradient_that_is_not_a_number_shows_in_the_norm() {
    backward();
    net.tensor(0).mul(Double.NaN).sum().backward();
    assertThat(new GradientClipping(1).apply(net.parameters().values())).isNaN();
  }

  @Test
  void wrong_numbers_are_named() {
    assertThatThrownBy(() -> new GradientClipping(0))
        .isInstanceOf(InvalidValueException.class)
        .hasMessage("clip.norm: got 0.0; must be above 0");
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
