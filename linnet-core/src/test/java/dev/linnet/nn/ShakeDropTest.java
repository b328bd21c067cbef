package dev.linnet.nn;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.offset;

import dev.linnet.base.RandomState;
import dev.linnet.tensor.DType;
import dev.linnet.tensor.Device;
import dev.linnet.tensor.Scope;
import dev.linnet.tensor.Tensor;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Test;

/** Equation 6 of arXiv:1802.02375. */
@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
class ShakeDropTest {
  private static final double RATE = 0.4;
  private final Scope scope = Scope.open("test");

  @AfterEach
  void close() {
    scope.close();
  }

  @Test
  void forward_and_backward_follow_the_equation_for_the_numbers_drawn() {
    ShakeDrop shake = new ShakeDrop(RATE);
    shake.train();
    shake.drawFrom(RandomState.of(5));
    Tensor x = normal(1).requireGrad(true);
    Tensor g = normal(2);
    Tensor y = shake.forward(x);
    y.mul(g).sum().backward();

    RandomState same = RandomState.of(5);
    Tensor b = Tensor.bernoulli(1 - RATE, same, 16, 1, 1, 1);
    Tensor alpha = Tensor.uniform(-1, 1, same, DType.FLOAT32, 16, 1, 1, 1);
    Tensor beta = Tensor.uniform(0, 1, same, DType.FLOAT32, 16, 1, 1, 1);
    assertThat(b.sum().item()).isBetween(1.0, 15.0);
    assertSame(y.detach(), x.detach().mul(b.add(alpha).sub(b.mul(alpha))));
    assertSame(requireNonNull(x.grad()), g.mul(b.add(beta).sub(b.mul(beta))));
  }

  @Test
  void evaluation_is_the_mean_of_training() {
    ShakeDrop shake = new ShakeDrop(RATE);
    Tensor ones = Tensor.ones(DType.FLOAT32, Device.CPU, 20_000, 1);
    double expected = shake.forward(ones).mean().item();
    assertThat(expected).isCloseTo(1 - RATE, offset(1e-6));
    shake.train();
    shake.drawFrom(RandomState.of(7));
    assertThat(shake.forward(ones).mean().item()).isCloseTo(expected, offset(0.02));
  }

  @Test
  void a_rate_of_0_changes_nothing() {
    ShakeDrop shake = new ShakeDrop(0);
    Tensor x = normal(1);
    assertThat(shake.forward(x)).isSameAs(x);
    shake.train();
    assertThat(shake.forward(x)).isSameAs(x);
  }

  @Test
  void an_impossible_rate_is_refused() {
    assertThatThrownBy(() -> new ShakeDrop(1))
        .hasMessage("drop_path_rate: got 1.0; must be in [0, 1)");
  }

  private static void assertSame(Tensor got, Tensor expected) {
    assertThat(got.sub(expected).norm().item()).isLessThan(1e-5);
  }

  private static Tensor normal(long seed) {
    return Tensor.normal(0, 1, RandomState.of(seed), DType.FLOAT32, 16, 2, 3, 3);
  }
}
