package dev.linnet.tensor;

import org.jspecify.annotations.Nullable;

/**
 * A convolution of all channels and the batch norm behind it in training, {@code act(bn(conv(x)) +
 * r)}, by the kernels of {@link FusedConv} and {@link FusedNorm}, as one node of the graph: what
 * libtorch and the bindings take for a node is a good part of a small network's step.
 *
 * <p>Inputs: x, weight, γ, β, and r where it is added.
 */
final class FusedConvNorm extends Function {
  private static final int X = 0;
  private static final int WEIGHT = 1;
  private static final int GAMMA = 2;
  private static final int BETA = 3;
  private static final int RESIDUAL = 4;

  /** What the convolution saves. */
  private static final int OWN = 2;

  private final Window window;
  private final NormPass norm;

  FusedConvNorm(Window window, NormPass norm) {
    super("convolution and norm");
    this.window = window;
    this.norm = norm;
  }

  @Override
  protected Tensor[] forward(Tensor... in) {
    save(in[X]);
    save(in[WEIGHT]);
    Tensor map = OneDnn.own().convolutions.forward(in[X], in[WEIGHT], null, window);
    return new Tensor[] {norm.forward(map, norm.adds() ? in[RESIDUAL] : null, this::save)};
  }

  @Override
  protected @Nullable Tensor[] backward(@Nullable Tensor... gradients) {
    @Nullable Tensor[] made = new @Nullable Tensor[norm.adds() ? RESIDUAL + 1 : RESIDUAL];
    Tensor given = gradients[0];
    if (given == null) {
      return made;
    }
    NormPass.Gradients back = norm.backward(given, i -> saved(OWN + i));
    forget(OWN);
    Tensor x = saved(X);
    Tensor weight = saved(WEIGHT);
    ConvKernels kernels = OneDnn.own().convolutions;
    if (needs(X)) {
      made[X] = kernels.byX(back.byX(), x, weight, window, false);
    }
    if (needs(WEIGHT)) {
      made[WEIGHT] = kernels.byWeight(back.byX(), x, weight, window, null);
    }
    made[GAMMA] = back.byWeight();
    made[BETA] = back.byBias();
    if (norm.adds()) {
      made[RESIDUAL] = back.byResidual();
    }
    return made;
  }
}
