package dev.linnet.tensor;

import org.jspecify.annotations.Nullable;

/**
 * Batch norm in training, with what follows it, in one or two passes over the memory.
 *
 * <pre>
 *   y = bn(x)    y = relu(bn(x))    y = bn(x) + r    y = relu(bn(x) + r)
 * </pre>
 *
 * <p>Inputs: x, γ, β, and r where it is added; as {@link Fusion} says where it can be.
 */
final class FusedNorm extends Function {
  private static final int RESIDUAL = 3;

  private final NormPass norm;

  FusedNorm(NormPass norm) {
    super("batch norm");
    this.norm = norm;
  }

  @Override
  protected Tensor[] forward(Tensor... in) {
    return new Tensor[] {norm.forward(in[0], norm.adds() ? in[RESIDUAL] : null, this::save)};
  }

  @Override
  protected @Nullable Tensor[] backward(@Nullable Tensor... gradients) {
    Tensor given = norm.given(gradients[0], saved(0));
    if (given == null) {
      return new @Nullable Tensor[norm.adds() ? RESIDUAL + 1 : RESIDUAL];
    }
    NormPass.Gradients made = norm.backward(given, this::saved);
    return norm.adds()
        ? new Tensor[] {made.byX(), made.byWeight(), made.byBias(), made.byResidual()}
        : new Tensor[] {made.byX(), made.byWeight(), made.byBias()};
  }
}
