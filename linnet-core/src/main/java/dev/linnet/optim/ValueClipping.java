package dev.linnet.optim;

import dev.linnet.base.Check;
import dev.linnet.tensor.Foreach;
import dev.linnet.tensor.TensorList;
import java.util.List;
import java.util.OptionalDouble;

/**
 * Limits each element of the gradients: {@code g ← max(−max, min(g, max))}, as PyTorch's {@code
 * clip_grad_value_}. It changes the gradient's direction.
 *
 * @param max above 0
 */
public record ValueClipping(double max) implements GradientRule {
  public ValueClipping {
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
                Foreach.clamp(list, -max, max);
                return length;
              }
            });
    return OptionalDouble.of(norm);
  }
}
