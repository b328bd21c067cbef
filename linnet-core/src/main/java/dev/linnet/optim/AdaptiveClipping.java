package dev.linnet.optim;

import dev.linnet.base.Check;
import dev.linnet.tensor.Foreach;
import dev.linnet.tensor.Tensor;
import dev.linnet.tensor.TensorList;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalDouble;
import java.util.Set;

/**
 * Adaptive gradient clipping: no output unit's gradient is longer than a share of its weights.
 *
 * <pre>
 *   G ← G · λ·max(‖W‖, ε)/‖G‖   where ‖G‖ ≥ λ·max(‖W‖, ε)
 * </pre>
 *
 * <p>for each row of a tensor (an output channel), and for a tensor of at most one dimension as a
 * whole. Brock et al., ICML 2021, arXiv:2102.06171, eq. 3, as in timm; the paper's §4.1 leaves the
 * last linear layer out.
 *
 * @param factor λ, in (0, 1]
 * @param eps ε, above 0, so that weights of 0 can move
 * @param except names of modules that are not clipped, such as the head
 */
public record AdaptiveClipping(double factor, double eps, Set<String> except)
    implements GradientRule {
  private static final double SMALLEST = 1e-6; // timm's

  public AdaptiveClipping {
    Check.that(factor > 0 && factor <= 1, "clip.factor", factor, "in (0, 1]");
    Check.that(eps > 0 && eps < 1, "clip.eps", eps, "in (0, 1)");
    except = Set.copyOf(except);
  }

  @Override
  public OptionalDouble apply(List<ParameterGroup> groups) {
    double norm = NormClipping.norm(groups);
    Gradients.visit(groups, this::clip);
    return OptionalDouble.of(norm);
  }

  private void clip(List<Gradients.Pair> pairs) {
    List<Tensor> gradients = new ArrayList<>();
    List<Tensor> factors = new ArrayList<>();
    for (Gradients.Pair pair : pairs) {
      if (except.stream().noneMatch(module -> pair.name().startsWith(module + "."))) {
        Tensor limit = length(pair.weight()).clamp(eps, Double.POSITIVE_INFINITY).mul(factor);
        Tensor length = length(pair.gradient());
        Tensor scale = limit.div(length.clamp(SMALLEST, Double.POSITIVE_INFINITY));
        gradients.add(pair.gradient());
        factors.add(Tensor.ones(scale.dtype(), scale.device()).where(limit.gt(length), scale));
      }
    }
    try (TensorList list = TensorList.of(gradients);
        TensorList scales = TensorList.of(factors)) {
      Foreach.mul(list, scales);
    }
  }

  private static Tensor length(Tensor tensor) {
    return tensor.rank() > 1 ? tensor.norm(Gradients.rows(tensor)) : tensor.norm();
  }
}
