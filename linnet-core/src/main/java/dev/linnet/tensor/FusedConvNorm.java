package dev.linnet.tensor;

import org.jspecify.annotations.Nullable;

/**
 * A convolution of all channels and the batch norm behind it in training, {@code act(bn(conv(x)) +
 * r)}, by the kernels of {@link FusedConv} and {@link FusedNorm}, as one node of the graph: what
 * libtorch and the bindings take for a node is a good part of a small network's step.
 *
 * <p>Where x goes another way too, such as past a residual block, that can be a second result: its
 * gradient is summed in the convolution's way back, into it where nobody else holds it.
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

  private final ConvKernels.Key key;
  private final NormPass norm;
  private final boolean forks;

  /**
   * @param forks whether x is a second result
   */
  FusedConvNorm(ConvKernels.Key key, NormPass norm, boolean forks) {
    super("convolution and norm");
    this.key = key;
    this.norm = norm;
    this.forks = forks;
  }

  @Override
  protected Tensor[] forward(Tensor... in) {
    save(in[X]);
    save(in[WEIGHT]);
    Tensor map = ConvKernels.room(key, in[X]);
    OneDnn.own().convolutions.forward(key, in[X], in[WEIGHT], null, map);
    Tensor y = norm.forward(map, norm.adds() ? in[RESIDUAL] : null, this::save);
    return forks ? new Tensor[] {y, in[X].detach()} : new Tensor[] {y};
  }

  @Override
  protected @Nullable Tensor[] backward(@Nullable Tensor... gradients) {
    @Nullable Tensor[] made = new @Nullable Tensor[norm.adds() ? RESIDUAL + 1 : RESIDUAL];
    Tensor given = norm.given(gradients[0], saved(OWN));
    Tensor past = forks ? gradients[1] : null;
    if (given == null) {
      made[X] = past;
      return made;
    }
    NormPass.Gradients back = norm.backward(given, i -> saved(OWN + i));
    forget(OWN);
    Tensor x = saved(X);
    Tensor weight = saved(WEIGHT);
    ConvKernels kernels = OneDnn.own().convolutions;
    if (needs(WEIGHT)) {
      made[WEIGHT] = kernels.byWeight(key, back.byX(), x, weight, null);
    }
    if (past != null) {
      Tensor sum = Fusion.isPlane(past, x) && isOurs(past) ? past : copy(past, x);
      kernels.ontoX(key, back.byX(), weight, sum);
      made[X] = sum;
    } else if (needs(X)) {
      Tensor byX = x.emptyLike();
      kernels.byX(key, back.byX(), weight, byX);
      made[X] = byX;
    }
    made[GAMMA] = back.byWeight();
    made[BETA] = back.byBias();
    if (norm.adds()) {
      made[RESIDUAL] = back.byResidual();
    }
    return made;
  }

  private static Tensor copy(Tensor from, Tensor like) {
    Tensor made = like.emptyLike();
    made.handle().copy_(from.handle());
    return made;
  }
}
