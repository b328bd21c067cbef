package dev.linnet.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.linnet.base.RandomState;
import dev.linnet.testing.LiveObjects;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
final class FunctionTest {
  private final Scope scope = Scope.open("function test");

  @AfterEach
  void close() {
    scope.close();
  }

  /** a·b and a + b. */
  private static final class ProductAndSum extends Function {
    private final List<String> told = new ArrayList<>();

    ProductAndSum() {
      super("product and sum");
    }

    @Override
    protected Tensor[] forward(Tensor... in) {
      assertThat(Autograd.isEnabled()).isFalse();
      save(in[0]);
      save(in[1]);
      return new Tensor[] {in[0].mul(in[1]), in[0].add(in[1])};
    }

    @Override
    protected @Nullable Tensor[] backward(@Nullable Tensor... gradients) {
      told.add(
          (gradients[0] == null ? "-" : "product") + " " + (gradients[1] == null ? "-" : "sum"));
      return new Tensor[] {
        plus(gradients[0], saved(1), gradients[1]), plus(gradients[0], saved(0), gradients[1])
      };
    }

    private static @Nullable Tensor plus(
        @Nullable Tensor ofProduct, Tensor other, @Nullable Tensor ofSum) {
      if (ofProduct == null) {
        return ofSum;
      }
      Tensor product = ofProduct.mul(other);
      return ofSum == null ? product : product.add(ofSum);
    }
  }

  private static Tensor leaf(long seed) {
    return Tensor.normal(0, 1, RandomState.of(seed), DType.FLOAT64, 3, 4).requireGrad(true);
  }

  private static double[] grad(Tensor leaf) {
    return Objects.requireNonNull(leaf.grad()).toDoubles();
  }

  @Test
  void its_gradients_join_those_of_other_operators() {
    Tensor a = leaf(1);
    Tensor b = leaf(2);
    Tensor[] own = new ProductAndSum().apply(a.exp(), b);
    own[0].mul(own[1]).add(a).mul(own[0]).sum().backward();
    double[] byA = grad(a);
    double[] byB = grad(b);
    a.clearGrad();
    b.clearGrad();
    Tensor e = a.exp();
    Tensor product = e.mul(b);
    product.mul(e.add(b)).add(a).mul(product).sum().backward();
    assertThat(byA).containsExactly(grad(a), within(1e-12));
    assertThat(byB).containsExactly(grad(b), within(1e-12));
  }

  @Test
  void functions_follow_each_other_and_leaves_add_up() {
    Tensor a = leaf(1);
    Tensor[] one = new ProductAndSum().apply(a, a);
    Tensor[] two = new ProductAndSum().apply(one[0], one[1]);
    two[0].sum().backward(); // a²·2a
    double[] expected = a.mul(a).mul(6).toDoubles();
    assertThat(grad(a)).containsExactly(expected, within(1e-12));
  }

  @Test
  void a_result_that_nothing_depends_on_has_no_gradient() {
    ProductAndSum function = new ProductAndSum();
    Tensor a = leaf(1);
    Tensor b = leaf(2);
    function.apply(a, b)[1].sum().backward();
    assertThat(function.told).containsExactly("- sum");
    assertThat(grad(a)).containsOnly(1.0);
  }

  @Test
  void an_input_that_asks_for_none_gets_none() {
    Tensor a = leaf(1);
    Tensor b = leaf(2).requireGrad(false);
    new ProductAndSum().apply(a, b)[0].sum().backward();
    assertThat(grad(a)).containsExactly(b.toDoubles());
    assertThat(b.grad()).isNull();
  }

  @Test
  void the_gradient_by_something_within_comes_through_it() {
    Tensor a = leaf(1);
    Tensor inner = a.mul(2);
    Tensor loss = new ProductAndSum().apply(inner, inner)[0].sum();
    assertThat(loss.gradient(inner).toDoubles())
        .containsExactly(inner.mul(2).toDoubles(), within(1e-12));
    assertThat(a.grad()).isNull();
  }

  @Test
  void without_differentiation_it_is_its_forward_alone() {
    ProductAndSum off = new ProductAndSum();
    Tensor[] made = Autograd.off(() -> off.apply(leaf(1), leaf(2)));
    assertThat(made[0].requiresGrad()).isFalse();
    Tensor[] constant =
        new ProductAndSum().apply(leaf(1).requireGrad(false), leaf(2).requireGrad(false));
    assertThat(constant[1].requiresGrad()).isFalse();
    assertThat(constant[0].toDoubles()).isEqualTo(made[0].toDoubles());
  }

