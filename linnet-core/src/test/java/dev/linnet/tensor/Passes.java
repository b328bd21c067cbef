package dev.linnet.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/** What passes leave, compared. */
final class Passes {
  private Passes() {}

  /** A result and the gradients that went back from it. */
  static List<double[]> left(Tensor y, Tensor... leaves) {
    List<double[]> all = new ArrayList<>();
    all.add(y.detach().toDoubles());
    for (Tensor leaf : leaves) {
      all.add(Objects.requireNonNull(leaf.grad()).toDoubles());
    }
    return all;
  }

  /** All numbers are the same, as far as the largest of their part goes. */
  static void assertSame(List<double[]> ours, List<double[]> plain, double relative) {
    for (int i = 0; i < plain.size(); i++) {
      double largest = 1;
      for (double v : plain.get(i)) {
        largest = Math.max(largest, Math.abs(v));
      }
      assertThat(ours.get(i))
          .as("part %d", i)
          .containsExactly(plain.get(i), within(relative * largest));
    }
  }
}
