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
    assertThat(ours).hasSameSizeAs(plain);
    for (int i = 0; i < plain.size(); i++) {
      double[] made = ours.get(i);
      double[] wanted = plain.get(i);
      assertThat(made.length).as("numbers of part %d", i).isEqualTo(wanted.length);
      double largest = 1;
      int worst = 0;
      for (int k = 0; k < wanted.length; k++) {
        largest = Math.max(largest, Math.abs(wanted[k]));
        if (off(made[k], wanted[k]) > off(made[worst], wanted[worst])) {
          worst = k;
        }
      }
      if (wanted.length > 0) {
        assertThat(made[worst])
            .as("part %d, number %d of %d", i, worst, wanted.length)
            .isCloseTo(wanted[worst], within(relative * largest));
      }
    }
  }

  /** How far a number is off; without bounds where it is none. */
  private static double off(double made, double wanted) {
    double difference = Math.abs(made - wanted);
    return Double.isNaN(difference) ? Double.POSITIVE_INFINITY : difference;
  }
}
