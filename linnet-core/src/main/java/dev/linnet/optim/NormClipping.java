package dev.linnet.optim;

import dev.linnet.base.Check;
import dev.linnet.tensor.Foreach;
import dev.linnet.tensor.TensorList;
import java.util.List;
import java.util.OptionalDouble;

/**
 * Shortens the gradient of all parameters, taken as one vector, to a length: {@code g ← g · min(1,
 * max/(‖g‖ + 1e-6))}.
 *
 * <p>Pascanu et al., ICML 2013, arXiv:1211.5063, §3.2; the 1e-6 is PyTorch's.
 *
 * @param max above 0
 */
public record NormClipping(double max) implements GradientRule {
  public NormClipping {
    Check.that(max > 0 && max < Double.POSITIVE_INFINITY, "clip.max", max, "above 0");
  }

  @Override
  public OptionalDouble apply(List<ParameterGroup> groups) {
    double norm =
        Gradients.measure(
            groups,
            gradients -> {
              try (TensorList list = TensorList.of(gradients)) {
                double length = Foreach.norm(list);
                double scale = max / (length + 1e-6);
                if (!(scale >= 1)) { // also where the norm is NaN
                  Foreach.mul(list, scale);
                }
                return length;
              }
            });
    return OptionalDouble.of(norm);
  }

  /** ‖g‖ of all gradients, without a change; 0 where there are none. */
  public static double norm(List<ParameterGroup> groups) {
    return Gradients.measure(groups, Foreach::norm);
  }
}
