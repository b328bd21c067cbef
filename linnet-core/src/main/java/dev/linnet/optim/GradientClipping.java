package dev.linnet.optim;

import dev.linnet.base.Check;
import dev.linnet.nn.Parameter;
import dev.linnet.tensor.Autograd;
import dev.linnet.tensor.Foreach;
import dev.linnet.tensor.Scope;
import dev.linnet.tensor.Tensor;
import dev.linnet.tensor.TensorList;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;

/**
 * Shortens the gradient of all parameters, taken as one vector, to a length: {@code g ← g · min(1,
 * max/(‖g‖ + 1e-6))}.
 *
 * <p>Pascanu et al., ICML 2013, arXiv:1211.5063, §3.2; the 1e-6 is PyTorch's.
 *
 * @param maxNorm max, above 0
 */
public record GradientClipping(double maxNorm) {
  public GradientClipping {
    Check.that(maxNorm > 0 && maxNorm < Double.POSITIVE_INFINITY, "clip.norm", maxNorm, "above 0");
  }

  /**
   * Clips the gradients in place; parameters without one do not count.
   *
   * @return ‖g‖ before clipping; not finite if a gradient is not
   */
  public double apply(Collection<Parameter> parameters) {
    return apply(parameters, maxNorm);
  }

  /** ‖g‖ of the gradients of these parameters, without a change. */
  public static double norm(Collection<Parameter> parameters) {
    return apply(parameters, Double.POSITIVE_INFINITY);
  }

  private static double apply(Collection<Parameter> parameters, double max) {
    double[] norm = new double[1];
    Scope.run(
        "clip gradients",
        () ->
            Autograd.off(
                () -> {
                  List<Tensor> gradients = new ArrayList<>(parameters.size());
                  for (Parameter p : parameters) {
                    Tensor g = p.value().grad();
                    if (g != null) {
                      gradients.add(g);
                    }
                  }
                  try (TensorList list = TensorList.of(gradients)) {
                    norm[0] = Foreach.norm(list);
                    double scale = max / (norm[0] + 1e-6);
                    if (!(scale >= 1)) { // also where the norm is NaN
                      Foreach.mul(list, scale);
                    }
                  }
                }));
    return norm[0];
  }
}
