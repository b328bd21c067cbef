package dev.linnet.train;

import static org.assertj.core.api.Assertions.assertThat;

import dev.linnet.nn.Net;
import dev.linnet.tensor.Scope;
import dev.linnet.tensor.Tensor;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Test;

@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
final class LossScalerTest {
  private final Scope scope = Scope.open("scaler test");
  private final Net net = Net.of(Map.of("weight", Tensor.of(new float[] {1, 2}, 2)));
  private final LossScaler scaler = new LossScaler();

  @AfterEach
  void close() {
    net.close();
    scope.close();
  }

  private boolean update(double gradient) {
    net.tensor(0).clearGrad();
    scaler.scaled(net.tensor(0).mul(gradient).sum()).backward();
    return scaler.unscale(net.parameters().values());
  }

  private float[] gradient() {
    Tensor g = net.tensor(0).grad();
    return g == null ? new float[0] : g.toFloats();
  }

  @Test
  void gradients_are_those_of_the_loss_itself() {
    assertThat(scaler.scale()).isEqualTo(65536);
    assertThat(update(0.3)).isTrue();
    assertThat(gradient()).containsExactly(0.3f, 0.3f);
  }

  @Test
  void a_gradient_that_is_not_finite_halves_the_scale() {
    assertThat(update(1)).isTrue();
    assertThat(scaler.good()).isEqualTo(1);
    assertThat(update(Double.POSITIVE_INFINITY)).isFalse();
    assertThat(scaler.scale()).isEqualTo(32768);
    assertThat(scaler.good()).isZero();
    assertThat(update(Double.NaN)).isFalse();
    assertThat(scaler.scale()).isEqualTo(16384);
  }

  @Test
  void two_thousand_good_updates_double_the_scale() {
    for (int i = 0; i < 1999; i++) {
      assertThat(update(1)).isTrue();
    }
    assertThat(scaler.scale()).isEqualTo(65536);
    assertThat(update(1)).isTrue();
    assertThat(scaler.scale()).isEqualTo(131072);
    assertThat(scaler.good()).isZero();
  }

  @Test
  void it_goes_on_from_a_saved_state() {
    LossScaler restored = new LossScaler(128, 1999);
    net.tensor(0).sum().backward();
    assertThat(restored.unscale(net.parameters().values())).isTrue();
    assertThat(restored.scale()).isEqualTo(256);
  }
}
