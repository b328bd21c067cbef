package dev.linnet.optim;

import dev.linnet.base.internal.About;
import dev.linnet.tensor.Foreach;
import dev.linnet.tensor.Tensor;
import dev.linnet.tensor.TensorList;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalDouble;

/**
 * Gradient centralization: the gradient of each output unit has mean 0.
 *
 * <pre>
 *   g ← g − mean(g)               for each row of a tensor of two or more dimensions
 *   g ← g − mean(g + λθ)          decay first
 * </pre>
 *
 * <p>Yong et al., ECCV 2020, arXiv:2004.01461, eq. 1. The paper centralizes the gradient of the
 * loss; the authors' code adds weight decay before, so that the decay is centralized too: for an
 * optimizer that adds λθ to the gradient both are exact.
 *
 * @param decay whether weight decay is centralized too
 */
public record GradientCentralization(
    @About("whether weight decay is added before or after") Decayed decay) implements GradientRule {
  /** The paper's formula. */
  public static final GradientCentralization DEFAULT = new GradientCentralization(Decayed.AFTER);

  /** When weight decay is added. */
  public enum Decayed {
    /** After the means are subtracted: the paper's formula. */
    AFTER,
    /** Before: the authors' code. */
    FIRST
  }

  @Override
  public OptionalDouble apply(List<ParameterGroup> groups) {
    Gradients.visit(groups, this::centralize);
    return OptionalDouble.empty();
  }

  private void centralize(List<Gradients.Pair> pairs) {
    List<Tensor> gradients = new ArrayList<>();
    List<Tensor> means = new ArrayList<>();
    for (Gradients.Pair pair : pairs) {
      if (pair.gradient().rank() > 1) {
        Tensor mean = pair.gradient().mean(Gradients.rows(pair.gradient()));
        gradients.add(pair.gradient());
        means.add(
            decay == Decayed.FIRST && pair.weightDecay() != 0
                ? mean.add(
                    pair.weight().mean(Gradients.rows(pair.weight())).mul(pair.weightDecay()))
                : mean);
      }
    }
    try (TensorList list = TensorList.of(gradients);
        TensorList subtracted = TensorList.of(means)) {
      Foreach.add(list, subtracted, -1);
    }
  }
}