  @Test
  void what_it_throws_on_the_way_back_comes_out() {
    IllegalArgumentException mine = new IllegalArgumentException("no way back");
    Function function =
        new Function("broken") {
          @Override
          protected Tensor[] forward(Tensor... in) {
            return new Tensor[] {in[0].mul(2)};
          }

          @Override
          protected @Nullable Tensor[] backward(@Nullable Tensor... gradients) {
            throw mine;
          }
        };
    Tensor loss = function.apply(leaf(1))[0].sum();
    assertThatThrownBy(loss::backward).isSameAs(mine);
    Tensor a = leaf(3); // the next works
    new ProductAndSum().apply(a, a)[1].sum().backward();
    assertThat(grad(a)).containsOnly(2.0);
  }

  @Test
  void wrong_use_is_refused() {
    ProductAndSum once = new ProductAndSum();
    Tensor a = leaf(1);
    Tensor loss = once.apply(a, a)[0].sum();
    assertThatIllegalStateException()
        .isThrownBy(() -> once.apply(a, a))
        .withMessage("product and sum is one call: make a new object for the next");
    loss.backward();
    assertThatIllegalStateException()
        .isThrownBy(loss::backward)
        .withMessage("the graph was used up by an earlier backward()");
    Function lazy =
        new Function("lazy") {
          @Override
          protected Tensor[] forward(Tensor... in) {
            return new Tensor[] {in[0].mul(2)};
          }

          @Override
          protected @Nullable Tensor[] backward(@Nullable Tensor... gradients) {
            return new Tensor[0];
          }
        };
    Tensor other = lazy.apply(leaf(1))[0].sum();
    assertThatIllegalStateException()
        .isThrownBy(other::backward)
        .withMessage("lazy: made 0 gradients for 1 inputs");
  }

  @Test
  void a_wrong_shape_is_named_by_libtorch() {
    Function wrong =
        new Function("wrong") {
          @Override
          protected Tensor[] forward(Tensor... in) {
            return new Tensor[] {in[0].mul(2)};
          }

          @Override
          protected @Nullable Tensor[] backward(@Nullable Tensor... gradients) {
            return new Tensor[] {Tensor.ones(DType.FLOAT64, Device.CPU, 7)};
          }
        };
    Tensor loss = wrong.apply(leaf(1))[0].sum();
    assertThatThrownBy(loss::backward)
        .hasMessageContaining("returned an invalid gradient at index 0 - got [7] but expected");
  }

  @Test
  void it_equals_finite_differences() {
    Tensor a = leaf(4);
    Tensor b = leaf(5);
    value(a, b).backward();
    double[] byA = grad(a);
    double h = 1e-6;
    double[] values = a.toDoubles();
    for (int i = 0; i < values.length; i++) {
      double up = shifted(values, i, h, b);
      double down = shifted(values, i, -h, b);
      assertThat(byA[i]).isCloseTo((up - down) / (2 * h), within(1e-6));
    }
  }

  private static Tensor value(Tensor a, Tensor b) {
    Tensor[] made = new ProductAndSum().apply(a, b);
    return made[0].mul(made[1]).tanh().sum();
  }

  private static double shifted(double[] values, int i, double by, Tensor b) {
    double[] moved = values.clone();
    moved[i] += by;
    return Autograd.off(() -> value(Tensor.of(moved, 3, 4), b)).item();
  }

  /** 2x, which remembers where it left the gradient. */
  private static final class Doubled extends Function {
    long where;

    Doubled() {
      super("doubled");
    }

    @Override
    protected Tensor[] forward(Tensor... in) {
      return new Tensor[] {in[0].mul(2)};
    }

    @Override
    protected @Nullable Tensor[] backward(@Nullable Tensor... gradients) {
      Tensor made = Objects.requireNonNull(gradients[0]).mul(2);
      where = made.handle().data_ptr().address();
      return new Tensor[] {made};
    }
  }

  @ParameterizedTest
  @CsvSource({"4096, true", "4095, false"})
  void a_large_leaf_takes_its_gradient_over(long elements, boolean taken) {
    Tensor x = Tensor.ones(DType.FLOAT32, Device.CPU, elements).requireGrad(true);
    Doubled function = new Doubled();
    function.apply(x)[0].mul(3).sum().backward();
    Tensor gradient = Objects.requireNonNull(x.grad());
    assertThat(gradient.toDoubles()).containsOnly(6);
    assertThat(gradient.handle().data_ptr().address() == function.where).isEqualTo(taken);
  }

  @Test
  void a_thousand_calls_leave_nothing_behind() {
    long before = 0;
    for (int i = 0; i < 1000; i++) {
      Tensor[] kept = new Tensor[1];
      scope.close();
      Scope.run(
          "step",
          () -> {
            Tensor a = leaf(1);
            Tensor loss =
                Scope.keeping(
                    "forward",
                    () -> {
                      Tensor[] one = new ProductAndSum().apply(a, a);
                      new ProductAndSum().apply(one[0], a); // of which nothing comes back
                      return one[1].sum();
                    });
            loss.backward();
            kept[0] = loss;
          });
      if (i == 100) {
        before = LiveObjects.settled();
      }
    }
    assertThat(LiveObjects.settled()).isLessThanOrEqualTo(before);
  }
}
